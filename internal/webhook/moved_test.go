package webhook_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/connect"
	"patchbay/internal/webhook"
)

// owner makes one.
func (w *world) owner(t *testing.T, externalID string) (id int64) {
	t.Helper()
	must(t, w.store.InTx(t.Context(), func(tx connect.Tx) error {
		owner, _, err := tx.EnsureOwner(context.Background(), connect.Owner{
			WorkspaceID: w.caller.WorkspaceID, ExternalID: externalID, CreatedAt: w.clock.now(), UpdatedAt: w.clock.now(),
		})
		id = owner.ID
		return err
	}))
	return id
}

// told are the types of the messages, in order, with whose they say they are.
func (r *receiver) told(t *testing.T) (list []string) {
	t.Helper()
	for _, m := range r.messages() {
		var said struct {
			Type string
			Data struct {
				OwnerID int64 `json:"owner_id"`
			}
		}
		must(t, json.Unmarshal([]byte(m.body), &said))
		list = append(list, fmt.Sprint(said.Type, " ", said.Data.OwnerID))
	}
	return list
}

// TestAChannelMovedToAnotherOwner is told to both, each of their own: the former one learns
// that it went, and nothing of where.
func TestAChannelMovedToAnotherOwner(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		for i := range 7 { // so that the owners' ids are no other's
			w.owner(t, fmt.Sprint("nobody-", i))
		}
		channel, from, to := w.channel(t, "page-1"), w.owner(t, "user-1"), w.owner(t, "user-2")
		_, err := w.core.MoveChannel(t.Context(), w.caller, channel, from)
		must(t, err)
		former, latter, all := newReceiver(t, w), newReceiver(t, w), newReceiver(t, w)
		w.endpoint(t, webhook.NewEndpoint{URL: former.url, OwnerExternalID: "user-1"})
		w.endpoint(t, webhook.NewEndpoint{URL: latter.url, OwnerExternalID: "user-2", Types: []string{"channel.*"}})
		w.endpoint(t, webhook.NewEndpoint{URL: all.url})
		_, err = w.core.MoveChannel(t.Context(), w.caller, channel, to)
		must(t, err)
		must(t, w.turnTwice(t, channel)) // what happens next is the new owner's alone
		w.pump(t)

		away, came := fmt.Sprint("channel.moved_away ", from), fmt.Sprint("channel.moved ", to)
		paused, resumed := fmt.Sprint("channel.paused ", to), fmt.Sprint("channel.resumed ", to)
		for name, c := range map[string]struct {
			r    *receiver
			want []string
		}{
			"the former owner's": {former, []string{away}},
			"the new owner's":    {latter, []string{came, paused, resumed}},
			"everybody's":        {all, []string{away, came, paused, resumed}},
		} {
			if diff := cmp.Diff(c.want, c.r.told(t)); diff != "" {
				t.Errorf("%s endpoint (-want +got):\n%s", name, diff)
			}
		}
		for _, m := range former.messages() {
			if !strings.Contains(m.body, fmt.Sprintf(`"channel_id":%d`, channel)) || strings.Contains(m.body, fmt.Sprintf("%q", fmt.Sprint(to))) || strings.Contains(m.body, "to_owner") {
				t.Errorf("got %s, want the channel and not the new owner", m.body)
			}
		}
	})
}

// turnTwice pauses a channel and resumes it.
func (w *world) turnTwice(t *testing.T, id int64) error {
	t.Helper()
	if _, err := w.core.PauseChannel(t.Context(), w.caller, id); err != nil {
		return err
	}
	_, err := w.core.ResumeChannel(t.Context(), w.caller, id)
	return err
}

// TestAMessageThatIsWrittenAfterAMove has nothing of what the channel is at its new owner's.
func TestAMessageThatIsWrittenAfterAMove(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		encoded := 0
		w.use(odd{webhook.Standard(""), &encoded})
		r := newReceiver(t, w)
		w.endpoint(t, webhook.NewEndpoint{URL: r.url, Scheme: "odd"})
		channel, from, to := w.channel(t, "page-1"), w.owner(t, "user-1"), w.owner(t, "user-2")
		_, err := w.core.MoveChannel(t.Context(), w.caller, channel, from)
		must(t, err)
		w.pump(t)
		before := len(r.messages())
		w.emit(t, connect.Event{Type: connect.EventChannelPaused, ChannelID: channel, OwnerID: from})
		_, err = w.core.MoveChannel(t.Context(), w.caller, channel, to)
		must(t, err)
		w.pump(t)
		var told []string
		for _, m := range r.messages()[before:] {
			_, name, _ := strings.Cut(m.body, " ")
			told = append(told, name)
		}
		slices.Sort(told)
		if diff := cmp.Diff([]string{"", "", "page-1 of user-2"}, told); diff != "" { // paused, moved_away, moved
			t.Errorf("the channel, as the messages name it (-want +got):\n%s", diff)
		}
	})
}
