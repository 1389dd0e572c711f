package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/webhook"
)

// webhookCases are those of webhook.Store, which the same stores are.
func webhookCases() map[string]func(*testing.T, webhook.Store) {
	return map[string]func(*testing.T, webhook.Store){
		"endpoints":                             testEndpoints,
		"an endpoint is deleted":                testDeleteEndpoint,
		"events make deliveries":                testOutbox,
		"deliveries roll back with events":      testOutboxRollback,
		"deliveries: eight writers":             testOutboxWriters,
		"deliveries are listed":                 testDeliveryList,
		"delivery compare and swap":             testDeliverySwap,
		"attempts of a delivery":                testDeliveryAttempts,
		"deliveries about a channel wait":       testParking,
		"due endpoints":                         testDueEndpoints,
		"deliveries in flight":                  testInFlight,
		"delivery claimers meet":                testDeliveryClaimers,
		"deliveries are dropped":                testDropPending,
		"deliveries wait from now on":           testRebase,
		"a woken delivery waits from now on":    testRebaseWoken,
		"old deliveries go":                     testDropDeliveries,
		"replays":                               testReplays,
		"a replay queues what was never told":   testReplayFailedOnly,
		"a replay over a jump of the numbers":   testReplayOverAJump,
		"what waits of a forgotten owner":       testForgetWaiting,
		"forgetting an owner meets a claim":     testForgetMeetsClaim,
		"isolation of endpoints and deliveries": testWebhookIsolation,
	}
}

// hook writes one transaction that must succeed.
func hook(t *testing.T, s webhook.Store, fn func(ctx context.Context, tx webhook.Tx) error) {
	t.Helper()
	write(t, s, func(ctx context.Context, tx connect.Tx) error { return fn(ctx, tx.(webhook.Tx)) })
}

func (w *world) newEndpoint(description string) webhook.Endpoint {
	return webhook.Endpoint{
		WorkspaceID: w.workspace.ID, URL: "https://receiver.example/hook", Scheme: "standard", Description: description,
		State: webhook.StateActive, CreatedAt: t0, UpdatedAt: t0,
	}
}

// endpoint makes one that hears types.
func endpoint(t *testing.T, s webhook.Store, e webhook.Endpoint, types ...string) webhook.Endpoint {
	t.Helper()
	hook(t, s, func(ctx context.Context, tx webhook.Tx) (err error) {
		if e, err = tx.InsertEndpoint(ctx, e); err != nil {
			return err
		}
		return tx.SetHeard(ctx, e.WorkspaceID, e.ID, types)
	})
	return e
}

func testEndpoints(t *testing.T, s webhook.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	full := w.newEndpoint("full")
	full.OwnerID, full.Types, full.State, full.Reason = w.owner.ID, []string{"channel.*", "owner.erased"}, webhook.StateDisabled, "gone"
	full.Failures, full.FailingSince, full.SucceededAt, full.FailedAt, full.HeldUntil = 3, at(1), at(2), at(3), at(4)
	made := endpoint(t, s, full, "channel.*", "owner.erased")
	full.ID = made.ID
	same(t, "made", made, full)
	second := endpoint(t, s, w.newEndpoint("second"), "*")

	got, err := s.Endpoint(ctx, w.workspace.ID, full.ID)
	same(t, "read", got, full)
	same(t, "error", err, nil)
	list, err := s.Endpoints(ctx, w.workspace.ID, 0, 9)
	same(t, "list", list, []webhook.Endpoint{full, second})
	same(t, "error", err, nil)
	list, _ = s.Endpoints(ctx, w.workspace.ID, full.ID, 1)
	same(t, "page", list, []webhook.Endpoint{second})

	full.URL, full.Types, full.Description, full.State, full.Reason = "https://other.example/", nil, "changed", webhook.StateActive, ""
	full.Failures, full.FailingSince, full.SucceededAt, full.FailedAt, full.HeldUntil, full.UpdatedAt = 0, at(0), at(5), at(6), at(7), at(8)
	hook(t, s, func(ctx context.Context, tx webhook.Tx) error {
		n, err := tx.CountEndpoints(ctx, w.workspace.ID)
		same(t, "count", n, 2)
		if err != nil {
			return err
		}
		if _, err := tx.LockEndpoint(ctx, w.workspace.ID, full.ID); err != nil {
			return err
		}
		return errors.Join(tx.UpdateEndpoint(ctx, full), tx.SealEndpoint(ctx, w.workspace.ID, full.ID, []byte("sealed")))
	})
	full.Sealed = []byte("sealed")
	hook(t, s, func(ctx context.Context, tx webhook.Tx) error {
		got, err := tx.LockEndpointByID(ctx, full.ID)
		same(t, "changed", got, full)
		return err
	})
	_, err = s.Endpoint(ctx, w.workspace.ID, full.ID+99)
	wants(t, "absent", err, fault.NotFound)
}

// testDeleteEndpoint ends with nothing left of it.
func testDeleteEndpoint(t *testing.T, s webhook.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	e := endpoint(t, s, w.newEndpoint("e"), "*")
	hook(t, s, func(_ context.Context, tx webhook.Tx) error { emitTest(tx, w, "x", 3); return nil })
	first := deliveries(t, s, w, webhook.DeliveryFilter{})[0]
	hook(t, s, func(ctx context.Context, tx webhook.Tx) error {
		_, err := tx.InsertReplay(ctx, webhook.Replay{WorkspaceID: w.workspace.ID, EndpointID: e.ID, State: webhook.ReplayRunning, CreatedAt: t0, UpdatedAt: t0})
		if err != nil {
			return err
		}
		if err := tx.InsertDeliveryAttempt(ctx, w.workspace.ID, webhook.Attempt{DeliveryID: first.ID, Number: 1, At: t0}); err != nil {
			return err
		}
		_, err = tx.PurgeEndpoint(ctx, w.workspace.ID, e.ID, 9)
		wants(t, "purge one that is not deleted", err, fault.NotFound)
		return nil
	})
	hook(t, s, func(ctx context.Context, tx webhook.Tx) error {
		return tx.EmptyEndpoint(ctx, w.workspace.ID, e.ID, at(1))
	})

	_, err := s.Endpoint(ctx, w.workspace.ID, e.ID)
	wants(t, "read", err, fault.NotFound)
	_, err = s.Delivery(ctx, w.workspace.ID, first.ID)
	wants(t, "its delivery", err, fault.NotFound)
	same(t, "its deliveries", len(deliveries(t, s, w, webhook.DeliveryFilter{})), 0)
	hook(t, s, func(ctx context.Context, tx webhook.Tx) error {
		_, err := tx.LockEndpointByID(ctx, e.ID)
		wants(t, "lock", err, fault.NotFound)
		emitTest(tx, w, "x", 1)
		return nil
	})
	ended, err := s.EndedEndpoints(ctx, 9)
	same(t, "error", err, nil)
	same(t, "ended", len(ended), 1)
	for round, want := range []bool{true, true, false} { // two, one, none left
		hook(t, s, func(ctx context.Context, tx webhook.Tx) error {
			more, err := tx.PurgeEndpoint(ctx, w.workspace.ID, e.ID, 2)
			same(t, fmt.Sprintf("more after round %d", round), more, want)
			return err
		})
	}
	ended, _ = s.EndedEndpoints(ctx, 9)
	same(t, "ended afterwards", len(ended), 0)
}
