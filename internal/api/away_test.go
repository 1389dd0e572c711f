package api_test

import (
	"net/http"
	"testing"
	"time"

	"patchbay/internal/fault"
)

// A database that is away is no fault of the request: clients come back.
func TestADatabaseThatIsAwayIs503(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	session := w.create(t, "")
	w.store.breakWith(fault.New(fault.Internal, "database_away", "The database cannot be reached at the moment.").After(2 * time.Second))
	got := wantStatus(t, w.call(t, w.key, "GET", "/v1/sessions/"+idOf(session), ""), http.StatusServiceUnavailable)
	if got.header.Get("Retry-After") != "2" || got.body["reason"] != "database_away" {
		t.Errorf("got Retry-After %q and %s", got.header.Get("Retry-After"), got.text)
	}
}
