package connect

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"patchbay/internal/fault"
)

// Bootstrap makes a workspace with its default owner and a key that may do everything,
// the operator's scope included: for whoever has the database itself. fault.Conflict
// "workspace_exists" where there is one, unless another is wanted. With the vault it stands
// in the workspace's audit log; it works without too, and then the server tells of it as it
// begins the log.
func (s *Service) Bootstrap(ctx context.Context, w Workspace, another bool) (CreatedWorkspace, error) {
	if err := checkWorkspace(w); err != nil {
		return CreatedWorkspace{}, err
	}
	raw := newKey()
	var made CreatedWorkspace
	err := s.store.InTx(ctx, func(tx Tx) error {
		first, err := tx.FirstWorkspace(ctx)
		switch {
		case err == nil && !another:
			return fault.Newf(fault.Conflict, "workspace_exists", "There is a workspace already: %d, %q.", first.ID, first.Name)
		case err != nil && !errors.Is(err, fault.NotFound):
			return err
		}
		workspace, err := s.insertWorkspace(ctx, tx, w)
		if err != nil {
			return err
		}
		key, err := tx.InsertKey(ctx, s.fresh(Key{WorkspaceID: workspace.ID, Name: operatorKey, Scopes: Scopes()}, raw))
		if err != nil {
			return err
		}
		if s.vault != nil {
			s.recordOperator(tx, workspace.ID, madeEntry(key))
		}
		made = CreatedWorkspace{workspace, key, raw}
		return nil
	})
	if err != nil {
		return CreatedWorkspace{}, fmt.Errorf("bootstrap: %w", err)
	}
	return made, nil
}

// BootstrapKey makes one more key that may do everything, in a workspace that is there: for
// whoever has the database and its key file, and lost the last key. It stands in the
// workspace's audit log, so it needs the vault. fault.NotFound names the workspaces there are.
func (s *Service) BootstrapKey(ctx context.Context, workspaceID int64) (CreatedWorkspace, error) {
	raw := newKey()
	var made CreatedWorkspace
	err := s.store.InTx(ctx, func(tx Tx) error {
		workspace, err := tx.Workspace(ctx, workspaceID)
		if errors.Is(err, fault.NotFound) {
			return s.noWorkspace(ctx, tx, workspaceID)
		}
		if err != nil {
			return err
		}
		if err := s.beginAudit(ctx, tx, workspaceID); err != nil { // no server ran since it was made
			return err
		}
		key, err := tx.InsertKey(ctx, s.fresh(Key{WorkspaceID: workspaceID, Name: operatorKey, Scopes: Scopes()}, raw))
		if err != nil {
			return err
		}
		s.recordOperator(tx, workspaceID, keyEntry(AuditKeyCreated, key))
		made = CreatedWorkspace{workspace, key, raw}
		return nil
	})
	if err != nil {
		return CreatedWorkspace{}, fmt.Errorf("key of workspace %d: %w", workspaceID, err)
	}
	return made, nil
}

// noWorkspace says which there are: without a key nobody can ask the API.
func (s *Service) noWorkspace(ctx context.Context, r Reader, id int64) error {
	const most = 20
	all, err := r.Workspaces(ctx, 0, most)
	if err != nil {
		return err
	}
	var there []string
	for _, w := range all {
		there = append(there, fmt.Sprintf("%d, %q", w.ID, w.Name))
	}
	if len(all) == most {
		there = append(there, "and more")
	}
	return fault.Newf(fault.NotFound, "no_workspace", "There is no workspace %d. There are: %s.", id, cmp.Or(strings.Join(there, "; "), "none"))
}
