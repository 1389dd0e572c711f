package webhook_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/connect"
	"patchbay/internal/webhook"
)

// TestWorkGoesOnWithWhatIsDue: one claim brings everything, in the order of each channel,
// what is behind a failure stays, and whoever is there to look is told of what is left.
func TestWorkGoesOnWithWhatIsDue(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		r := newReceiver(t, w)
		r.answers(func(rw http.ResponseWriter, req *http.Request) {
			if req.Header.Get("webhook-id") == "evt_1_2" {
				rw.WriteHeader(500)
			}
		})
		made := w.endpoint(t, webhook.NewEndpoint{URL: r.url})
		a, b := w.channel(t, "a"), w.channel(t, "b")
		for _, channel := range []int64{a, b, 0, a, b, a} { // 1 4 6 of a, 2 5 of b, 3 of none
			w.emit(t, connect.Event{Type: connect.EventChannelError, ChannelID: channel})
		}
		claims, _, _, err := w.hooks.ClaimDue(t.Context(), made.ID, 1)
		must(t, err)
		must(t, w.hooks.Work(t.Context(), claims[0]))
		if diff := cmp.Diff([]string{"evt_1_1", "evt_1_2", "evt_1_3", "evt_1_4", "evt_1_6"}, r.ids()); diff != "" {
			t.Errorf("sent (-want +got):\n%s", diff)
		}
		if r.most != 1 {
			t.Errorf("got %d requests at once by one worker, want 1", r.most)
		}
	})
}

// TestWorkEndsWhenItIsTold: what was begun is written down, and nothing else is claimed.
func TestWorkEndsWhenItIsTold(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		ctx, stop := context.WithCancel(t.Context())
		r := newReceiver(t, w)
		r.answers(func(_ http.ResponseWriter, req *http.Request) {
			if req.Header.Get("webhook-id") == "evt_1_3" {
				stop()
			}
		})
		made := w.endpoint(t, webhook.NewEndpoint{URL: r.url})
		for range 6 {
			w.emit(t, connect.Event{})
		}
		claims, _, _, err := w.hooks.ClaimDue(t.Context(), made.ID, 1)
		must(t, err)
		must(t, w.hooks.Work(ctx, claims[0]))
		done := w.deliveries(t, webhook.DeliveryFilter{State: webhook.DeliveryDelivered})
		left, _, _, err := w.hooks.ClaimDue(t.Context(), made.ID, 9)
		must(t, err)
		if len(r.messages()) != 3 || len(done) != 3 || len(left) != 3 {
			t.Errorf("got %d requests, %d delivered and %d left, want three each", len(r.messages()), len(done), len(left))
		}
	})
}

// choking is a store in which nobody can look for what is due.
type choking struct{ webhook.Store }

func (c choking) InTx(ctx context.Context, fn func(connect.Tx) error) error {
	return c.Store.InTx(ctx, func(tx connect.Tx) error {
		return fn(chokingTx{tx.(webhook.Tx)})
	})
}

type chokingTx struct{ webhook.Tx }

func (chokingTx) ParkDeliveries(context.Context, int64, time.Time, int) (int, error) {
	return 0, errors.New("choked")
}

// TestAnOutcomeIsWrittenWhateverIsDue: trouble with the next delivery does not have this one
// sent again.
func TestAnOutcomeIsWrittenWhateverIsDue(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		r := newReceiver(t, w)
		made := w.endpoint(t, webhook.NewEndpoint{URL: r.url})
		w.emit(t, connect.Event{}, connect.Event{})
		claims, _, _, err := w.hooks.ClaimDue(t.Context(), made.ID, 1)
		must(t, err)
		choked := webhook.New(webhook.Config{
			Store: choking{w.store}, Core: w.core, Vault: w.vault, Client: w.client, Version: "test", Now: w.clock.now, Log: slog.New(slog.DiscardHandler),
		})
		must(t, choked.Work(t.Context(), claims[0]))
		if got := w.deliveries(t, webhook.DeliveryFilter{State: webhook.DeliveryDelivered}); len(got) != 1 || len(r.messages()) != 1 {
			t.Errorf("got %d delivered after %d requests, want one after one", len(got), len(r.messages()))
		}
	})
}

// holding is a store in which a transaction waits, once.
type holding struct {
	webhook.Store
	hold   atomic.Bool
	inside chan struct{}
	let    chan struct{}
}

func (h *holding) InTx(ctx context.Context, fn func(connect.Tx) error) error {
	if h.hold.CompareAndSwap(true, false) {
		close(h.inside)
		<-h.let
	}
	return h.Store.InTx(ctx, fn)
}

// TestAnOutcomeThatIsWrittenTwiceHarmsNoOther: an outcome is brought again because nobody
// heard that it was committed, together with others.
func TestAnOutcomeThatIsWrittenTwiceHarmsNoOther(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		r := newReceiver(t, w)
		made := w.endpoint(t, webhook.NewEndpoint{URL: r.url})
		for range 3 {
			w.emit(t, connect.Event{})
		}
		h := &holding{Store: w.store, inside: make(chan struct{}), let: make(chan struct{})}
		hooks := webhook.New(webhook.Config{
			Store: h, Core: w.core, Vault: w.vault, Client: w.client, Version: "test", Now: w.clock.now, Log: slog.New(slog.DiscardHandler),
		})
		claims, _, _, err := hooks.ClaimDue(t.Context(), made.ID, 3)
		must(t, err)
		must(t, hooks.Deliver(t.Context(), claims[0]))
		h.hold.Store(true)
		came := make(chan struct{}, 3)
		r.answers(func(http.ResponseWriter, *http.Request) { came <- struct{}{} })
		var all sync.WaitGroup
		all.Go(func() { must(t, hooks.Deliver(t.Context(), claims[2])) })
		<-h.inside // the others gather behind it
		for _, c := range claims[:2] {
			all.Go(func() { must(t, hooks.Deliver(t.Context(), c)) })
		}
		for range 3 {
			<-came
		}
		close(h.let)
		all.Wait()
		for _, d := range w.deliveries(t, webhook.DeliveryFilter{}) {
			if d.State != webhook.DeliveryDelivered || d.Attempts != 1 {
				t.Errorf("delivery %d: got %s after %d attempts, want it delivered after one", d.ID, d.State, d.Attempts)
			}
		}
	})
}
