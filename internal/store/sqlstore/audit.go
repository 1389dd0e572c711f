package sqlstore

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"patchbay/internal/connect"
)

const (
	auditColumns = `workspace_id, number, at, actor, key_id, from_address, action, owner_id, channel_id, data, hash`
	headColumns  = `id, workspace_id, number, hash, since, mac, sealed`
)

func scanAudit(r row) (e connect.AuditEntry, err error) {
	var data string
	err = r.Scan(&e.WorkspaceID, &e.Number, timeColumn{&e.At}, &e.Actor, refColumn{&e.KeyID}, &e.From, &e.Action,
		refColumn{&e.OwnerID}, refColumn{&e.ChannelID}, &data, &e.Hash)
	e.Data = []byte(data)
	return e, err
}

func scanHead(r row) (h connect.AuditHead, err error) {
	err = r.Scan(&h.ID, &h.WorkspaceID, &h.Number, &h.Hash, &h.Since, &h.Mac, &h.Sealed)
	return h, err
}

func (s reader) AuditLog(ctx context.Context, workspaceID, after int64, limit int) ([]connect.AuditEntry, error) {
	entries, err := many(ctx, s.run, scanAudit, `
		SELECT `+auditColumns+` FROM audit WHERE workspace_id = $1 AND number > $2 ORDER BY number LIMIT `+fmt.Sprintf(limitParam, 3),
		workspaceID, after, max(limit, 0))
	if err != nil {
		return nil, fmt.Errorf("audit log of workspace %d: %w", workspaceID, err)
	}
	return entries, nil
}

func (s reader) AuditHead(ctx context.Context, workspaceID int64) (connect.AuditHead, error) {
	return one(ctx, s.run, "audit head", scanHead, `
		SELECT `+headColumns+` FROM audit_heads WHERE workspace_id = $1`, workspaceID)
}

// UnchainedWorkspaces crosses workspaces: it is for the program as it starts.
func (s reader) UnchainedWorkspaces(ctx context.Context, after int64, limit int) ([]int64, error) {
	ids, err := many(ctx, s.run, scanID, `
		SELECT w.id FROM workspaces w LEFT JOIN audit_heads h ON h.workspace_id = w.id
		WHERE w.id > $1 AND (h.id IS NULL OR h.since = 0)
		ORDER BY w.id LIMIT `+fmt.Sprintf(limitParam, 2), after, max(limit, 0))
	if err != nil {
		return nil, fmt.Errorf("workspaces whose audit log has no chain: %w", err)
	}
	return ids, nil
}

// record is an entry that waits for the end of the transaction, and what chains it.
type record struct {
	entry connect.AuditEntry
	link  connect.AuditLink
}

// Record keeps the entry for the end of the transaction, as it will be read again: what
// is chained must be what is stored.
func (t *tx) Record(e connect.AuditEntry, link connect.AuditLink) {
	e.At = time.UnixMilli(e.At.UnixMilli()).UTC()
	e.Data = []byte(cmp.Or(string(e.Data), "{}"))
	t.records = append(t.records, record{e, link})
}

// writeRecords chains and writes what was recorded. A workspace's head stays locked until
// the commit, so that the order of numbers is the order of commits; the heads are taken in
// one order, so that two transactions cannot wait for each other.
func (t *tx) writeRecords(ctx context.Context) error {
	byWorkspace := func(a, b record) int { return cmp.Compare(a.entry.WorkspaceID, b.entry.WorkspaceID) }
	slices.SortStableFunc(t.records, byWorkspace)
	for rest := t.records; len(rest) > 0; {
		n := 1
		for n < len(rest) && byWorkspace(rest[0], rest[n]) == 0 {
			n++
		}
		if err := t.chain(ctx, rest[:n]); err != nil {
			return fmt.Errorf("audit log of workspace %d: %w", rest[0].entry.WorkspaceID, err)
		}
		rest = rest[n:]
	}
	return nil
}

// chain writes the records, which are one workspace's, behind its head.
func (t *tx) chain(ctx context.Context, records []record) error {
	head, err := t.lockHead(ctx, records[0].entry.WorkspaceID)
	if err != nil {
		return err
	}
	var entries []connect.AuditEntry
	err = protect(func() (err error) { // a link is the caller's, as is a transaction's function
		head, entries, err = linkAll(head, records)
		return err
	})
	if err != nil {
		return err
	}
	for chunk := range slices.Chunk(entries, 50) { // engines bound the parameters of a statement
		if err := t.insertAudit(ctx, chunk); err != nil {
			return err
		}
	}
	return change(ctx, t.run, "audit head", `
		UPDATE audit_heads SET number = $3, hash = $4, since = $5, mac = $6, sealed = $7 WHERE workspace_id = $1 AND id = $2`,
		head.WorkspaceID, head.ID, head.Number, head.Hash, head.Since, head.Mac, head.Sealed)
}

// lockHead makes the head where there is none, behind the entries that are there: a log
// that somebody took the head from goes on.
func (t *tx) lockHead(ctx context.Context, workspaceID int64) (connect.AuditHead, error) {
	lock := `SELECT ` + headColumns + ` FROM audit_heads WHERE workspace_id = $1` + t.dialect.lockRow
	head, found, err := maybe(ctx, t.run, scanHead, lock, workspaceID)
	if err != nil || found {
		return head, err
	}
	_, err = t.run.exec(ctx, `
		INSERT INTO audit_heads (workspace_id, number, since)
		VALUES ($1, COALESCE((SELECT max(number) FROM audit WHERE workspace_id = $1), 0), 0)
		ON CONFLICT (workspace_id) DO NOTHING`, workspaceID)
	if err != nil {
		return head, err
	}
	return one(ctx, t.run, "audit head", scanHead, lock, workspaceID)
}

// linkAll numbers and chains the records, and answers the head after them.
func linkAll(head connect.AuditHead, records []record) (connect.AuditHead, []connect.AuditEntry, error) {
	entries := make([]connect.AuditEntry, len(records))
	for i, r := range records {
		e, want := r.entry, head
		want.Number++
		e.Number = want.Number
		after, linked, err := r.link(head, e)
		if err != nil {
			return head, nil, fmt.Errorf("chain entry %d: %w", e.Number, err)
		}
		if after.ID != want.ID || after.WorkspaceID != want.WorkspaceID || after.Number != want.Number || linked.Number != want.Number {
			return head, nil, fmt.Errorf("chain entry %d: it was linked as entry %d, with a head at %d", want.Number, linked.Number, after.Number)
		}
		head, entries[i] = after, linked
	}
	return head, entries, nil
}

func (t *tx) insertAudit(ctx context.Context, entries []connect.AuditEntry) error {
	var rows []string
	var args []any
	for _, e := range entries {
		values := []any{
			e.WorkspaceID, e.Number, millis(e.At), e.Actor, ref(e.KeyID), e.From, e.Action, ref(e.OwnerID), ref(e.ChannelID),
			string(e.Data), e.Hash,
		}
		rows = append(rows, "("+placeholders(len(args)+1, len(values))+")")
		args = append(args, values...)
	}
	_, err := t.run.exec(ctx, `INSERT INTO audit (`+auditColumns+`) VALUES `+strings.Join(rows, ", "), args...)
	return err
}
