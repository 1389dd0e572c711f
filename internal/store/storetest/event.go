package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
)

func testEvents(t *testing.T, s connect.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	b := newWorld(t, s, "b")
	full := connect.Event{
		WorkspaceID: w.workspace.ID, Type: connect.EventChannelConnected, OwnerID: w.owner.ID, SessionID: w.session.ID,
		ChannelID: w.channel.ID, Cause: connect.CauseCustomer, Data: []byte(`{"name":"Süß"}`), At: at(1),
	}
	bare := connect.Event{WorkspaceID: w.workspace.ID, Type: connect.EventSessionExpired, Cause: connect.CauseSystem, At: at(2)}
	elsewhere := bare
	elsewhere.WorkspaceID = b.workspace.ID
	write(t, s, func(_ context.Context, tx connect.Tx) error {
		for _, e := range []connect.Event{full, elsewhere, bare, full} {
			tx.Emit(e)
		}
		return nil
	})
	write(t, s, func(_ context.Context, tx connect.Tx) error { tx.Emit(full); return nil })

	full.Number, full.ChannelSeq = 1, 1
	bare.Number, bare.Data = 2, []byte("{}")
	third, fourth := full, full
	third.Number, third.ChannelSeq = 3, 2
	fourth.Number, fourth.ChannelSeq = 4, 3
	got, err := s.Events(ctx, w.workspace.ID, 0, 9)
	same(t, "all", got, []connect.Event{full, bare, third, fourth})
	same(t, "error", err, nil)
	got, err = s.Events(ctx, w.workspace.ID, 1, 2)
	same(t, "page", got, []connect.Event{bare, third})
	same(t, "error", err, nil)
	got, err = s.Events(ctx, w.workspace.ID, 4, 9)
	same(t, "after the last", len(got), 0)
	same(t, "error", err, nil)
	elsewhere.Number, elsewhere.Data = 1, []byte("{}")
	got, err = s.Events(ctx, b.workspace.ID, 0, 9)
	same(t, "the other workspace's", got, []connect.Event{elsewhere})
	same(t, "error", err, nil)

	err = s.InTx(ctx, func(tx connect.Tx) error {
		tx.Emit(connect.Event{WorkspaceID: w.workspace.ID, ChannelID: w.channel.ID + 99, At: t0})
		return nil
	})
	wants(t, "of an absent channel", err, fault.NotFound)
}

// mark tells which writer's how-manieth event it is.
type mark struct{ Writer, N int }

// testEventReader has eight writers, some of whose transactions fail, and a reader
// that pages by cursor meanwhile, as an application pulls.
func testEventReader(t *testing.T, s connect.Store) {
	const writers, rounds, perRound = 8, 20, 3
	ctx, w := t.Context(), newWorld(t, s, "a")
	done := make(chan []error, 1)
	go func() {
		done <- race(writers, func(writer int) error {
			n := 0
			for range rounds {
				if err := emit(ctx, s, w, mark{writer, n}, perRound); err != nil {
					return err
				}
				n += perRound
			}
			return nil
		})
	}()
	seen := map[int]int{}
	var cursor int64
	for writing := true; ; {
		if writing {
			select {
			case errs := <-done:
				same(t, "writers", errors.Join(errs...), nil)
				writing = false
			default:
			}
		}
		page, err := s.Events(ctx, w.workspace.ID, cursor, 7)
		if err != nil {
			t.Fatalf("page after %d: %v", cursor, err)
		}
		for _, e := range page {
			if e.Number != cursor+1 {
				t.Fatalf("number: got %d after %d, want no gap", e.Number, cursor)
			}
			cursor = e.Number
			var m mark
			if err := json.Unmarshal(e.Data, &m); err != nil {
				t.Fatal(err)
			}
			if m.N != seen[m.Writer] {
				t.Fatalf("writer %d: got event %d, want %d", m.Writer, m.N, seen[m.Writer])
			}
			seen[m.Writer]++
		}
		if len(page) == 0 && !writing {
			break
		}
	}
	same(t, "events seen", cursor, int64(writers*rounds*perRound))
}

// emit writes n events in one transaction, after one that fails.
func emit(ctx context.Context, s connect.Store, w world, first mark, n int) error {
	oops := errors.New("oops")
	for _, outcome := range []error{oops, nil} {
		err := s.InTx(ctx, func(tx connect.Tx) error {
			for i := range n {
				data, _ := json.Marshal(mark{first.Writer, first.N + i})
				tx.Emit(connect.Event{WorkspaceID: w.workspace.ID, Type: "test", ChannelID: w.channel.ID, Cause: connect.CauseSystem, Data: data, At: t0})
			}
			return outcome
		})
		if !errors.Is(err, outcome) {
			return fmt.Errorf("got %w, want %w", err, outcome)
		}
	}
	return nil
}

func testChannelSequence(t *testing.T, s connect.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	other, _ := saveChannel(t, s, w.newChannel("page-2"))
	errs := race(8, func(i int) error {
		return s.InTx(ctx, func(tx connect.Tx) error {
			ids := []int64{w.channel.ID, other.ID, other.ID}
			if i%2 == 1 { // the other way round: the order of locks must not depend on it
				ids = []int64{other.ID, other.ID, w.channel.ID}
			}
			for _, id := range ids {
				tx.Emit(connect.Event{WorkspaceID: w.workspace.ID, Type: "test", ChannelID: id, Cause: connect.CauseSystem, At: t0})
			}
			return nil
		})
	})
	same(t, "errors", errors.Join(errs...), nil)
	events, err := s.Events(ctx, w.workspace.ID, 0, 100)
	same(t, "error", err, nil)
	last := map[int64]int64{}
	for _, e := range events {
		last[e.ChannelID]++
		same(t, "sequence", e.ChannelSeq, last[e.ChannelID])
	}
	same(t, "last", last, map[int64]int64{w.channel.ID: 8, other.ID: 16})
}

// What comes after a jump has numbers, in the workspace and for the channel, that a copy of
// the database which went on without one does not reach.
func testJumpEvents(t *testing.T, s connect.Store) {
	ctx := t.Context()
	a, b, silent := newWorld(t, s, "a"), newWorld(t, s, "b"), newWorld(t, s, "silent")
	worlds := []world{a, b, silent}
	tell := func(w world, n int) {
		write(t, s, func(_ context.Context, tx connect.Tx) error { emitTest(tx, w, "x", n); return nil })
	}
	tell(a, 3)
	tell(b, 1)
	for range 2 { // a copy of a copy
		write(t, s, func(ctx context.Context, tx connect.Tx) error { return tx.JumpEvents(ctx) })
	}
	for _, w := range worlds {
		tell(w, 2)
	}
	for i, before := range []int{3, 1, 0} {
		events, err := s.Events(ctx, worlds[i].workspace.ID, 0, 99)
		same(t, "error", err, nil)
		if len(events) != before+2 {
			t.Fatalf("workspace %d: got %d events, want %d", i, len(events), before+2)
		}
		for j, e := range events[:before] {
			same(t, "number before", []int64{e.Number, e.ChannelSeq}, []int64{int64(j) + 1, int64(j) + 1})
		}
		first, second := events[before], events[before+1]
		if most := int64(2_000_000 + before); first.Number <= most || first.ChannelSeq <= most {
			t.Errorf("workspace %d: got number %d and sequence %d, want both above %d", i, first.Number, first.ChannelSeq, most)
		}
		same(t, "the next", []int64{second.Number, second.ChannelSeq}, []int64{first.Number + 1, first.ChannelSeq + 1})
	}
}
