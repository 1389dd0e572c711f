package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
)

// link chains an entry with a plain hash over all of it.
func link(h connect.AuditHead, e connect.AuditEntry) (connect.AuditHead, connect.AuditEntry, error) {
	if h.Sealed == nil {
		h.Sealed, h.Since = fmt.Appendf(nil, "key of head %d", h.ID), e.Number
	}
	e.Hash = chained(h.Hash, e)
	h.Number, h.Hash, h.Mac = e.Number, e.Hash, hash(fmt.Sprint("mac ", e.Number))
	return h, e, nil
}

func chained(before []byte, e connect.AuditEntry) []byte {
	e.Hash = nil
	return hash(fmt.Sprintf("%x %+v", before, e))
}

func entry(w world, action string) connect.AuditEntry {
	return connect.AuditEntry{WorkspaceID: w.workspace.ID, At: t0, Actor: connect.ActorKey, KeyID: w.key.ID, From: "192.0.2.1", Action: action}
}

// checkChain reads the whole log: it has no gaps, every hash follows from what is stored,
// and the head is the last entry's.
func checkChain(t *testing.T, s connect.Store, w world) (all []connect.AuditEntry) {
	t.Helper()
	all, err := s.AuditLog(t.Context(), w.workspace.ID, 0, 1000)
	same(t, "error", err, nil)
	var before []byte
	for i, e := range all {
		same(t, "number", e.Number, int64(i+1))
		same(t, "hash", e.Hash, chained(before, e))
		before = e.Hash
	}
	head, err := s.AuditHead(t.Context(), w.workspace.ID)
	same(t, "error", err, nil)
	same(t, "head", head, connect.AuditHead{
		ID: head.ID, WorkspaceID: w.workspace.ID, Number: int64(len(all)), Hash: before, Since: 1,
		Mac: hash(fmt.Sprint("mac ", len(all))), Sealed: fmt.Appendf(nil, "key of head %d", head.ID),
	})
	return all
}

func testAudit(t *testing.T, s connect.Store) {
	ctx, w, other := t.Context(), newWorld(t, s, "a"), newWorld(t, s, "b")
	_, err := s.AuditHead(ctx, w.workspace.ID)
	wants(t, "head before the first entry", err, fault.NotFound)
	want := []connect.AuditEntry{entry(w, connect.AuditTokenLeased), entry(w, "program.started"), entry(w, "gone")}
	want[0].OwnerID, want[0].ChannelID, want[0].Data = w.owner.ID, w.channel.ID, []byte(`{"version":7,"é":"ü"}`)
	want[0].At = at(9).Add(999 * time.Microsecond).In(time.FixedZone("", 3600)) // finer and elsewhere than it is stored
	want[1].Actor, want[1].KeyID, want[1].From = connect.ActorSystem, 0, ""
	want[2].ChannelID = w.channel.ID + 99
	for i, e := range want { // each in a transaction that does nothing else
		write(t, s, func(_ context.Context, tx connect.Tx) error {
			tx.Record(e, link)
			tx.Record(entry(other, "foreign"), link)
			return nil
		})
		want[i].Number = int64(i + 1)
	}
	want[0].At, want[1].Data, want[2].Data = at(9), []byte("{}"), []byte("{}")
	all := checkChain(t, s, w)
	for i := range want {
		want[i].Hash = all[i].Hash
	}
	same(t, "read", all, want)
	list := func(after int64, limit int) []connect.AuditEntry {
		page, err := s.AuditLog(ctx, w.workspace.ID, after, limit)
		same(t, "error", err, nil)
		return page
	}
	same(t, "the first two", list(0, 2), all[:2])
	same(t, "the next", list(2, 2), all[2:])
	same(t, "after the last", list(3, 9), []connect.AuditEntry(nil))
	same(t, "limit 0", list(0, 0), []connect.AuditEntry(nil))
	err = s.InTx(ctx, func(tx connect.Tx) error {
		tx.Record(connect.AuditEntry{WorkspaceID: 1 << 40, At: t0, Action: "nobody's"}, link)
		return nil
	})
	wants(t, "of no workspace", err, fault.NotFound)
}

// testAuditWriters lets transactions that write entries of two workspaces meet, some of
// them with events. They wait for each other in one order, so that none is run again.
func testAuditWriters(t *testing.T, s connect.Store) {
	a, b := newWorld(t, s, "a"), newWorld(t, s, "b")
	var runs atomic.Int64
	errs := race(8, func(i int) error {
		for j := range 3 {
			err := s.InTx(t.Context(), func(tx connect.Tx) error {
				runs.Add(1)
				first, second := a, b
				if i%2 == 1 {
					first, second = b, a
				}
				for k, w := range []world{first, second, first} {
					tx.Record(entry(w, fmt.Sprint(i, " ", j, " ", k)), link)
					if j == 0 { // the others do not wait for each other at the channels
						tx.Emit(connect.Event{WorkspaceID: w.workspace.ID, Type: "test", ChannelID: w.channel.ID, Cause: connect.CauseSystem, At: t0})
					}
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	same(t, "errors", errors.Join(errs...), nil)
	same(t, "runs", runs.Load(), int64(24))
	same(t, "entries", len(checkChain(t, s, a))+len(checkChain(t, s, b)), 72)
	// More than one statement takes stay in the order in which they were recorded.
	write(t, s, func(_ context.Context, tx connect.Tx) error {
		for i := range 120 {
			tx.Record(entry(a, fmt.Sprint(i)), link)
		}
		return nil
	})
	all := checkChain(t, s, a)
	for i := range 120 {
		same(t, "action", all[len(all)-120+i].Action, fmt.Sprint(i))
	}
}

func testAuditLinkFails(t *testing.T, s connect.Store) {
	ctx, a, b := t.Context(), newWorld(t, s, "a"), newWorld(t, s, "b")
	oops := errors.New("oops")
	for what, broken := range map[string]connect.AuditLink{
		"an error": func(h connect.AuditHead, e connect.AuditEntry) (connect.AuditHead, connect.AuditEntry, error) {
			return h, e, oops
		},
		"a panic": func(connect.AuditHead, connect.AuditEntry) (connect.AuditHead, connect.AuditEntry, error) {
			panic(oops)
		},
		"a head that stays": func(h connect.AuditHead, e connect.AuditEntry) (connect.AuditHead, connect.AuditEntry, error) {
			return h, e, nil
		},
		"another number": func(h connect.AuditHead, e connect.AuditEntry) (connect.AuditHead, connect.AuditEntry, error) {
			h, e, _ = link(h, e)
			e.Number++
			return h, e, nil
		},
	} {
		err := s.InTx(ctx, func(tx connect.Tx) error {
			tx.Record(entry(a, "good"), link)
			tx.Record(entry(b, "good"), link)
			tx.Record(entry(b, "bad"), broken)
			tx.Emit(connect.Event{WorkspaceID: a.workspace.ID, Type: "test", Cause: connect.CauseSystem, At: t0})
			return ensure(ctx, tx, a, "gone")
		})
		if err == nil || what == "an error" && !errors.Is(err, oops) {
			t.Errorf("%s: got %v, want the transaction to fail", what, err)
		}
		there(t, s, a, "gone", false)
		for _, w := range []world{a, b} {
			_, err := s.AuditHead(ctx, w.workspace.ID)
			wants(t, what+": head", err, fault.NotFound)
			entries, err := s.AuditLog(ctx, w.workspace.ID, 0, 9)
			same(t, what+": entries", len(entries), 0)
			same(t, "error", err, nil)
		}
		events, err := s.Events(ctx, a.workspace.ID, 0, 9)
		same(t, what+": events", len(events), 0)
		same(t, "error", err, nil)
	}
	write(t, s, func(_ context.Context, tx connect.Tx) error { tx.Record(entry(b, "good"), link); return nil })
	same(t, "entries afterwards", len(checkChain(t, s, b)), 1)
}

// testAuditRerun lets two transactions wait for each other, so that one of them is run
// again from its start. SQLite has one writer, who is alone.
func testAuditRerun(t *testing.T, s connect.Store) {
	if oneWriter(s) {
		return
	}
	w := newWorld(t, s, "a")
	owners := []connect.Owner{w.owner, w.newOwner(t, s, "other")}
	runs := make(chan int, 9)
	met := [2]chan struct{}{make(chan struct{}, 9), make(chan struct{}, 9)}
	errs := race(2, func(i int) error {
		again := false
		return s.InTx(t.Context(), func(tx connect.Tx) error {
			runs <- i
			tx.Record(entry(w, fmt.Sprint(i)), link)
			if _, err := tx.LockOwner(t.Context(), w.workspace.ID, owners[i].ID); err != nil {
				return err
			}
			if met[i] <- struct{}{}; !again {
				<-met[1-i]
			}
			again = true
			_, err := tx.LockOwner(t.Context(), w.workspace.ID, owners[1-i].ID)
			return err
		})
	})
	same(t, "errors", errors.Join(errs...), nil)
	if len(runs) < 3 {
		t.Errorf("runs: got %d, want one of the two run again", len(runs))
	}
	same(t, "entries", len(checkChain(t, s, w)), 2)
}

// testUnchained: workspaces whose log has no head, or one of before there were chains.
func testUnchained(t *testing.T, s connect.Store) {
	begun, without, before := newWorld(t, s, "begun"), newWorld(t, s, "without"), newWorld(t, s, "before")
	last, err := s.LastWorkspaceID(t.Context())
	same(t, "the last workspace", last, before.workspace.ID)
	same(t, "error", err, nil)
	unchained := func(h connect.AuditHead, e connect.AuditEntry) (connect.AuditHead, connect.AuditEntry, error) {
		h.Number++
		return h, e, nil
	}
	write(t, s, func(_ context.Context, tx connect.Tx) error {
		tx.Record(entry(begun, "a"), link)
		tx.Record(entry(before, "b"), unchained)
		return nil
	})
	for _, c := range []struct {
		after int64
		limit int
		want  []int64
	}{
		{0, 9, []int64{without.workspace.ID, before.workspace.ID}},
		{0, 1, []int64{without.workspace.ID}},
		{without.workspace.ID, 9, []int64{before.workspace.ID}},
		{before.workspace.ID, 9, nil},
		{0, 0, nil},
	} {
		got, err := s.UnchainedWorkspaces(t.Context(), c.after, c.limit)
		same(t, "error", err, nil)
		same(t, fmt.Sprintf("after %d, at most %d", c.after, c.limit), got, c.want)
	}
}
