package connect

import (
	"context"
	"errors"
	"fmt"

	"patchbay/internal/fault"
)

// BeginAudit begins the chain of each workspace's audit log that has none: of a database
// from before there were chains. What stands there stays, unchained. It reads no entries.
// The program runs it before it serves; from then on a log without a chain is a broken one.
func (s *Service) BeginAudit(ctx context.Context) error {
	last, err := s.store.LastWorkspaceID(ctx)
	if err != nil {
		return fmt.Errorf("audit logs without a chain: %w", err)
	}
	for after, more := int64(0), true; more; {
		ids, err := s.store.UnchainedWorkspaces(ctx, after, sweepBatch)
		if err != nil {
			return fmt.Errorf("audit logs without a chain: %w", err)
		}
		for _, id := range ids {
			after = id
			if err := s.store.InTx(ctx, func(tx Tx) error { return s.beginAudit(ctx, tx, id) }); err != nil {
				return fmt.Errorf("begin the audit log of workspace %d: %w", id, err)
			}
		}
		more = len(ids) == sweepBatch
	}
	s.auditFrom.CompareAndSwap(0, last+1)
	return nil
}

// young tells whether a workspace was made since the program started: a command, which
// cannot seal, may have made it, and nothing began its log yet. One whose chain this program
// has seen is young no more: where the chain is gone, somebody took it.
func (s *Service) young(workspaceID int64) bool {
	from := s.auditFrom.Load()
	if from == 0 || workspaceID < from {
		return false
	}
	_, chained := s.chained.Load(workspaceID)
	return !chained
}

// sawChain is told when a workspace's chain is known to be committed.
func (s *Service) sawChain(workspaceID int64) {
	if s.young(workspaceID) {
		s.chained.Store(workspaceID, true)
	}
}

// beginAudit does nothing where another replica, which starts at this moment, was first.
func (s *Service) beginAudit(ctx context.Context, tx Tx, workspaceID int64) error {
	if _, err := tx.LockWorkspace(ctx, workspaceID); err != nil {
		return err
	}
	head, err := tx.AuditHead(ctx, workspaceID)
	if err == nil && head.Since != 0 || err != nil && !errors.Is(err, fault.NotFound) {
		return err
	}
	e := AuditEntry{WorkspaceID: workspaceID, Actor: ActorSystem, Action: AuditBegan, At: s.now()}
	tx.Record(e, func(head AuditHead, e AuditEntry) (AuditHead, AuditEntry, error) {
		e.Data = eventData("unchained", fmt.Sprint(head.Number))
		return s.link(head, e)
	})
	return s.recordMade(ctx, tx, workspaceID)
}
