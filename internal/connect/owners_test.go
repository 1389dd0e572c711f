package connect_test

import (
	"testing"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
)

// A caller who is bound to one owner finds that one, by either id, and no other.
func TestABoundCallerFindsItsOwner(t *testing.T) {
	t.Parallel()
	w := newJourney(t)
	add := func(externalID string) connect.Owner {
		t.Helper()
		o, err := w.svc.AddOwner(t.Context(), w.caller, connect.Owner{ExternalID: externalID}, connect.Once[connect.Owner]{})
		must(t, err)
		return o
	}
	mine, theirs := add("mine"), add("theirs")
	bound := w.caller
	bound.OwnerID = mine.ID
	for _, c := range []struct {
		caller connect.Caller
		owner  connect.Owner
		found  bool
	}{{w.caller, mine, true}, {w.caller, theirs, true}, {bound, mine, true}, {bound, theirs, false}} {
		byID, err := w.svc.OwnerByID(t.Context(), c.caller, c.owner.ID)
		if c.found {
			must(t, err)
			same(t, "by id", byID, c.owner)
		} else {
			wants(t, "by id", err, fault.NotFound)
		}
		byExternal, err := w.svc.OwnerByExternalID(t.Context(), c.caller, c.owner.ExternalID)
		if c.found {
			must(t, err)
			same(t, "by external id", byExternal, c.owner)
		} else {
			wants(t, "by external id", err, fault.NotFound)
			_, nobody := w.svc.OwnerByExternalID(t.Context(), c.caller, "nobody")
			same(t, "what it is told", err.Error(), nobody.Error())
		}
	}
}
