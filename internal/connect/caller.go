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
	KeyID       int64
	OwnerID     int64     // 0: the whole workspace
	ExpiresAt   time.Time // of the key; zero: never
	Scopes      []Scope
	From        string // the address that it asks from, "203.0.113.7"; empty: not known
}

// ErrKeyUnknown answers every credential that is not a live key of ours.
var ErrKeyUnknown = fault.New(fault.Unauthenticated, "key_unknown", "Missing or invalid API key. Send it as: Authorization: Bearer pb_…")

// Require fails with fault.Forbidden unless the key has the scope.
func (c Caller) Require(scope Scope) error {
	if c.May(scope) {
		return nil
	}
	return fault.Newf(fault.Forbidden, "scope_missing", "This key lacks the scope %s.", scope)
}

// May tells whether the key has the scope.
func (c Caller) May(scope Scope) bool { return slices.Contains(c.Scopes, scope) }

// Authenticate finds the caller of a raw API key. ErrKeyUnknown for anything that
// is not a live key.
func (s *Service) Authenticate(ctx context.Context, raw vault.Secret) (Caller, error) {
	if !wellFormedKey(raw.Reveal()) {
		return Caller{}, ErrKeyUnknown
	}
	key, err := s.keys.find(ctx, raw, s.keyByHash)
	if errors.Is(err, fault.NotFound) {
		return Caller{}, ErrKeyUnknown
	}
	if err != nil {
		return Caller{}, fmt.Errorf("find key: %w", err)
	}
	if !key.live(s.now()) {
		return Caller{}, ErrKeyUnknown
	}
	return Caller{WorkspaceID: key.WorkspaceID, KeyID: key.ID, OwnerID: key.OwnerID, ExpiresAt: key.ExpiresAt, Scopes: key.Scopes}, nil
}
