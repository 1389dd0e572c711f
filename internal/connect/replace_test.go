package connect_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
)

// held gives an owner a channel for the first page of another person, and answers its id.
func (w *journey) held(t *testing.T, owner string) int64 {
	t.Helper()
	r := tokens("held-by-"+owner, "")
	r.OwnerExternalID, r.OwnerName = owner, ""
	return w.imports(t, r).Channels[0].ID
}

// replaced checks what became of a channel that gave way to another.
func (w *journey) replaced(t *testing.T, before connect.Channel, by int64) {
	t.Helper()
	got, _, err := w.svc.Channel(t.Context(), w.caller, before.ID)
	must(t, err)
	if got.Lifecycle != connect.LifecycleDisconnected || got.ReplacedBy != by || got.ExternalID != "" || got.OwnerID != before.OwnerID || got.Facts.Name != before.Facts.Name {
		t.Errorf("got %+v, want it as it was, disconnected and replaced by %d", got, by)
	}
	told := fmt.Sprintf(`channel_id = %d AND data LIKE '%%"replaced_by":"%d"%%'`, before.ID, by)
	same(t, "events of it", w.count(t, "events WHERE type = 'channel.replaced' AND cause = 'integration' AND data LIKE '%\"external_id\":\""+before.ExternalID+"\"%' AND "+told), 1)
	same(t, "audit entries of it", w.count(t, "audit WHERE action = 'channel.replaced' AND actor = 'key' AND "+told), 1)
	_, err = w.svc.Reconnect(t.Context(), w.caller, connect.NewReconnect{ChannelID: before.ID}, connect.Once[connect.CreatedSession]{})
	if fault.ReasonOf(err) != "channel_replaced" || !strings.Contains(err.Error(), fmt.Sprintf("Channel %d stands", by)) {
		t.Errorf("reconnect: got %v, want channel_replaced with the id", err)
	}
}

// The application ended the other owner's channel, so it keeps nobody from the page.
func TestADisconnectedChannelGivesWayToAMove(t *testing.T) {
	t.Parallel()
	w := newBank(t, &bank{ours: true, known: true})
	mine := w.held(t, "user-1")
	w.garden.reach(1, "another person")
	theirs := w.held(t, "user-2")
	to := w.owner(t, "user-2").ID
	_, err := w.svc.MoveChannel(t.Context(), w.caller, mine, to)
	wants(t, "over one that is connected", err, connect.ErrChannelExists)
	if text := fault.From(err).Message; !strings.Contains(text, "Disconnect that one first") {
		t.Errorf("got %q, want it to say what to do", text)
	}
	_, err = w.svc.DisconnectChannel(t.Context(), w.caller, theirs)
	must(t, err)
	pinned := w.again(t, theirs) // a link that somebody has in hand at this moment
	before := w.channel(t, theirs)

	moved, err := w.svc.MoveChannel(t.Context(), w.caller, mine, to)
	must(t, err)
	if moved.ID != mine || moved.OwnerID != to || moved.ReplacedBy != 0 {
		t.Errorf("got %+v, want the same channel with its new owner", moved)
	}
	same(t, "what is lent", w.access(t, mine), "held-by-user-1")
	w.replaced(t, before, mine)
	events := w.events(t)
	if got := events[len(events)-2:]; !slices.Equal(got, []string{connect.EventChannelReplaced, connect.EventChannelMoved}) {
		t.Errorf("got the last events %v", got)
	}

	pinned.consent(t, browserA, browserA)
	if got, want := pinned.attempts(t), []string{"failed link_canceled"}; !slices.Equal(got, want) {
		t.Errorf("the link to the old one: got %v, want %v", got, want)
	}
	same(t, "channels", w.count(t, "channels"), 2)
	_, err = w.svc.MoveChannel(t.Context(), w.caller, mine, w.owner(t, "user-1").ID) // and back
	must(t, err)
	same(t, "still told", w.channel(t, theirs).ReplacedBy, mine)
	_, err = w.svc.EraseOwner(t.Context(), w.caller, to)
	must(t, err)
	same(t, "channels after its owner was erased", w.count(t, "channels"), 1)
}

func TestADisconnectedChannelGivesWayToAnotherTarget(t *testing.T) {
	t.Parallel()
	w := newBank(t, &bank{ours: true, known: true})
	w.garden.reach(2, "person")
	r := tokens("imported", "")
	made := w.imports(t, r).Channels
	targets, err := w.svc.ChannelTargets(t.Context(), w.caller, made[0].ID)
	must(t, err)
	_, err = w.svc.Retarget(t.Context(), w.caller, made[0].ID, targets[1].ID)
	wants(t, "over one that is connected", err, connect.ErrChannelExists)
	_, err = w.svc.DisconnectChannel(t.Context(), w.caller, made[1].ID)
	must(t, err)
	before := w.channel(t, made[1].ID)
	w.set(t, "UPDATE targets SET blocked = '' WHERE external_id = 'page-1'") // as after a consent that brings its token anew
	got, err := w.svc.Retarget(t.Context(), w.caller, made[0].ID, targets[1].ID)
	must(t, err)
	if got.ID != made[0].ID || got.ExternalID != "page-1" {
		t.Errorf("got %+v, want the same channel for page-1", got)
	}
	w.replaced(t, before, made[0].ID)
}
