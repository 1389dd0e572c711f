package connect

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/vault"
)

// Caller is who asks: a key's workspace, what it may do, and the owner it is bound to.
type Caller struct {
	WorkspaceID int64
	OwnerID     int64 // 0: the whole workspace
	Scopes      []Scope
}

// ErrKeyUnknown answers every credential that is not a live key of ours.
var ErrKeyUnknown = fault.New(fault.Unauthenticated, "key_unknown", "Missing or invalid API key. Send it as: Authorization: Bearer pb_…")

// Require fails with fault.Forbidden unless the key has the scope.
func (c Caller) Require(scope Scope) error {
	if slices.Contains(c.Scopes, scope) {
		return nil
	}
	return fault.Newf(fault.Forbidden, "scope_missing", "This key lacks the scope %s.", scope)
}

// Authenticate finds the caller of a raw API key. ErrKeyUnknown for anything that
// is not a live key.
func (s *Service) Authenticate(ctx context.Context, raw vault.Secret) (Caller, error) {
	if !wellFormedKey(raw.Reveal()) {
		return Caller{}, ErrKeyUnknown
	}
	key, err := s.store.KeyByHash(ctx, HashToken(raw))
	if errors.Is(err, fault.NotFound) {
		return Caller{}, ErrKeyUnknown
	}
	if err != nil {
		return Caller{}, fmt.Errorf("find key: %w", err)
	}
	if !key.live(s.now()) {
		return Caller{}, ErrKeyUnknown
	}
	return Caller{WorkspaceID: key.WorkspaceID, OwnerID: key.OwnerID, Scopes: key.Scopes}, nil
}

func (k Key) live(now time.Time) bool {
	return k.RevokedAt.IsZero() && (k.ExpiresAt.IsZero() || now.Before(k.ExpiresAt))
}

// CreateWorkspace makes a workspace with its default owner.
func (s *Service) CreateWorkspace(ctx context.Context, w Workspace) (Workspace, error) {
	w.CreatedAt = s.now()
	var made Workspace
	err := s.store.InTx(ctx, func(tx Tx) (err error) {
		if made, err = tx.InsertWorkspace(ctx, w); err != nil {
			return err
		}
		owner := Owner{WorkspaceID: made.ID, ExternalID: newExternalID(), Name: w.Name, Default: true, CreatedAt: w.CreatedAt}
		_, _, err = tx.EnsureOwner(ctx, owner)
		return err
	})
	if err != nil {
		return Workspace{}, fmt.Errorf("create workspace: %w", err)
	}
	return made, nil
}

// UpdateWorkspace changes a workspace's name and switches. A wrong entry of the list of
// redirect URLs is ErrRedirect, and changes nothing.
func (s *Service) UpdateWorkspace(ctx context.Context, w Workspace) error {
	for _, allowed := range w.AllowedRedirects {
		if err := CheckRedirect(Workspace{}, allowed); err != nil {
			return err
		}
	}
	return s.store.InTx(ctx, func(tx Tx) error { return tx.UpdateWorkspace(ctx, w) })
}

// CreateKey makes an API key and returns it for the only time.
func (s *Service) CreateKey(ctx context.Context, k Key) (Key, vault.Secret, error) {
	raw := newKey()
	k.Prefix, k.Hash, k.CreatedAt = raw.Reveal()[:8], HashToken(raw), s.now()
	var made Key
	err := s.store.InTx(ctx, func(tx Tx) (err error) {
		made, err = tx.InsertKey(ctx, k)
		return err
	})
	if err != nil {
		return Key{}, vault.Secret{}, fmt.Errorf("create key: %w", err)
	}
	return made, raw, nil
}

// RevokeKey ends a key at once.
func (s *Service) RevokeKey(ctx context.Context, workspaceID, id int64) error {
	return s.store.InTx(ctx, func(tx Tx) error { return tx.RevokeKey(ctx, workspaceID, id, s.now()) })
}

// FirstWorkspace is the oldest workspace; fault.NotFound in an empty store.
func (s *Service) FirstWorkspace(ctx context.Context) (Workspace, error) {
	return s.store.FirstWorkspace(ctx)
}

// Workspace finds the caller's workspace.
func (s *Service) Workspace(ctx context.Context, c Caller) (Workspace, error) {
	return s.store.Workspace(ctx, c.WorkspaceID)
}
