package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/webhook"
)

func (w *world) replay(t *testing.T, r webhook.ReplayRequest) webhook.Replay {
	t.Helper()
	made, err := w.hooks.StartReplay(t.Context(), w.caller, r, connect.Once[webhook.Replay]{})
	must(t, err)
	return made
}

// TestAReplayKilledInTheMiddle queues every event once, under the ids they had, in order.
func TestAReplayKilledInTheMiddle(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		const events = 600
		r := newReceiver(t, w)
		channel := w.channel(t, "page-1")
		must(t, w.store.InTx(t.Context(), func(tx connect.Tx) error {
			for range events {
				tx.Emit(connect.Event{WorkspaceID: w.caller.WorkspaceID, Type: connect.EventChannelError, ChannelID: channel, At: w.clock.now()})
			}
			return nil
		}))
		made := w.endpoint(t, webhook.NewEndpoint{URL: r.url})
		started := w.replay(t, webhook.ReplayRequest{EndpointID: made.ID, After: 100, Until: 550})
		if started.State != webhook.ReplayRunning || started.Events != 450 || started.Queued != 0 {
			t.Errorf("got %+v, want 450 to look at", started)
		}
		_, err := w.hooks.StartReplay(t.Context(), w.caller, webhook.ReplayRequest{EndpointID: made.ID}, connect.Once[webhook.Replay]{})
		if !errors.Is(err, fault.Conflict) || fault.ReasonOf(err) != "replay_running" {
			t.Errorf("another one beside it: got %v, want replay_running", err)
		}
		for kills := 0; w.replayed(t, started.ID).State == webhook.ReplayRunning; kills++ {
			if kills > 10 {
				t.Fatalf("after %d kills it is not done: %+v", kills, w.replayed(t, started.ID))
			}
			ctx, kill := context.WithCancel(t.Context())
			w.nudged = func(...int64) { kill() } // after a step, and before the next
			must(t, w.hooks.CarryReplays(ctx))
			w.kill(t)
			kill()
			if kills == 0 {
				w.emit(t, connect.Event{Type: connect.EventChannelRecovered, ChannelID: channel}) // 601, amid the replay
			}
		}
		w.nudged = func(...int64) {}
		w.pump(t)
		var want []string
		for n := 101; n <= 550; n++ {
			want = append(want, fmt.Sprintf("evt_1_%d", n))
		}
		live := 0
		var got []string
		for _, id := range r.ids() {
			if id == "evt_1_601" {
				live++
				continue
			}
			got = append(got, id)
		}
		if diff := cmp.Diff(want, got); diff != "" || live != 1 {
			t.Errorf("got the live one %d times; replayed (-want +got):\n%s", live, diff)
		}
		done := w.replayed(t, started.ID)
		if done.Queued != 450 || done.Delivered != 450 || done.Cursor != 550 || done.Failed != 0 {
			t.Errorf("got %+v, want all 450 delivered", done)
		}
	})
}

func (w *world) replayed(t *testing.T, id int64) webhook.Replay {
	t.Helper()
	r, err := w.hooks.Replay(t.Context(), w.caller, id)
	must(t, err)
	return r
}

// TestWhatWasMissedIsReplayed: events of the time in which an endpoint was disabled.
func TestWhatWasMissedIsReplayed(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		r := newReceiver(t, w)
		made := w.endpoint(t, webhook.NewEndpoint{URL: r.url, Types: []string{"session.*"}})
		w.emit(t, connect.Event{}) // 1
		w.pump(t)
		disabled, active := webhook.StateDisabled, webhook.StateActive
		_, err := w.hooks.ChangeEndpoint(t.Context(), w.caller, made.ID, webhook.EndpointChange{State: &disabled}) // 2 tells so
		must(t, err)
		w.clock.move(time.Hour)
		w.emit(t, connect.Event{}, connect.Event{Type: connect.EventOwnerErased}, connect.Event{}) // 3, 4, 5
		_, err = w.hooks.StartReplay(t.Context(), w.caller, webhook.ReplayRequest{EndpointID: made.ID}, connect.Once[webhook.Replay]{})
		if fault.ReasonOf(err) != "endpoint_disabled" {
			t.Errorf("while disabled: got %v, want endpoint_disabled", err)
		}
		_, err = w.hooks.ReplayDelivery(t.Context(), w.caller, w.deliveries(t, webhook.DeliveryFilter{})[0].ID)
		if fault.ReasonOf(err) != "endpoint_disabled" {
			t.Errorf("one delivery, while disabled: got %v, want endpoint_disabled", err)
		}
		_, err = w.hooks.ChangeEndpoint(t.Context(), w.caller, made.ID, webhook.EndpointChange{State: &active})
		must(t, err)

		failed := w.replay(t, webhook.ReplayRequest{EndpointID: made.ID, FailedOnly: true})
		must(t, w.hooks.CarryReplays(t.Context()))
		w.pump(t)
		if diff := cmp.Diff([]string{"evt_1_1", "evt_1_3", "evt_1_5"}, r.ids()); diff != "" {
			t.Errorf("what was missed (-want +got):\n%s", diff)
		}
		if got := w.replayed(t, failed.ID); got.Queued != 2 || got.Delivered != 2 {
			t.Errorf("got %+v, want two", got)
		}
		since := w.replay(t, webhook.ReplayRequest{EndpointID: made.ID, Since: w.clock.now()})
		if since.After != 2 || since.Until != 5 {
			t.Errorf("since: got above %d up to %d, want 2 and 5", since.After, since.Until)
		}
		must(t, w.hooks.CarryReplays(t.Context()))
		w.pump(t)
		one, err := w.hooks.ReplayDelivery(t.Context(), w.caller, w.deliveries(t, webhook.DeliveryFilter{EventNumber: 1})[0].ID)
		must(t, err)
		w.pump(t)
		if diff := cmp.Diff([]string{"evt_1_1", "evt_1_3", "evt_1_5", "evt_1_3", "evt_1_5", "evt_1_1"}, r.ids()); diff != "" || one.MessageID() != "evt_1_1" {
			t.Errorf("all in all (-want +got):\n%s", diff)
		}
		nothing := w.replay(t, webhook.ReplayRequest{EndpointID: made.ID, Since: w.clock.now().Add(time.Hour)})
		if nothing.State != webhook.ReplayDone || nothing.Events != 0 {
			t.Errorf("of the future: got %+v, want it done with nothing", nothing)
		}
	})
}

// TestAReplayEndsWithItsEndpoint leaves nothing running for ever.
func TestAReplayEndsWithItsEndpoint(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		made, other := w.endpoint(t, webhook.NewEndpoint{URL: "https://a.example/"}), w.endpoint(t, webhook.NewEndpoint{URL: "https://b.example/"})
		w.emit(t, connect.Event{})
		running := w.replay(t, webhook.ReplayRequest{EndpointID: made.ID})
		w.replay(t, webhook.ReplayRequest{EndpointID: other.ID})
		disabled := webhook.StateDisabled
		_, err := w.hooks.ChangeEndpoint(t.Context(), w.caller, made.ID, webhook.EndpointChange{State: &disabled})
		must(t, err)
		must(t, w.hooks.DeleteEndpoint(t.Context(), w.caller, other.ID))
		must(t, w.hooks.CarryReplays(t.Context()))
		if got := w.replayed(t, running.ID); got.State != webhook.ReplayDone || got.Queued != 0 {
			t.Errorf("got %+v, want it done", got)
		}
		must(t, w.hooks.EndEndpoints(t.Context()))
	})
}

// TestAFailedOnlyReplayGoesBackAsFarAsIsKnown: of what is older nobody knows any more that it
// was delivered, and it would be sent again.
func TestAFailedOnlyReplayGoesBackAsFarAsIsKnown(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		r := newReceiver(t, w)
		made := w.endpoint(t, webhook.NewEndpoint{URL: r.url})
		w.emit(t, connect.Event{}) // 1, taken
		w.pump(t)
		w.clock.move(30*24*time.Hour + time.Second)
		must(t, w.hooks.DropDeliveries(t.Context()))
		r.answers(status(500))
		w.emit(t, connect.Event{}) // 2, not taken
		for d := w.deliveries(t, webhook.DeliveryFilter{})[0]; d.State == webhook.DeliveryPending; d = w.deliveries(t, webhook.DeliveryFilter{})[0] {
			w.clock.set(d.NextAt)
			w.pump(t)
		}
		r.answers(nil)
		before := len(r.ids())
		replay := func(r webhook.ReplayRequest) webhook.Replay {
			r.EndpointID = made.ID
			begun := w.replay(t, r)
			must(t, w.hooks.CarryReplays(t.Context()))
			return begun
		}
		if got := replay(webhook.ReplayRequest{FailedOnly: true}); got.After != 1 || got.Until != 2 {
			t.Errorf("got above %d up to %d, want 1 and 2", got.After, got.Until)
		}
		w.pump(t)
		if diff := cmp.Diff([]string{"evt_1_2"}, r.ids()[before:]); diff != "" {
			t.Errorf("what had failed (-want +got):\n%s", diff)
		}
		for name, request := range map[string]webhook.ReplayRequest{
			"everything":           {},
			"since a time, failed": {FailedOnly: true, Since: w.clock.now().Add(-100 * 24 * time.Hour)},
		} {
			if got := replay(request); got.After != 0 || got.Until != 2 {
				t.Errorf("%s: got above %d up to %d, want 0 and 2", name, got.After, got.Until)
			}
		}
		if got := replay(webhook.ReplayRequest{FailedOnly: true, Until: 1}); got.State != webhook.ReplayDone || got.Events != 0 {
			t.Errorf("up to one of before: got %+v, want nothing to do", got)
		}
	})
}

// tripping has an endpoint whose replays cannot be queued.
type tripping struct {
	webhook.Store
	endpointID int64
}

type trippingTx struct {
	webhook.Tx
	endpointID int64
}

var errTripped = errors.New("tripped")

func (s tripping) InTx(ctx context.Context, fn func(connect.Tx) error) error {
	return s.Store.InTx(ctx, func(tx connect.Tx) error { return fn(trippingTx{tx.(webhook.Tx), s.endpointID}) })
}

func (tx trippingTx) QueueReplay(ctx context.Context, r webhook.Replay, upTo int64, at time.Time) (int, error) {
	if r.EndpointID == tx.endpointID {
		return 0, errTripped
	}
	return tx.Tx.QueueReplay(ctx, r, upTo, at)
}

// TestAReplayThatErrsKeepsNoOtherWaiting.
func TestAReplayThatErrsKeepsNoOtherWaiting(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		const events = 500 // more than a step
		must(t, w.store.InTx(t.Context(), func(tx connect.Tx) error {
			for range events {
				tx.Emit(connect.Event{WorkspaceID: w.caller.WorkspaceID, Type: connect.EventSessionCreated, At: w.clock.now()})
			}
			return nil
		}))
		bad, good := w.endpoint(t, webhook.NewEndpoint{URL: "https://a.example/"}), w.endpoint(t, webhook.NewEndpoint{URL: "https://b.example/"})
		stuck, goes := w.replay(t, webhook.ReplayRequest{EndpointID: bad.ID}), w.replay(t, webhook.ReplayRequest{EndpointID: good.ID})
		hooks := webhook.New(webhook.Config{
			Store: tripping{w.store, bad.ID}, Core: w.core, Vault: w.vault, Client: w.client, Now: w.clock.now, Log: slog.New(slog.DiscardHandler),
		})
		if err := hooks.CarryReplays(t.Context()); !errors.Is(err, errTripped) {
			t.Errorf("got %v, want what went wrong", err)
		}
		if got := w.replayed(t, goes.ID); got.State != webhook.ReplayDone || got.Queued != events {
			t.Errorf("the one behind: got %+v, want it done", got)
		}
		if got := w.replayed(t, stuck.ID); got.State != webhook.ReplayRunning || got.Queued != 0 {
			t.Errorf("the one that errs: got %+v, want it where it was", got)
		}
	})
}
