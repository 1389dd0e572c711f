package storetest

import (
	"context"
	"fmt"
	"testing"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
)

func testAudit(t *testing.T, s connect.Store) {
	ctx, w, other := t.Context(), newWorld(t, s, "a"), newWorld(t, s, "b")
	insert := func(e connect.AuditEntry) (made connect.AuditEntry) {
		write(t, s, func(ctx context.Context, tx connect.Tx) (err error) {
			made, err = tx.InsertAudit(ctx, e)
			return err
		})
		return made
	}
	var all []connect.AuditEntry
	for i := range 5 {
		e := connect.AuditEntry{
			WorkspaceID: w.workspace.ID, At: at(5 - i), KeyID: w.key.ID, Action: connect.AuditTokenLeased,
			OwnerID: w.owner.ID, ChannelID: w.channel.ID, Data: fmt.Appendf(nil, `{"version":%d}`, i),
		}
		if i == 2 { // the program itself, about nothing in particular
			e = connect.AuditEntry{WorkspaceID: w.workspace.ID, At: at(9), Action: "program.started", Data: []byte("{}")}
		}
		made := insert(e)
		e.ID = made.ID
		same(t, "made", made, e)
		all = append(all, made)
		insert(connect.AuditEntry{WorkspaceID: other.workspace.ID, At: t0, Action: "foreign"})
	}
	bare := insert(connect.AuditEntry{WorkspaceID: w.workspace.ID, At: t0, Action: "gone", ChannelID: w.channel.ID + 99})
	same(t, "without data", string(bare.Data), "{}")
	all = append(all, bare)

	list := func(after int64, limit int) []connect.AuditEntry {
		page, err := s.AuditLog(ctx, w.workspace.ID, after, limit)
		same(t, "error", err, nil)
		return page
	}
	same(t, "all", list(0, 99), all)
	same(t, "the first two", list(0, 2), all[:2])
	same(t, "the next two", list(all[1].ID, 2), all[2:4])
	same(t, "after the last", list(bare.ID, 9), []connect.AuditEntry(nil))
	same(t, "limit 0", list(0, 0), []connect.AuditEntry(nil))
	err := s.InTx(ctx, func(tx connect.Tx) error {
		_, err := tx.InsertAudit(ctx, connect.AuditEntry{WorkspaceID: 1 << 40, At: t0, Action: "nobody's"})
		return err
	})
	wants(t, "of no workspace", err, fault.NotFound)
}
