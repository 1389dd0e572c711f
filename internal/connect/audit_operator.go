package connect

import (
	"context"
	"errors"
	"fmt"
	"time"

	"patchbay/internal/fault"
)

// operatorKey is the name of the keys that Bootstrap and BootstrapKey make.
const operatorKey = "operator"

// recordOperator is Record for what somebody does on the server's command line.
func (s *Service) recordOperator(tx Tx, workspaceID int64, e AuditEntry) {
	e.Actor = ActorOperator
	s.recordIn(tx, workspaceID, e)
}

// RecordOperation writes what the operator did to the whole database into the audit log of
// each workspace that has one: a workspace that nobody has used since it was made has none
// yet. data are names and values. It goes on where one log cannot be written, and tells at
// the end: ErrAuditKey with another database's keys.
func (s *Service) RecordOperation(ctx context.Context, action string, data ...string) error {
	const batch = 50
	var failed error
	for after, more := int64(0), true; more && ctx.Err() == nil; {
		workspaces, err := s.store.Workspaces(ctx, after, batch)
		if err != nil {
			return fmt.Errorf("audit logs: %w", err)
		}
		if more = len(workspaces) == batch; len(workspaces) > 0 {
			after = workspaces[len(workspaces)-1].ID
		}
		err = s.store.InTx(ctx, func(tx Tx) error { return s.recordInAll(ctx, tx, workspaces, action, data) })
		failed = errors.Join(failed, err)
	}
	return errors.Join(failed, ctx.Err())
}

func (s *Service) recordInAll(ctx context.Context, tx Tx, workspaces []Workspace, action string, data []string) error {
	for _, w := range workspaces {
		head, err := tx.AuditHead(ctx, w.ID)
		if errors.Is(err, fault.NotFound) || err == nil && head.unchained() {
			continue
		}
		if err != nil {
			return err
		}
		s.recordOperator(tx, w.ID, AuditEntry{Action: action, Data: eventData(data...)})
	}
	return nil
}

// recordMade tells, as its log begins, of the workspace that Bootstrap made without the
// vault. A log that holds anything is none of those; nor is a workspace whose first key is
// no operator's.
func (s *Service) recordMade(ctx context.Context, tx Tx, workspaceID int64) error {
	entries, err := tx.AuditLog(ctx, workspaceID, 0, 1)
	if err != nil || len(entries) > 0 {
		return err
	}
	w, err := tx.Workspace(ctx, workspaceID)
	if err != nil {
		return err
	}
	keys, err := tx.Keys(ctx, workspaceID, 0, 0, 1)
	if err != nil || len(keys) == 0 || keys[0].Name != operatorKey {
		return err
	}
	s.recordOperator(tx, workspaceID, madeEntry(keys[0], "made_at", w.CreatedAt.UTC().Format(time.RFC3339)))
	return nil
}

// madeEntry tells of a workspace that was made with its first key.
func madeEntry(first Key, data ...string) AuditEntry {
	return AuditEntry{Action: AuditWorkspaceCreated, Data: eventData(append([]string{"key_id", fmt.Sprint(first.ID)}, data...)...)}
}

// keyByHash finds a key. Nobody uses a workspace before one of its keys: the log of one that
// a command made beside this program begins here, so that it tells of that first.
func (s *Service) keyByHash(ctx context.Context, hash []byte) (Key, error) {
	key, err := s.store.KeyByHash(ctx, hash)
	if err != nil || !s.young(key.WorkspaceID) {
		return key, err
	}
	head, err := s.auditHead(ctx, key.WorkspaceID)
	if err != nil || head.ID != 0 {
		return key, err
	}
	if err := s.store.InTx(ctx, func(tx Tx) error { return s.beginAudit(ctx, tx, key.WorkspaceID) }); err != nil {
		return Key{}, fmt.Errorf("begin the audit log of workspace %d: %w", key.WorkspaceID, err)
	}
	s.sawChain(key.WorkspaceID)
	return key, nil
}
