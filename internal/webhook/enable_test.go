package webhook_test

import (
	"context"
	"log/slog"
	"testing"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/webhook"
)

// betweenTxs is a store on which something happens before the transactions of a process.
type betweenTxs struct {
	webhook.Store
	before func(nth int)
	txs    int
}

func (s *betweenTxs) InTx(ctx context.Context, fn func(connect.Tx) error) error {
	s.txs++
	s.before(s.txs)
	return s.Store.InTx(ctx, fn)
}

// TestEnabledBesideDisabling: an endpoint is disabled, with much pending, while it is being
// enabled. What was pending is dropped whole: a delivery that stayed would wait for one
// that nobody ends, and everything after it about its channel for that.
func TestEnabledBesideDisabling(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		const events = 1200
		r := newReceiver(t, w)
		channel, made := w.channel(t, "page-1"), w.endpoint(t, webhook.NewEndpoint{URL: r.url, Types: []string{"channel.*"}})
		must(t, w.store.InTx(t.Context(), func(tx connect.Tx) error {
			for range events {
				tx.Emit(connect.Event{WorkspaceID: w.caller.WorkspaceID, Type: connect.EventChannelError, ChannelID: channel, At: w.clock.now()})
			}
			return nil
		}))
		for looked := 1; looked > 0; { // the first is claimed, the others are parked
			_, n, _, err := w.hooks.ClaimDue(t.Context(), made.ID, webhook.InFlightCap)
			must(t, err)
			looked = n
		}
		w.kill(t)

		active, disabled := webhook.StateActive, webhook.StateDisabled
		s := &betweenTxs{Store: w.store, before: func(nth int) {
			if nth != 2 { // after it was looked whether anything is left, and before it is enabled
				return
			}
			_, err := w.hooks.ChangeEndpoint(t.Context(), w.caller, made.ID, webhook.EndpointChange{State: &disabled})
			must(t, err)
		}}
		slow := webhook.New(webhook.Config{Store: s, Core: w.core, Vault: w.vault, Client: w.client, Now: w.clock.now, Log: slog.New(slog.DiscardHandler)})
		e, err := slow.ChangeEndpoint(t.Context(), w.caller, made.ID, webhook.EndpointChange{State: &active})
		must(t, err)
		if e.State != webhook.StateActive || w.read(t, made.ID).State != webhook.StateActive {
			t.Errorf("got it %s, want it active", e.State)
		}
		if left := w.deliveries(t, webhook.DeliveryFilter{State: webhook.DeliveryPending}); len(left) != 0 {
			t.Errorf("got %d still pending, want all of %d dropped", len(left), events)
		}
		w.emit(t, connect.Event{Type: connect.EventChannelRecovered, ChannelID: channel})
		if sent := w.pump(t); sent != 1 {
			t.Errorf("got %d requests for what happened then, want 1", sent)
		}
	})
}

// few is a scheme of which a workspace may have two active endpoints.
type few struct{ webhook.Scheme }

func (few) Name() string    { return "few" }
func (few) MostActive() int { return 2 }

// TestASchemeOfFewEndpoints counts the active ones of that scheme alone.
func TestASchemeOfFewEndpoints(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		w.use(few{webhook.Standard("test")})
		n := webhook.NewEndpoint{URL: "https://r.example/", Scheme: "few"}
		first := w.endpoint(t, n)
		w.endpoint(t, n)
		create := func() error {
			_, err := w.hooks.CreateEndpoint(t.Context(), w.caller, n, connect.Once[webhook.CreatedEndpoint]{})
			return err
		}
		if err := create(); fault.ReasonOf(err) != "too_many_endpoints" {
			t.Errorf("a third: got %v, want too_many_endpoints", err)
		}
		w.endpoint(t, webhook.NewEndpoint{URL: "https://r.example/"})
		turn := func(state webhook.EndpointState) error {
			_, err := w.hooks.ChangeEndpoint(t.Context(), w.caller, first.ID, webhook.EndpointChange{State: &state})
			return err
		}
		must(t, turn(webhook.StateActive)) // it is
		must(t, turn(webhook.StateDisabled))
		must(t, create())
		if err := turn(webhook.StateActive); fault.ReasonOf(err) != "too_many_endpoints" || w.read(t, first.ID).State != webhook.StateDisabled {
			t.Errorf("enabled as the third: got %v, want too_many_endpoints", err)
		}
	})
}
