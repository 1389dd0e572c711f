package connect_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
)

// grouped is an owner with three channels, and another with one.
func grouped(t *testing.T) (w *journey, mine []int64, theirs int64) {
	t.Helper()
	w = newJourney(t)
	w.garden.reach(4, "person")
	v := w.visit(t, connect.CheckSameBrowser)
	v.consent(t, browserA, browserA)
	must(t, v.choose(t, browserA, 4))
	for _, ch := range v.now(t).Channels {
		mine = append(mine, ch.ID)
	}
	_, err := w.svc.MoveChannel(t.Context(), w.caller, mine[3], w.owner(t, "user-2").ID)
	must(t, err)
	return w, mine[:3], mine[3]
}

func (w *journey) group(t *testing.T, c connect.Caller, g connect.Group) (connect.Group, error) {
	t.Helper()
	return w.svc.AddGroup(t.Context(), c, g, connect.Once[connect.Group]{})
}

func TestGroupsHoldLiveChannelsOfTheirOwner(t *testing.T) {
	t.Parallel()
	w, mine, theirs := grouped(t)
	bound := w.caller
	bound.OwnerID = w.owner(t, "user-1").ID
	g, err := w.group(t, bound, connect.Group{Name: "Group", ChannelIDs: []int64{mine[2], mine[0], mine[2]}})
	must(t, err)
	same(t, "channels", g.ChannelIDs, []int64{mine[0], mine[2]})
	same(t, "owner", g.OwnerID, bound.OwnerID)

	name := "Renamed"
	g, err = w.svc.ChangeGroup(t.Context(), bound, g.ID, connect.GroupChange{Name: &name, ChannelIDs: &mine})
	must(t, err)
	same(t, "channels", g.ChannelIDs, mine)
	_, err = w.svc.DisconnectChannel(t.Context(), w.caller, mine[1])
	must(t, err)
	kept, err := w.svc.Group(t.Context(), bound, g.ID)
	must(t, err)
	same(t, "after one was disconnected", kept.ChannelIDs, []int64{mine[0], mine[2]})
	same(t, "name", kept.Name, name)

	for what, ids := range map[string][]int64{"disconnected": {mine[1]}, "another owner's": {theirs}, "nobody's": {9999}} {
		_, err := w.group(t, bound, connect.Group{Name: "Group", ChannelIDs: ids})
		_, err2 := w.svc.ChangeGroup(t.Context(), bound, g.ID, connect.GroupChange{ChannelIDs: &ids})
		for _, err := range []error{err, err2} {
			var why *fault.Error
			if !errors.As(err, &why) || why.Code != fault.Invalid || len(why.Fields) != 1 || why.Fields[0].Name != "channel_ids" {
				t.Errorf("%s: got %v, want channel_ids refused", what, err)
			}
		}
	}
	must(t, w.svc.DeleteGroup(t.Context(), bound, g.ID))
	wants(t, "deleted again", w.svc.DeleteGroup(t.Context(), bound, g.ID), fault.NotFound)
	same(t, "channels that stay", w.count(t, "channels WHERE lifecycle = 'active'"), 3)
}

func TestGroupsOfOthersAreNotFound(t *testing.T) {
	t.Parallel()
	w, mine, _ := grouped(t)
	g, err := w.group(t, w.caller, connect.Group{OwnerID: w.owner(t, "user-1").ID, Name: "Group", ChannelIDs: mine})
	must(t, err)
	other, foreign := w.caller, w.caller
	other.OwnerID = w.owner(t, "user-2").ID
	foreign.WorkspaceID++
	for what, c := range map[string]connect.Caller{"another owner's key": other, "another workspace's": foreign} {
		_, err := w.svc.Group(t.Context(), c, g.ID)
		wants(t, what, err, fault.NotFound)
		_, err = w.svc.ChangeGroup(t.Context(), c, g.ID, connect.GroupChange{})
		wants(t, what, err, fault.NotFound)
		wants(t, what, w.svc.DeleteGroup(t.Context(), c, g.ID), fault.NotFound)
		_, err = w.svc.Groups(t.Context(), c, g.OwnerID)
		wants(t, what, err, fault.NotFound)
		_, err = w.group(t, c, connect.Group{OwnerID: g.OwnerID, Name: "Group"})
		wants(t, what, err, fault.NotFound)
	}
	mineAlone, err := w.svc.Groups(t.Context(), other, 0)
	must(t, err)
	same(t, "the other owner's own", len(mineAlone), 0)
	none, err := w.svc.Groups(t.Context(), w.caller, 0)
	must(t, err)
	same(t, "the default owner's", len(none), 0)
	theirs, err := w.svc.Groups(t.Context(), w.caller, g.OwnerID)
	must(t, err)
	same(t, "by the owner", theirs, []connect.Group{g})
}

func TestHowManyGroupsThereMayBe(t *testing.T) {
	t.Parallel()
	w := newJourney(t)
	for i := range connect.MaxGroups {
		_, err := w.group(t, w.caller, connect.Group{Name: fmt.Sprint("Group ", i)})
		must(t, err)
	}
	_, err := w.group(t, w.caller, connect.Group{Name: "One more"})
	if !errors.Is(err, fault.Conflict) || fault.ReasonOf(err) != "limit_reached" {
		t.Errorf("got %v, want limit_reached", err)
	}
	var many []int64
	for i := range connect.MaxGroupChannels + 1 {
		many = append(many, int64(i+1))
	}
	other := w.owner(t, "user-2").ID
	for what, g := range map[string]connect.Group{
		"no name": {}, "a blank name": {Name: " "}, "a long name": {Name: strings.Repeat("x", 256)}, "a name with a bell": {Name: "\a"}, "too many channels": {Name: "Group", ChannelIDs: many},
	} {
		g.OwnerID = other
		_, err := w.group(t, w.caller, g)
		wants(t, what, err, fault.Invalid)
	}
	reading := w.caller
	reading.Scopes = []connect.Scope{connect.ScopeChannelsRead}
	_, err = w.group(t, reading, connect.Group{Name: "Group"})
	wants(t, "a key that may only read", err, fault.Forbidden)
}
