package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/webhook"
)

// leave takes the world's channel from its consent, which goes, as the core does before an
// owner is forgotten.
func (w *world) leave(t *testing.T, s connect.Store) {
	t.Helper()
	w.channel.GrantID, w.channel.TargetID = 0, 0
	write(t, s, func(ctx context.Context, tx connect.Tx) error {
		if err := tx.UpdateChannel(ctx, w.channel); err != nil {
			return err
		}
		if _, err := tx.ForgetSessions(ctx, w.workspace.ID, w.owner.ID); err != nil {
			return err
		}
		return tx.DeleteGrant(ctx, w.workspace.ID, w.grant.ID)
	})
}

// emitEnd emits the end of the world's channel.
func emitEnd(tx connect.Tx, w world) {
	tx.Emit(connect.Event{
		WorkspaceID: w.workspace.ID, Type: connect.EventChannelDisconnected, OwnerID: w.owner.ID, ChannelID: w.channel.ID,
		Cause: connect.CauseSystem, Data: []byte(`{"name":"Jane","platform":"x","reason":"requested"}`), At: at(1),
	})
}

// testForgetWaiting forgets an owner of whom something is being sent, something waits, and
// the end of a channel waits behind that.
func testForgetWaiting(t *testing.T, s webhook.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	e := endpoint(t, s, w.newEndpoint("e"), "*")
	other := w
	other.owner = w.newOwner(t, s, "stays")
	hook(t, s, func(_ context.Context, tx webhook.Tx) error {
		tx.Emit(connect.Event{WorkspaceID: w.workspace.ID, OwnerID: w.owner.ID, Type: "held", Cause: connect.CauseSystem, At: at(1)})
		return nil
	})
	var held []webhook.DueDelivery
	hook(t, s, func(ctx context.Context, tx webhook.Tx) (err error) {
		held, err = dueNow(ctx, tx, e, at(1), 9, time.Hour)
		return err
	})
	hook(t, s, func(_ context.Context, tx webhook.Tx) error {
		emitTest(tx, w, "waits", 1)
		emitEnd(tx, w)
		tx.Emit(connect.Event{WorkspaceID: w.workspace.ID, OwnerID: other.owner.ID, Type: "theirs", Cause: connect.CauseSystem, Data: []byte(`{"n":1}`), At: at(1)})
		_, err := tx.ParkDeliveries(ctx, e.ID, at(1), 9)
		return err
	})
	w.leave(t, s)
	if _, err := forget(t, s, lived{world: w}); err != nil {
		t.Fatal(err)
	}
	same(t, "what the events tell", told(t, s, w), map[int64][]string{
		w.owner.ID: {"{}", "{}", `{"platform":"x","reason":"requested"}`}, other.owner.ID: {`{"n":1}`},
	})
	states := map[string]webhook.DeliveryState{}
	for _, d := range deliveries(t, s, w, webhook.DeliveryFilter{}) {
		states[d.EventType] = d.State
		same(t, d.EventType+" is over", d.EndedAt.IsZero(), d.State == webhook.DeliveryPending)
	}
	same(t, "deliveries", states, map[string]webhook.DeliveryState{
		"held": webhook.DeliveryPending, "waits": webhook.DeliverySkipped, connect.EventChannelDisconnected: webhook.DeliveryPending, "theirs": webhook.DeliveryPending,
	})
	hook(t, s, func(ctx context.Context, tx webhook.Tx) error {
		d := held[0].Delivery
		d.State, d.EndedAt = webhook.DeliveryDelivered, at(2)
		if err := tx.SaveDelivery(ctx, d, held[0].Fence); err != nil {
			return err
		}
		due, err := dueNow(ctx, tx, e, at(1), 9, time.Hour)
		same(t, "due", numbers(due), []int64{3, 4})
		return err
	})
	d, err := s.Delivery(ctx, w.workspace.ID, held[0].ID)
	same(t, "what was being sent, without its body", d.State == webhook.DeliveryDelivered && d.Body == nil, true)
	same(t, "error", err, nil)
}

// testForgetMeetsClaim lets an owner be forgotten while a delivery about them is claimed:
// who got it may tell what came of it, and otherwise nobody gets it.
func testForgetMeetsClaim(t *testing.T, s webhook.Store) {
	w := newWorld(t, s, "a")
	for round := range 20 {
		w.owner = w.newOwner(t, s, string(rune('a'+round)))
		e := endpoint(t, s, w.newEndpoint("e"), "*")
		hook(t, s, func(_ context.Context, tx webhook.Tx) error {
			tx.Emit(connect.Event{WorkspaceID: w.workspace.ID, OwnerID: w.owner.ID, Type: "x", Cause: connect.CauseSystem, Data: []byte(`{"n":1}`), At: at(1)})
			return nil
		})
		var due []webhook.DueDelivery
		errs := race(2, func(i int) error {
			if i == 0 {
				_, err := forget(t, s, lived{world: w})
				return err
			}
			return s.InTx(t.Context(), func(tx connect.Tx) (err error) {
				due, err = dueNow(t.Context(), tx.(webhook.Tx), e, at(1), 9, time.Hour)
				return err
			})
		})
		same(t, "forgotten", errs[0], nil)
		if errors.Is(errs[1], fault.Conflict) { // it was read before and written after
			due = nil
		} else {
			same(t, "error of the claim", errs[1], nil)
		}
		d := deliveries(t, s, w, webhook.DeliveryFilter{EndpointID: e.ID})[0]
		if len(due) == 0 {
			same(t, "not claimed", d.State, webhook.DeliverySkipped)
			continue
		}
		hook(t, s, func(ctx context.Context, tx webhook.Tx) error {
			d := due[0].Delivery
			d.State, d.EndedAt = webhook.DeliveryDelivered, at(2)
			return tx.SaveDelivery(ctx, d, due[0].Fence)
		})
		d, err := s.Delivery(t.Context(), w.workspace.ID, d.ID)
		same(t, "claimed, sent, and without a body", d.State == webhook.DeliveryDelivered && d.Body == nil, true)
		same(t, "error", err, nil)
	}
}
