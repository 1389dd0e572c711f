package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"patchbay/internal/connect"
	"patchbay/internal/webhook"
)

// emitTest emits n events about the world's channel.
func emitTest(tx connect.Tx, w world, kind string, n int) {
	for range n {
		tx.Emit(connect.Event{
			WorkspaceID: w.workspace.ID, Type: kind, OwnerID: w.owner.ID, ChannelID: w.channel.ID, Cause: connect.CauseSystem, Data: []byte(`{"n":1}`), At: at(1),
		})
	}
}

// deliveries lists them, the newest first.
func deliveries(t *testing.T, s webhook.Store, w world, f webhook.DeliveryFilter) []webhook.Delivery {
	t.Helper()
	list, err := s.Deliveries(t.Context(), w.workspace.ID, f, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// sentTo is what an endpoint's deliveries are about, in order.
func sentTo(t *testing.T, s webhook.Store, w world, e webhook.Endpoint) (types []string) {
	t.Helper()
	list := deliveries(t, s, w, webhook.DeliveryFilter{EndpointID: e.ID})
	slices.Reverse(list)
	for _, d := range list {
		types = append(types, fmt.Sprintf("%d %s", d.EventNumber, d.EventType))
	}
	return types
}

func testOutbox(t *testing.T, s webhook.Store) {
	w, other := newWorld(t, s, "a"), newWorld(t, s, "b")
	all := endpoint(t, s, w.newEndpoint("all"), "*")
	exact := endpoint(t, s, w.newEndpoint("exact"), "channel.error", "session.failed")
	family := endpoint(t, s, w.newEndpoint("family"), "channel.*", "channel.error")
	lookalike := endpoint(t, s, w.newEndpoint("looks like it"), "channel.err", "channel_error", "channelXerror", "nel.error", "ch.*")
	deaf := endpoint(t, s, w.newEndpoint("deaf"))
	theirs := w.newEndpoint("an owner's")
	theirs.OwnerID = w.owner.ID
	theirs = endpoint(t, s, theirs, "*")
	strangers := w.newEndpoint("another owner's")
	strangers.OwnerID = w.owner.ID + 99
	strangers = endpoint(t, s, strangers, "*")
	off := w.newEndpoint("off")
	off.State = webhook.StateDisabled
	off = endpoint(t, s, off, "*")
	elsewhere := endpoint(t, s, other.newEndpoint("elsewhere"), "*")

	hook(t, s, func(_ context.Context, tx webhook.Tx) error {
		emitTest(tx, w, "channel.error", 1)
		emitTest(tx, other, "channel.error", 1)
		emitTest(tx, w, "channel.paused", 1)
		tx.Emit(connect.Event{WorkspaceID: w.workspace.ID, Type: "session.failed", Cause: connect.CauseSystem, At: at(2)})
		return nil
	})
	hook(t, s, func(_ context.Context, tx webhook.Tx) error { emitTest(tx, w, "channelXerror", 1); return nil })
	for e, want := range map[*webhook.Endpoint][]string{
		&all:       {"1 channel.error", "2 channel.paused", "3 session.failed", "4 channelXerror"},
		&exact:     {"1 channel.error", "3 session.failed"},
		&family:    {"1 channel.error", "2 channel.paused"},
		&lookalike: {"4 channelXerror"},
		&deaf:      nil,
		&theirs:    {"1 channel.error", "2 channel.paused", "4 channelXerror"},
		&strangers: nil,
		&off:       nil,
	} {
		same(t, e.Description, sentTo(t, s, w, *e), want)
	}
	same(t, "another workspace's", sentTo(t, s, other, elsewhere), []string{"1 channel.error"})
	same(t, "a delivery", deliveries(t, s, w, webhook.DeliveryFilter{EndpointID: exact.ID})[1], webhook.Delivery{
		ID: deliveries(t, s, w, webhook.DeliveryFilter{EndpointID: exact.ID})[1].ID, WorkspaceID: w.workspace.ID, EndpointID: exact.ID, EventNumber: 1,
		EventType: "channel.error", ChannelID: w.channel.ID, State: webhook.DeliveryPending, NextAt: at(1), CreatedAt: at(1), UpdatedAt: at(1),
	})
}

func testOutboxRollback(t *testing.T, s webhook.Store) {
	w := newWorld(t, s, "a")
	endpoint(t, s, w.newEndpoint("all"), "*")
	oops := errors.New("oops")
	err := s.InTx(t.Context(), func(tx connect.Tx) error { emitTest(tx, w, "x", 3); return oops })
	same(t, "error", errors.Is(err, oops), true)
	err = s.InTx(t.Context(), func(tx connect.Tx) error { // fails after the first events were numbered
		emitTest(tx, w, "x", 3)
		tx.Emit(connect.Event{WorkspaceID: w.workspace.ID + 99, Type: "x", At: t0})
		return nil
	})
	same(t, "an event of no workspace is refused", err != nil, true)
	same(t, "deliveries", len(deliveries(t, s, w, webhook.DeliveryFilter{})), 0)
}

// testOutboxWriters has transactions, some of which fail, beside one that makes, disables
// and deletes endpoints.
func testOutboxWriters(t *testing.T, s webhook.Store) {
	const writers, rounds = 8, 15
	ctx, w := t.Context(), newWorld(t, s, "a")
	all := endpoint(t, s, w.newEndpoint("all"), "*")
	errs := race(writers+1, func(writer int) error {
		for range rounds {
			if writer == writers {
				e := endpoint(t, s, w.newEndpoint("short"), "*")
				hook(t, s, func(ctx context.Context, tx webhook.Tx) error {
					if _, err := tx.LockEndpoint(ctx, w.workspace.ID, e.ID); err != nil {
						return err
					}
					e.State = webhook.StateDisabled
					if err := tx.UpdateEndpoint(ctx, e); err != nil {
						return err
					}
					_, err := tx.DropPending(ctx, w.workspace.ID, e.ID, at(2), 100)
					return err
				})
				hook(t, s, func(ctx context.Context, tx webhook.Tx) error {
					return tx.EmptyEndpoint(ctx, w.workspace.ID, e.ID, at(2))
				})
				continue
			}
			if err := emit(ctx, s, w, mark{writer, 0}, 2); err != nil {
				return err
			}
		}
		return nil
	})
	same(t, "errors", errors.Join(errs...), nil)
	list := deliveries(t, s, w, webhook.DeliveryFilter{EndpointID: all.ID})
	slices.Reverse(list)
	same(t, "deliveries", len(list), writers*rounds*2)
	for i, d := range list { // ids go up in the order of commits
		if d.EventNumber != int64(i+1) {
			t.Fatalf("delivery %d: got event %d, want %d: one each, in order", i, d.EventNumber, i+1)
		}
	}
}

func testDeliveryList(t *testing.T, s webhook.Store) {
	w := newWorld(t, s, "a")
	e, f := endpoint(t, s, w.newEndpoint("e"), "*"), endpoint(t, s, w.newEndpoint("f"), "y")
	hook(t, s, func(_ context.Context, tx webhook.Tx) error {
		emitTest(tx, w, "x", 1)
		emitTest(tx, w, "y", 1)
		tx.Emit(connect.Event{WorkspaceID: w.workspace.ID, Type: "y", At: t0})
		return nil
	})
	all := deliveries(t, s, w, webhook.DeliveryFilter{})
	same(t, "all", len(all), 5)
	ended := all[0]
	ended.State, ended.EndedAt = webhook.DeliveryFailed, at(3)
	hook(t, s, func(ctx context.Context, tx webhook.Tx) error { return tx.SaveDelivery(ctx, ended, 0) })
	for name, c := range map[string]struct {
		filter webhook.DeliveryFilter
		want   int
	}{
		"endpoint": {webhook.DeliveryFilter{EndpointID: e.ID}, 3}, "the other": {webhook.DeliveryFilter{EndpointID: f.ID}, 2},
		"state": {webhook.DeliveryFilter{State: webhook.DeliveryPending}, 4}, "event": {webhook.DeliveryFilter{EventNumber: 2}, 2},
		"type": {webhook.DeliveryFilter{EventType: "y"}, 4}, "channel": {webhook.DeliveryFilter{ChannelID: w.channel.ID}, 3},
		"failed": {webhook.DeliveryFilter{State: webhook.DeliveryFailed}, 1}, "dropped": {webhook.DeliveryFilter{State: webhook.DeliveryDropped}, 0},
		"pending about a channel": {webhook.DeliveryFilter{State: webhook.DeliveryPending, ChannelID: w.channel.ID}, 3},
		"all of it":               {webhook.DeliveryFilter{EndpointID: e.ID, State: webhook.DeliveryPending, EventNumber: 2, EventType: "y", ChannelID: w.channel.ID}, 1},
	} {
		same(t, name, len(deliveries(t, s, w, c.filter)), c.want)
	}
	page, err := s.Deliveries(t.Context(), w.workspace.ID, webhook.DeliveryFilter{}, all[1].ID, 2)
	same(t, "error", err, nil)
	same(t, "page", page, all[2:4])
	pending := webhook.DeliveryFilter{State: webhook.DeliveryPending}
	page, err = s.Deliveries(t.Context(), w.workspace.ID, pending, all[1].ID, 2)
	same(t, "error", err, nil)
	same(t, "page of pending ones", page, all[2:4])
	other := newWorld(t, s, "b")
	for _, f := range []webhook.DeliveryFilter{pending, {State: webhook.DeliveryFailed}, {ChannelID: w.channel.ID}, {State: webhook.DeliveryPending, EndpointID: e.ID}} {
		same(t, "another workspace's", len(deliveries(t, s, other, f)), 0)
	}
}
