package storetest

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/webhook"
)

// webhooksNotScoped names the methods that cross workspaces on purpose.
var webhooksNotScoped = map[string]string{
	"RunningReplays":    "for the process that replays",
	"DueEndpoints":      "for the process that sends",
	"EndedEndpoints":    "for the process that tidies up",
	"LockEndpointByID":  "for the process that sends",
	"InFlight":          "for the process that sends",
	"ParkDeliveries":    "for the process that sends",
	"DueDeliveries":     "for the process that sends",
	"WakeDelivery":      "for the process that sends",
	"ReleaseDeliveries": "for the process that sends",
	"RebaseDeliveries":  "a clock has no workspace",
	"DropDeliveries":    "time ends every delivery alike",
	"InsertEndpoint":    "the workspace is part of what is asked for",
	"CountEndpoints":    "the workspace is what is asked for",
	"LastEvent":         "the workspace is what is asked for",
	"LockEvents":        "the workspace is what is asked for",
}

// hooked is a workspace with one of everything of webhooks.
type hooked struct {
	world
	endpoint webhook.Endpoint
	delivery webhook.Delivery
	replay   webhook.Replay
}

type hookCall func(ctx context.Context, tx webhook.Tx, ws int64, w hooked) (found int, err error)

func scopedHooks() map[string]hookCall {
	only := func(fn func(ctx context.Context, tx webhook.Tx, ws int64, w hooked) error) hookCall {
		return func(ctx context.Context, tx webhook.Tx, ws int64, w hooked) (int, error) {
			return 1, fn(ctx, tx, ws, w)
		}
	}
	return map[string]hookCall{
		"Endpoint": only(func(ctx context.Context, tx webhook.Tx, ws int64, w hooked) error {
			_, err := tx.Endpoint(ctx, ws, w.endpoint.ID)
			return err
		}),
		"Endpoints": func(ctx context.Context, tx webhook.Tx, ws int64, _ hooked) (int, error) {
			v, err := tx.Endpoints(ctx, ws, 0, 9)
			return len(v), err
		},
		"Delivery": only(func(ctx context.Context, tx webhook.Tx, ws int64, w hooked) error {
			_, err := tx.Delivery(ctx, ws, w.delivery.ID)
			return err
		}),
		"Deliveries": func(ctx context.Context, tx webhook.Tx, ws int64, w hooked) (int, error) {
			v, err := tx.Deliveries(ctx, ws, webhook.DeliveryFilter{EndpointID: w.endpoint.ID}, 0, 9)
			return len(v), err
		},
		"DeliveryAttempts": func(ctx context.Context, tx webhook.Tx, ws int64, w hooked) (int, error) {
			v, err := tx.DeliveryAttempts(ctx, ws, w.delivery.ID)
			return len(v), err
		},
		"Replay": only(func(ctx context.Context, tx webhook.Tx, ws int64, w hooked) error {
			_, err := tx.Replay(ctx, ws, w.replay.ID)
			return err
		}),
		"LockEndpoint": only(func(ctx context.Context, tx webhook.Tx, ws int64, w hooked) error {
			_, err := tx.LockEndpoint(ctx, ws, w.endpoint.ID)
			return err
		}),
		"UpdateEndpoint": only(func(ctx context.Context, tx webhook.Tx, ws int64, w hooked) error {
			v := w.endpoint
			v.WorkspaceID, v.URL = ws, "foreign"
			return tx.UpdateEndpoint(ctx, v)
		}),
		"SetHeard": only(func(ctx context.Context, tx webhook.Tx, ws int64, w hooked) error {
			return tx.SetHeard(ctx, ws, w.endpoint.ID, []string{"foreign"})
		}),
		"SealEndpoint": only(func(ctx context.Context, tx webhook.Tx, ws int64, w hooked) error {
			return tx.SealEndpoint(ctx, ws, w.endpoint.ID, []byte("foreign"))
		}),
		"EmptyEndpoint": only(func(ctx context.Context, tx webhook.Tx, ws int64, w hooked) error {
			return tx.EmptyEndpoint(ctx, ws, w.endpoint.ID, t0)
		}),
		"PurgeEndpoint": only(func(ctx context.Context, tx webhook.Tx, ws int64, w hooked) error {
			_, err := tx.PurgeEndpoint(ctx, ws, w.endpoint.ID, 9)
			return err
		}),
		"InsertDelivery": only(func(ctx context.Context, tx webhook.Tx, ws int64, w hooked) error {
			v := w.delivery
			v.WorkspaceID = ws
			_, err := tx.InsertDelivery(ctx, v)
			return err
		}),
		"ClaimDelivery": only(func(ctx context.Context, tx webhook.Tx, ws int64, w hooked) error {
			v := w.delivery
			v.WorkspaceID, v.Kind = ws, "foreign"
			return tx.ClaimDelivery(ctx, v, v.Fence, time.Hour)
		}),
		"FreezeDelivery": only(func(ctx context.Context, tx webhook.Tx, ws int64, w hooked) error {
			v := w.delivery
			v.WorkspaceID, v.Kind = ws, "foreign"
			return tx.FreezeDelivery(ctx, v)
		}),
		"SaveDelivery": only(func(ctx context.Context, tx webhook.Tx, ws int64, w hooked) error {
			v := w.delivery
			v.WorkspaceID, v.State = ws, "foreign"
			return tx.SaveDelivery(ctx, v, v.Fence)
		}),
		"InsertDeliveryAttempt": only(func(ctx context.Context, tx webhook.Tx, ws int64, w hooked) error {
			return tx.InsertDeliveryAttempt(ctx, ws, webhook.Attempt{DeliveryID: w.delivery.ID, Number: 9, At: t0})
		}),
		"DropPending": func(ctx context.Context, tx webhook.Tx, ws int64, w hooked) (int, error) {
			return tx.DropPending(ctx, ws, w.endpoint.ID, t0, 9)
		},
		"HastenDeliveries": func(ctx context.Context, tx webhook.Tx, ws int64, w hooked) (int, error) {
			return 0, tx.HastenDeliveries(ctx, ws, w.endpoint.ID, t0) // its delivery is due later
		},
		"InsertReplay": only(func(ctx context.Context, tx webhook.Tx, ws int64, w hooked) error {
			v := w.replay
			v.WorkspaceID = ws
			_, err := tx.InsertReplay(ctx, v)
			return err
		}),
		"LockReplay": only(func(ctx context.Context, tx webhook.Tx, ws int64, w hooked) error {
			_, err := tx.LockReplay(ctx, ws, w.replay.ID)
			return err
		}),
		"UpdateReplay": only(func(ctx context.Context, tx webhook.Tx, ws int64, w hooked) error {
			v := w.replay
			v.WorkspaceID, v.State = ws, "foreign"
			return tx.UpdateReplay(ctx, v)
		}),
		"QueueReplay": func(ctx context.Context, tx webhook.Tx, ws int64, w hooked) (int, error) {
			v := w.replay
			v.WorkspaceID = ws
			return tx.QueueReplay(ctx, v, 9, t0)
		},
	}
}

// newHooked makes a workspace with one of everything of webhooks.
func newHooked(t *testing.T, s webhook.Store, name string) hooked {
	t.Helper()
	h := hooked{world: newWorld(t, s, name)}
	h.endpoint = endpoint(t, s, h.newEndpoint("e"), "*")
	hook(t, s, func(ctx context.Context, tx webhook.Tx) (err error) {
		emitTest(tx, h.world, "x", 1)
		h.replay, err = tx.InsertReplay(ctx, webhook.Replay{
			WorkspaceID: h.workspace.ID, EndpointID: h.endpoint.ID, Until: 1, State: webhook.ReplayRunning, CreatedAt: t0, UpdatedAt: t0,
		})
		return err
	})
	h.delivery = deliveries(t, s, h.world, webhook.DeliveryFilter{})[0]
	hook(t, s, func(ctx context.Context, tx webhook.Tx) error {
		return tx.InsertDeliveryAttempt(ctx, h.workspace.ID, webhook.Attempt{DeliveryID: h.delivery.ID, Number: 1, At: t0})
	})
	return h
}

// everything reads all that is h's.
func (h hooked) everything(t *testing.T, s webhook.Store) []any {
	t.Helper()
	ctx, ws := t.Context(), h.workspace.ID
	endpoints, err := s.Endpoints(ctx, ws, 0, 9)
	delivery, err2 := s.Delivery(ctx, ws, h.delivery.ID)
	attempts, err3 := s.DeliveryAttempts(ctx, ws, h.delivery.ID)
	replay, err4 := s.Replay(ctx, ws, h.replay.ID)
	if err := errors.Join(err, err2, err3, err4); err != nil {
		t.Fatal(err)
	}
	hook(t, s, func(_ context.Context, tx webhook.Tx) error { emitTest(tx, h.world, "heard", 1); return nil })
	heard := deliveries(t, s, h.world, webhook.DeliveryFilter{EventType: "heard"})
	return []any{endpoints, delivery, attempts, replay, len(heard)}
}

// testWebhookIsolation asks one workspace for what belongs to another, by every method.
func testWebhookIsolation(t *testing.T, s webhook.Store) {
	h, stranger := newHooked(t, s, "a"), newWorld(t, s, "b")
	before := h.everything(t, s)
	calls := scopedHooks()
	core := methods()
	for m := range reflect.TypeFor[webhook.Tx]().Methods() {
		if core[m.Name] {
			continue
		}
		fn, ok := calls[m.Name]
		if !ok {
			if webhooksNotScoped[m.Name] == "" {
				t.Errorf("%s: no case here, and not named as crossing workspaces", m.Name)
			}
			continue
		}
		found, refused := 0, error(nil)
		err := s.InTx(t.Context(), func(tx connect.Tx) error {
			found, refused = fn(t.Context(), tx.(webhook.Tx), stranger.workspace.ID, h)
			return nil
		})
		if err == nil {
			err = refused
		}
		if err == nil && found > 0 {
			t.Errorf("%s: got %d of another workspace's, want not found", m.Name, found)
		}
		if err != nil && !errors.Is(err, fault.NotFound) {
			t.Errorf("%s: got %v, want not found", m.Name, err)
		}
	}
	after := h.everything(t, s)
	before[4], after[4] = 0, after[4].(int)-before[4].(int)-1
	same(t, "the other workspace afterwards", after, before)
}
