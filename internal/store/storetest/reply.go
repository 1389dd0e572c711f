package storetest

import (
	"context"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
)

func testReplies(t *testing.T, s connect.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	read := func() (got connect.Reply, err error) {
		err = s.InTx(ctx, func(tx connect.Tx) (err error) {
			got, err = tx.Reply(ctx, w.workspace.ID, w.reply.Route, w.reply.KeyHash)
			return err
		})
		return got, err
	}
	write(t, s, func(ctx context.Context, tx connect.Tx) error {
		return tx.SealReply(ctx, w.workspace.ID, w.reply.ID, w.owner.ID, []byte("sealed"))
	})
	want := w.reply
	want.Sealed, want.OwnerID = []byte("sealed"), w.owner.ID
	got, err := read()
	same(t, "read", got, want)
	same(t, "error", err, nil)

	write(t, s, func(ctx context.Context, tx connect.Tx) error {
		bound := w.newReply("bound")
		bound.OwnerID, bound.ExpiresAt = w.owner.ID, at(99)
		made, err := tx.InsertReply(ctx, bound)
		same(t, "of an owner's key", made.OwnerID, w.owner.ID)
		return err
	})

	errs := race(4, func(int) error {
		return s.InTx(ctx, func(tx connect.Tx) error { _, err := tx.InsertReply(ctx, w.newReply("raced")); return err })
	})
	oneWins(t, errs, fault.Conflict)
	write(t, s, func(ctx context.Context, tx connect.Tx) error {
		other := w.newReply("key")
		other.Route = "POST /v1/owners" // another route is another place
		_, err := tx.InsertReply(ctx, other)
		return err
	})

	drop := func(at time.Time, limit int) (n int64) {
		write(t, s, func(ctx context.Context, tx connect.Tx) (err error) {
			n, err = tx.DropReplies(ctx, at, limit)
			return err
		})
		return n
	}
	same(t, "dropped before their time", drop(at(59), 9), int64(0))
	same(t, "dropped at most two", drop(at(60), 2), int64(2))
	same(t, "dropped the rest", drop(at(60), 9), int64(1))
	_, err = read()
	wants(t, "dropped", err, fault.NotFound)
}
