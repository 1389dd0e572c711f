package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/webhook"
)

// dueNow claims up to limit deliveries of the endpoint, as the sender does.
func dueNow(ctx context.Context, tx webhook.Tx, e webhook.Endpoint, now time.Time, limit int, lease time.Duration) ([]webhook.DueDelivery, error) {
	if _, err := tx.LockEndpointByID(ctx, e.ID); err != nil {
		return nil, err
	}
	if _, err := tx.ParkDeliveries(ctx, e.ID, now, 100); err != nil {
		return nil, err
	}
	due, err := tx.DueDeliveries(ctx, e.ID, now, limit)
	for i := range due {
		d := &due[i].Delivery
		d.Fence++
		d.Body, d.Kind = []byte("frozen"), "kind"
		err = errors.Join(err, tx.ClaimDelivery(ctx, *d, d.Fence-1, lease))
	}
	return due, err
}

func numbers(due []webhook.DueDelivery) (n []int64) {
	for _, d := range due {
		n = append(n, d.EventNumber)
	}
	return n
}

func testDeliverySwap(t *testing.T, s webhook.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	e := endpoint(t, s, w.newEndpoint("e"), "*")
	hook(t, s, func(_ context.Context, tx webhook.Tx) error { emitTest(tx, w, "x", 1); return nil })
	var claimed webhook.DueDelivery
	hook(t, s, func(ctx context.Context, tx webhook.Tx) error {
		due, err := dueNow(ctx, tx, e, at(1), 9, time.Hour)
		if len(due) == 1 {
			claimed = due[0]
		}
		return err
	})
	same(t, "its event", claimed.Event, connect.Event{
		WorkspaceID: w.workspace.ID, Number: 1, Type: "x", OwnerID: w.owner.ID, ChannelID: w.channel.ID, ChannelSeq: 1, Cause: connect.CauseSystem,
		Data: []byte(`{"n":1}`), At: at(1),
	})
	stored, err := s.Delivery(ctx, w.workspace.ID, claimed.ID)
	same(t, "claimed", stored, claimed.Delivery)
	same(t, "error", err, nil)

	done := claimed.Delivery
	done.State, done.Attempts, done.NextAt, done.Status, done.Error, done.UpdatedAt, done.EndedAt = webhook.DeliveryFailed, 2, time.Time{}, 500, "no", at(2), at(2)
	hook(t, s, func(ctx context.Context, tx webhook.Tx) error {
		wants(t, "claim with an old fence", tx.ClaimDelivery(ctx, claimed.Delivery, 0, time.Hour), fault.Conflict)
		wants(t, "save with an old fence", tx.SaveDelivery(ctx, done, 0), fault.Conflict)
		return tx.SaveDelivery(ctx, done, 1)
	})
	stored, _ = s.Delivery(ctx, w.workspace.ID, claimed.ID)
	same(t, "saved", stored, done)
	hook(t, s, func(ctx context.Context, tx webhook.Tx) error {
		n, err := tx.InFlight(ctx, e.ID)
		same(t, "in flight afterwards", n, 0)
		return err
	})
}

func testDeliveryAttempts(t *testing.T, s webhook.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	endpoint(t, s, w.newEndpoint("e"), "*")
	hook(t, s, func(_ context.Context, tx webhook.Tx) error { emitTest(tx, w, "x", 1); return nil })
	d := deliveries(t, s, w, webhook.DeliveryFilter{})[0]
	one := webhook.Attempt{DeliveryID: d.ID, Number: 1, At: at(1), Took: 120 * time.Millisecond, Status: 500, Error: "It answered 500.", Answer: "né"}
	two := webhook.Attempt{DeliveryID: d.ID, Number: 2, At: at(2)}
	d.Kind, d.Body = "kind", []byte(`{"a":1}`)
	hook(t, s, func(ctx context.Context, tx webhook.Tx) error {
		erased := one
		erased.Number = 3
		return errors.Join(tx.InsertDeliveryAttempt(ctx, w.workspace.ID, erased), tx.FreezeDelivery(ctx, d),
			tx.InsertDeliveryAttempt(ctx, w.workspace.ID, two), tx.InsertDeliveryAttempt(ctx, w.workspace.ID, one))
	})
	got, err := s.DeliveryAttempts(ctx, w.workspace.ID, d.ID)
	three := one
	three.Number, three.Answer = 3, "" // there was no body
	same(t, "attempts", got, []webhook.Attempt{one, two, three})
	same(t, "error", err, nil)
	stored, _ := s.Delivery(ctx, w.workspace.ID, d.ID)
	same(t, "frozen", stored, d)
	same(t, "listed without its body", deliveries(t, s, w, webhook.DeliveryFilter{})[0].Body == nil, true)
}

func testParking(t *testing.T, s webhook.Store) {
	w := newWorld(t, s, "a")
	second, _ := saveChannel(t, s, w.newChannel("page-2"))
	v := w
	v.channel = second
	e, other := endpoint(t, s, w.newEndpoint("e"), "*"), endpoint(t, s, w.newEndpoint("other"), "*")
	hook(t, s, func(_ context.Context, tx webhook.Tx) error {
		emitTest(tx, w, "x", 3)                                                        // 1, 2, 3
		emitTest(tx, v, "x", 1)                                                        // 4
		tx.Emit(connect.Event{WorkspaceID: w.workspace.ID, Type: "x", At: at(1)})      // 5
		tx.Emit(connect.Event{WorkspaceID: w.workspace.ID, Type: "x", At: at(1)})      // 6
		tx.Emit(connect.Event{WorkspaceID: w.workspace.ID, Type: "later", At: at(99)}) // 7
		return nil
	})
	end := func(d webhook.Delivery) {
		hook(t, s, func(ctx context.Context, tx webhook.Tx) error {
			if _, err := tx.LockEndpointByID(ctx, d.EndpointID); err != nil {
				return err
			}
			d.State, d.EndedAt = webhook.DeliveryDelivered, at(3)
			if err := tx.SaveDelivery(ctx, d, d.Fence); err != nil {
				return err
			}
			woken, err := tx.WakeDelivery(ctx, d.EndpointID, d.ChannelID, at(3))
			same(t, "woken", woken, true)
			return err
		})
	}
	take := func(e webhook.Endpoint, want ...int64) (taken []webhook.DueDelivery) {
		t.Helper()
		hook(t, s, func(ctx context.Context, tx webhook.Tx) (err error) {
			taken, err = dueNow(ctx, tx, e, at(5), 9, time.Hour)
			return err
		})
		same(t, "due", numbers(taken), want)
		return taken
	}
	first := take(e, 1, 4, 5, 6)
	take(e)
	take(other, 1, 4, 5, 6)
	end(first[0].Delivery)
	next := take(e, 2)
	take(other)
	hook(t, s, func(ctx context.Context, tx webhook.Tx) error { // one that is tried again later still keeps its place
		d := next[0].Delivery
		d.NextAt = at(60)
		if err := tx.SaveDelivery(ctx, d, d.Fence); err != nil {
			return err
		}
		woken, err := tx.WakeDelivery(ctx, e.ID, w.channel.ID, at(5))
		same(t, "woken while one is tried again", woken, false)
		return err
	})
	take(e)
	hook(t, s, func(ctx context.Context, tx webhook.Tx) error {
		due, err := dueNow(ctx, tx, e, at(60), 9, time.Hour)
		same(t, "an hour later", numbers(due), []int64{2})
		next = due
		return err
	})
	end(next[0].Delivery)
	take(e, 3)
}

func testDueEndpoints(t *testing.T, s webhook.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	due, held, off := endpoint(t, s, w.newEndpoint("due"), "x"), endpoint(t, s, w.newEndpoint("held"), "x"), endpoint(t, s, w.newEndpoint("off"), "x")
	endpoint(t, s, w.newEndpoint("has none"), "y")
	hook(t, s, func(_ context.Context, tx webhook.Tx) error { emitTest(tx, w, "x", 2); return nil })
	held.HeldUntil, off.State = at(9), webhook.StateDisabled
	hook(t, s, func(ctx context.Context, tx webhook.Tx) error {
		return errors.Join(tx.UpdateEndpoint(ctx, held), tx.UpdateEndpoint(ctx, off))
	})
	for minute, want := range map[int][]int64{0: nil, 1: {due.ID}, 8: {due.ID}, 9: {due.ID, held.ID}} {
		got, err := s.DueEndpoints(ctx, at(minute), 9)
		same(t, "error", err, nil)
		same(t, "due", got, want)
	}
	got, _ := s.DueEndpoints(ctx, at(9), 1)
	same(t, "at most one", got, []int64{due.ID})
	ended, err := s.EndedEndpoints(ctx, 9)
	same(t, "error", err, nil)
	same(t, "ended with pending ones", len(ended) == 1 && ended[0].ID == off.ID, true)
}

func testInFlight(t *testing.T, s webhook.Store) {
	w := newWorld(t, s, "a")
	e := endpoint(t, s, w.newEndpoint("e"), "*")
	hook(t, s, func(_ context.Context, tx webhook.Tx) error {
		for range 4 {
			tx.Emit(connect.Event{WorkspaceID: w.workspace.ID, Type: "x", At: at(1)})
		}
		return nil
	})
	hook(t, s, func(ctx context.Context, tx webhook.Tx) error {
		_, err := dueNow(ctx, tx, e, at(1), 2, time.Hour)
		if err != nil {
			return err
		}
		_, err = dueNow(ctx, tx, e, at(1), 1, 0) // its lease is over at once
		if err != nil {
			return err
		}
		n, err := tx.InFlight(ctx, e.ID)
		same(t, "in flight", n, 2)
		return err
	})
	left := func(what string, want ...int64) {
		hook(t, s, func(ctx context.Context, tx webhook.Tx) error {
			due, err := tx.DueDeliveries(ctx, e.ID, at(1), 9)
			same(t, what, numbers(due), want)
			return err
		})
	}
	left("due while two are held", 3, 4)
	hook(t, s, func(ctx context.Context, tx webhook.Tx) error { return tx.ReleaseDeliveries(ctx) })
	left("given back", 1, 2, 3, 4)
}

// testDeliveryClaimers has several claim and end deliveries about two channels: each is
// taken once, in order, and none is left behind, however parking meets waking.
func testDeliveryClaimers(t *testing.T, s webhook.Store) {
	const each, claimers = 40, 4
	ctx, w := t.Context(), newWorld(t, s, "a")
	second, _ := saveChannel(t, s, w.newChannel("page-2"))
	v := w
	v.channel = second
	e := endpoint(t, s, w.newEndpoint("e"), "*")
	var mu sync.Mutex
	taken := map[int64][]int64{}
	patience := time.Now().Add(time.Minute)
	errs := race(claimers+1, func(i int) error {
		if i == claimers {
			for range each / 2 {
				if err := s.InTx(ctx, func(tx connect.Tx) error { emitTest(tx, w, "x", 2); emitTest(tx, v, "x", 2); return nil }); err != nil {
					return err
				}
			}
			return nil
		}
		for {
			mu.Lock()
			done := len(taken[w.channel.ID]) + len(taken[v.channel.ID])
			mu.Unlock()
			if done == 2*each {
				return nil
			}
			if time.Now().After(patience) {
				return fmt.Errorf("only %d were taken: the rest waits for nobody", done)
			}
			if err := takeOne(ctx, s, e, func(d webhook.Delivery) {
				mu.Lock()
				defer mu.Unlock()
				taken[d.ChannelID] = append(taken[d.ChannelID], d.EventNumber)
			}); err != nil {
				return err
			}
		}
	})
	same(t, "errors", errors.Join(errs...), nil)
	for channel, numbers := range taken {
		if len(numbers) != each || !slices.IsSorted(numbers) {
			t.Errorf("channel %d: got %v, want each once, in order", channel, numbers)
		}
	}
}

// takeOne claims, and then ends what it claimed, in two transactions.
func takeOne(ctx context.Context, s webhook.Store, e webhook.Endpoint, done func(webhook.Delivery)) error {
	var due []webhook.DueDelivery
	err := s.InTx(ctx, func(tx connect.Tx) (err error) {
		due, err = dueNow(ctx, tx.(webhook.Tx), e, at(1), 1, time.Hour)
		return err
	})
	if err != nil || len(due) == 0 {
		return err
	}
	d := due[0].Delivery
	done(d)
	return s.InTx(ctx, func(c connect.Tx) error {
		tx := c.(webhook.Tx)
		if _, err := tx.LockEndpointByID(ctx, e.ID); err != nil {
			return err
		}
		d.State, d.EndedAt, d.NextAt = webhook.DeliveryDelivered, at(1), time.Time{}
		if err := tx.SaveDelivery(ctx, d, d.Fence); err != nil {
			return err
		}
		_, err := tx.WakeDelivery(ctx, e.ID, d.ChannelID, at(1))
		return err
	})
}

func testDropPending(t *testing.T, s webhook.Store) {
	w := newWorld(t, s, "a")
	e, other := endpoint(t, s, w.newEndpoint("e"), "*"), endpoint(t, s, w.newEndpoint("other"), "*")
	hook(t, s, func(_ context.Context, tx webhook.Tx) error {
		for range 4 {
			tx.Emit(connect.Event{WorkspaceID: w.workspace.ID, Type: "x", At: at(1)})
		}
		return nil
	})
	for round, want := range []int{2, 1, 0} {
		hook(t, s, func(ctx context.Context, tx webhook.Tx) error {
			if round == 0 {
				if _, err := dueNow(ctx, tx, e, at(1), 1, time.Hour); err != nil {
					return err
				}
			}
			n, err := tx.DropPending(ctx, w.workspace.ID, e.ID, at(5), 2)
			same(t, "dropped", n, want)
			return err
		})
	}
	same(t, "held", len(deliveries(t, s, w, webhook.DeliveryFilter{EndpointID: e.ID, State: webhook.DeliveryPending})), 1)
	same(t, "the other endpoint's", len(deliveries(t, s, w, webhook.DeliveryFilter{EndpointID: other.ID, State: webhook.DeliveryPending})), 4)
	dropped := deliveries(t, s, w, webhook.DeliveryFilter{State: webhook.DeliveryDropped})
	same(t, "dropped ones", len(dropped) == 3 && dropped[0].EndedAt.Equal(at(5)) && dropped[0].NextAt.IsZero() && dropped[0].Fence == 1, true)
}

func testDropDeliveries(t *testing.T, s webhook.Store) {
	w := newWorld(t, s, "a")
	endpoint(t, s, w.newEndpoint("e"), "*")
	hook(t, s, func(_ context.Context, tx webhook.Tx) error { emitTest(tx, w, "x", 5); return nil })
	all := deliveries(t, s, w, webhook.DeliveryFilter{})
	hook(t, s, func(ctx context.Context, tx webhook.Tx) error {
		for i, d := range all[:4] {
			d.State, d.EndedAt = webhook.DeliveryDelivered, at(10+i)
			err := errors.Join(tx.SaveDelivery(ctx, d, 0), tx.InsertDeliveryAttempt(ctx, w.workspace.ID, webhook.Attempt{DeliveryID: d.ID, Number: 1, At: t0}))
			if err != nil {
				return err
			}
		}
		return nil
	})
	for _, want := range []int{2, 1, 0} { // of those that ended at 10, 11 and 12
		hook(t, s, func(ctx context.Context, tx webhook.Tx) error {
			n, err := tx.DropDeliveries(ctx, at(13), 2)
			same(t, "dropped", n, want)
			return err
		})
	}
	left := deliveries(t, s, w, webhook.DeliveryFilter{})
	same(t, "left", len(left) == 2 && left[0].ID == all[3].ID && left[1].ID == all[4].ID, true)
	for i, want := range []int{0, 0, 0, 1} {
		attempts, err := s.DeliveryAttempts(t.Context(), w.workspace.ID, all[i].ID)
		same(t, "error", err, nil)
		same(t, "attempts", len(attempts), want)
	}
}

func testRebase(t *testing.T, s webhook.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	e := endpoint(t, s, w.newEndpoint("e"), "*")
	hook(t, s, func(_ context.Context, tx webhook.Tx) error { emitTest(tx, w, "x", 4); return nil })
	all := deliveries(t, s, w, webhook.DeliveryFilter{})
	all[0].NextAt, all[0].UpdatedAt = at(130), at(120)                                                                    // was to wait ten minutes
	all[1].NextAt, all[1].UpdatedAt = at(130), at(10)                                                                     // was scheduled by this clock
	all[2].NextAt, all[2].UpdatedAt = time.Time{}, at(120)                                                                // is parked
	all[3].State, all[3].NextAt, all[3].UpdatedAt, all[3].EndedAt = webhook.DeliveryFailed, time.Time{}, at(120), at(120) // is over
	e.HeldUntil = at(121)
	hook(t, s, func(ctx context.Context, tx webhook.Tx) error {
		for _, d := range all {
			if err := tx.SaveDelivery(ctx, d, 0); err != nil {
				return err
			}
		}
		return tx.UpdateEndpoint(ctx, e)
	})
	hook(t, s, func(ctx context.Context, tx webhook.Tx) error {
		n, err := tx.RebaseDeliveries(ctx, at(60), time.Hour)
		same(t, "rebased", n, 1)
		return err
	})
	all[0].NextAt, all[0].UpdatedAt = at(70), at(60)
	same(t, "afterwards", deliveries(t, s, w, webhook.DeliveryFilter{}), all)
	held, err := s.Endpoint(ctx, w.workspace.ID, e.ID)
	same(t, "held for longer than anybody may ask", held.HeldUntil, time.Time{})
	same(t, "error", err, nil)
}

// testRebaseWoken sets the clock back after a delivery was woken by the later time.
func testRebaseWoken(t *testing.T, s webhook.Store) {
	w := newWorld(t, s, "a")
	e := endpoint(t, s, w.newEndpoint("e"), "*")
	hook(t, s, func(_ context.Context, tx webhook.Tx) error { emitTest(tx, w, "x", 2); return nil })
	hook(t, s, func(ctx context.Context, tx webhook.Tx) error {
		due, err := dueNow(ctx, tx, e, at(1), 9, time.Hour) // the second is parked
		if err != nil {
			return err
		}
		d := due[0].Delivery
		d.State, d.NextAt, d.UpdatedAt, d.EndedAt = webhook.DeliveryDelivered, time.Time{}, at(120), at(120)
		return tx.SaveDelivery(ctx, d, d.Fence)
	})
	hook(t, s, func(ctx context.Context, tx webhook.Tx) error {
		_, err := tx.WakeDelivery(ctx, e.ID, w.channel.ID, at(120))
		return err
	})
	hook(t, s, func(ctx context.Context, tx webhook.Tx) error {
		n, err := tx.RebaseDeliveries(ctx, at(60), time.Hour)
		same(t, "rebased", n, 1)
		return err
	})
	woken := deliveries(t, s, w, webhook.DeliveryFilter{})[0]
	same(t, "due", woken.NextAt, at(60))
	same(t, "changed", woken.UpdatedAt, at(60))
}
