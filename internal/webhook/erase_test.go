package webhook_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/connect"
	"patchbay/internal/dialect/smartlyq"
	"patchbay/internal/webhook"
)

// theirChannel makes an owner with a channel, and tells as whose events about it are.
func (w *world) theirChannel(t *testing.T) connect.Event {
	t.Helper()
	e := connect.Event{OwnerID: w.owner(t, "user-1"), ChannelID: w.channel(t, "page-1")}
	_, err := w.core.MoveChannel(t.Context(), w.caller, e.ChannelID, e.OwnerID)
	must(t, err)
	return e
}

// of is another event about the same channel.
func of(e connect.Event, kind, data string) connect.Event {
	e.Type, e.Data = kind, []byte(data)
	return e
}

func (w *world) erase(t *testing.T, ownerID int64) {
	t.Helper()
	_, err := w.core.EraseOwner(t.Context(), w.caller, ownerID)
	must(t, err)
}

// TestAnOwnerIsErasedDuringARequest keeps what comes of it, without what the receiver
// answered. What is refused is not sent again with other bytes.
func TestAnOwnerIsErasedDuringARequest(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		theirs := w.theirChannel(t)
		for code, want := range map[int]webhook.DeliveryState{http.StatusOK: webhook.DeliveryDelivered, http.StatusInternalServerError: webhook.DeliverySkipped} {
			r, came, open := newReceiver(t, w), make(chan struct{}, 9), make(chan struct{})
			r.answers(func(rw http.ResponseWriter, _ *http.Request) {
				came <- struct{}{}
				<-open
				rw.WriteHeader(code)
				_, _ = fmt.Fprint(rw, "thank you, Jane")
			})
			if theirs.OwnerID == 0 { // the owner of before is gone
				theirs = w.theirChannel(t)
			}
			made := w.endpoint(t, webhook.NewEndpoint{URL: r.url, Types: []string{connect.EventChannelConnected}})
			w.emit(t, of(theirs, connect.EventChannelConnected, `{"platform":"facebook","name":"Jane"}`))
			claims, _, _, err := w.hooks.ClaimDue(t.Context(), made.ID, 1)
			must(t, err)
			sent := make(chan error, 1)
			go func() { sent <- w.hooks.Deliver(t.Context(), claims[0]) }()
			<-came
			w.erase(t, theirs.OwnerID)
			theirs = connect.Event{}
			close(open)
			must(t, <-sent)
			w.kill(t) // who held it does so no more
			w.clock.move(time.Hour)
			w.pump(t)
			d, attempts, err := w.hooks.Delivery(t.Context(), w.caller, w.deliveries(t, webhook.DeliveryFilter{EndpointID: made.ID})[0].ID)
			must(t, err)
			if d.State != want || d.Body != nil || d.Status != code {
				t.Errorf("%d: got it %s with %d and the body %q, want %s and no body", code, d.State, d.Status, d.Body, want)
			}
			if len(attempts) != 1 || attempts[0].Answer != "" || len(r.messages()) != 1 {
				t.Errorf("%d: got %d requests and %+v, want one, and nothing of the answer", code, len(r.messages()), attempts)
			}
		}
	})
}

// TestTheEndOfAChannelIsToldOfAnErasedOwner though nothing else is that waited to be sent.
func TestTheEndOfAChannelIsToldOfAnErasedOwner(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		w.use(smartlyq.Scheme{})
		for name, c := range map[string]struct {
			endpoint webhook.NewEndpoint
			gone     bool // it was disconnected before
			want     []string
		}{
			"standard, disconnected": {webhook.NewEndpoint{Types: []string{"channel.*", "owner.erased"}}, true, []string{
				`channel.disconnected {"platform":"facebook","reason":"requested"}`, `owner.erased {"channels":"1","grants":"0","keys":"0","sessions":"0"}`,
			}},
			"standard": {webhook.NewEndpoint{Types: []string{"channel.*", "owner.erased"}}, false, []string{
				`owner.erased {"channels":"1","grants":"0","keys":"0","sessions":"0"}`,
			}},
			"smartlyq, disconnected": {webhook.NewEndpoint{Scheme: smartlyq.SchemeName}, true, []string{"account.disconnected requested"}},
			"smartlyq":               {webhook.NewEndpoint{Scheme: smartlyq.SchemeName}, false, nil},
		} {
			theirs, r := w.theirChannel(t), newReceiver(t, w)
			c.endpoint.URL = r.url
			r.answers(status(http.StatusServiceUnavailable))
			made := w.endpoint(t, c.endpoint)
			w.emit(t, of(theirs, connect.EventChannelConnected, `{"platform":"facebook","name":"Jane"}`))
			w.pump(t) // waits to be sent again
			w.emit(t, of(theirs, connect.EventChannelRenamed, `{"platform":"facebook"}`))
			if c.gone {
				w.emit(t, of(theirs, connect.EventChannelDisconnected, `{"name":"Jane","platform":"facebook","reason":"requested"}`))
			}
			w.pump(t) // is parked behind it
			before := len(r.messages())
			w.erase(t, theirs.OwnerID)
			r.answers(nil)
			w.clock.move(time.Hour)
			w.pump(t)
			var told []string
			for _, m := range r.messages()[before:] {
				told = append(told, said(t, m.body, theirs))
			}
			if diff := cmp.Diff(c.want, told); diff != "" {
				t.Errorf("%s: told after it was erased (-want +got):\n%s", name, diff)
			}
			if left := w.deliveries(t, webhook.DeliveryFilter{EndpointID: made.ID, State: webhook.DeliveryPending}); len(left) != 0 {
				t.Errorf("%s: got %d pending, want none", name, len(left))
			}
			must(t, w.hooks.DeleteEndpoint(t.Context(), w.caller, made.ID))
		}
	})
}

// TestWhatWaitsBehindAnErasedOwner about a channel that is another's by now goes on.
func TestWhatWaitsBehindAnErasedOwner(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		theirs, r := w.theirChannel(t), newReceiver(t, w)
		r.answers(status(http.StatusServiceUnavailable))
		w.endpoint(t, webhook.NewEndpoint{URL: r.url, Types: []string{connect.EventChannelConnected, connect.EventChannelPaused}})
		w.emit(t, of(theirs, connect.EventChannelConnected, `{"platform":"facebook"}`))
		w.pump(t)
		_, err := w.core.MoveChannel(t.Context(), w.caller, theirs.ChannelID, w.owner(t, "user-2"))
		must(t, err)
		_, err = w.core.PauseChannel(t.Context(), w.caller, theirs.ChannelID)
		must(t, err)
		w.pump(t) // is parked
		w.erase(t, theirs.OwnerID)
		r.answers(nil)
		w.clock.move(time.Hour)
		if w.pump(t) != 1 || said(t, r.messages()[1].body, theirs) != `channel.paused {"platform":"facebook"}` {
			t.Errorf("got %+v, want that it is paused", r.messages()[1:])
		}
	})
}

// said is the type of a message of either scheme, with what it tells of.
func said(t *testing.T, body string, of connect.Event) string {
	t.Helper()
	var m struct {
		Type, Event string
		Data        struct {
			ChannelID *int64 `json:"channel_id"`
			AccountID int64  `json:"account_id"`
			Data      json.RawMessage
			Reason    string
		}
	}
	must(t, json.Unmarshal([]byte(body), &m))
	if m.Event != "" {
		if m.Data.AccountID != of.ChannelID {
			t.Errorf("got the account %d, want %d", m.Data.AccountID, of.ChannelID)
		}
		return m.Event + " " + m.Data.Reason
	}
	if m.Data.ChannelID != nil && *m.Data.ChannelID != of.ChannelID {
		t.Errorf("got the channel %d, want %d", *m.Data.ChannelID, of.ChannelID)
	}
	return m.Type + " " + string(m.Data.Data)
}
