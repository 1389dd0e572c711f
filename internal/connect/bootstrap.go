package connect

import (
	"context"
	"errors"
	"fmt"

	"patchbay/internal/fault"
)

// Bootstrap makes a workspace with its default owner and a key that may do everything,
// the operator's scope included: for whoever has the database itself. fault.Conflict
// "workspace_exists" where there is one, unless another is wanted. It works without the
// vault: the server begins the audit log.
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
		key, err := tx.InsertKey(ctx, s.fresh(Key{WorkspaceID: workspace.ID, Name: "operator", Scopes: Scopes()}, raw))
		made = CreatedWorkspace{workspace, key, raw}
		return err
	})
	if err != nil {
		return CreatedWorkspace{}, fmt.Errorf("bootstrap: %w", err)
	}
	return made, nil
}
