package connect

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/vault"
)

// CreateKey makes an API key and returns it for the only time. It asks nobody: for the
// program itself.
func (s *Service) CreateKey(ctx context.Context, k Key) (Key, vault.Secret, error) {
	raw := newKey()
	var made Key
	err := s.store.InTx(ctx, func(tx Tx) (err error) {
		if made, err = tx.InsertKey(ctx, s.fresh(k, raw)); err != nil {
			return err
		}
		s.recordSystem(tx, made.WorkspaceID, keyEntry(AuditKeyCreated, made))
		return nil
	})
	if err != nil {
		return Key{}, vault.Secret{}, fmt.Errorf("create key: %w", err)
	}
	return made, raw, nil
}

// fresh is a new key's row.
func (s *Service) fresh(k Key, raw vault.Secret) Key {
	k.Prefix, k.Hash, k.CreatedAt = raw.Reveal()[:8], HashToken(raw), s.now()
	return k
}

// NewKey is what a key is to be.
type NewKey struct {
	Name            string
	Scopes          []Scope       // each one the caller has itself
	OwnerExternalID string        // empty: bound to none, or to the caller's own
	TTL             time.Duration // zero: until it is revoked
}

// CreatedKey is a key with its text, which is told only here.
type CreatedKey struct {
	Key
	Owner  Owner // zero: bound to none
	Secret vault.Secret
}

const maxKeyTTL = 10 * 365 * 24 * time.Hour

// AddKey makes a key that may do at most what the caller may. Needs ScopeKeysWrite.
func (s *Service) AddKey(ctx context.Context, c Caller, n NewKey, once Once[CreatedKey]) (CreatedKey, error) {
	if err := c.Require(ScopeKeysWrite); err != nil {
		return CreatedKey{}, err
	}
	if err := checkNewKey(c, n); err != nil {
		return CreatedKey{}, err
	}
	raw := newKey()
	made, err := effect(ctx, s, c, once, func(tx Tx) (CreatedKey, error) {
		key := s.fresh(Key{WorkspaceID: c.WorkspaceID, Name: n.Name, Scopes: n.Scopes}, raw)
		if n.TTL != 0 {
			key.ExpiresAt = s.now().Add(n.TTL)
		}
		if key.ExpiresAt.IsZero() || (!c.ExpiresAt.IsZero() && key.ExpiresAt.After(c.ExpiresAt)) {
			key.ExpiresAt = c.ExpiresAt // a key makes none that outlives it
		}
		owner, err := s.ownerOfKey(ctx, tx, c, n.OwnerExternalID)
		if err != nil {
			return CreatedKey{}, err
		}
		key.OwnerID = owner.ID
		if key, err = tx.InsertKey(ctx, key); err != nil {
			return CreatedKey{}, err
		}
		s.Record(tx, c, keyEntry(AuditKeyCreated, key))
		return CreatedKey{key, owner, raw}, nil
	})
	if err != nil {
		return CreatedKey{}, fmt.Errorf("add key: %w", err)
	}
	return made, nil
}

// keyEntry tells the audit log of a key.
func keyEntry(action string, k Key) AuditEntry {
	var scopes []string
	for _, scope := range k.Scopes {
		scopes = append(scopes, string(scope))
	}
	return AuditEntry{Action: action, OwnerID: k.OwnerID, Data: eventData("key_id", fmt.Sprint(k.ID), "scopes", strings.Join(scopes, " "))}
}

func checkNewKey(c Caller, n NewKey) error {
	if err := checkText("name", n.Name, 1, maxName); err != nil {
		return err
	}
	if len(n.Scopes) == 0 {
		return fault.InvalidField("scopes", "required", "must name at least one scope")
	}
	for i, scope := range n.Scopes {
		if !slices.Contains(Scopes(), scope) || slices.Index(n.Scopes, scope) != i {
			return fault.InvalidField("scopes", "unknown", fmt.Sprintf("names a scope that does not exist, or one twice; there are %v", Scopes()))
		}
		if !c.May(scope) {
			return fault.New(fault.Forbidden, "scope_exceeded", "A key cannot be given a scope that the key which makes it lacks.")
		}
	}
	if n.TTL < 0 || n.TTL > maxKeyTTL || (n.TTL > 0 && n.TTL < time.Minute) {
		return fault.InvalidField("expires_in", "range", "must be between 60 and 315360000 seconds")
	}
	return nil
}

// ownerOfKey is the owner that a new key is bound to; a key that is bound itself
// makes keys of its own owner only.
func (s *Service) ownerOfKey(ctx context.Context, tx Tx, c Caller, externalID string) (Owner, error) {
	if c.OwnerID != 0 {
		owner, err := tx.Owner(ctx, c.WorkspaceID, c.OwnerID)
		if err == nil && externalID != "" && externalID != owner.ExternalID {
			return Owner{}, errOwnerUnknown
		}
		return owner, err
	}
	if externalID == "" {
		return Owner{}, nil
	}
	return tx.OwnerByExternalID(ctx, c.WorkspaceID, externalID)
}

// Keys lists the keys that the caller may see, revoked ones too, by ascending id. A
// key that is bound to one owner sees that owner's. Needs ScopeKeysRead.
func (s *Service) Keys(ctx context.Context, c Caller, after int64, limit int) ([]Key, error) {
	if err := c.Require(ScopeKeysRead); err != nil {
		return nil, err
	}
	return s.store.Keys(ctx, c.WorkspaceID, c.OwnerID, after, limit)
}

// Key finds one of the keys that the caller may see. Needs ScopeKeysRead.
func (s *Service) Key(ctx context.Context, c Caller, id int64) (Key, error) {
	if err := c.Require(ScopeKeysRead); err != nil {
		return Key{}, err
	}
	return ownKey(ctx, s.store, c, id)
}

func ownKey(ctx context.Context, r Reader, c Caller, id int64) (Key, error) {
	key, err := r.Key(ctx, c.WorkspaceID, id)
	if err == nil && c.OwnerID != 0 && key.OwnerID != c.OwnerID {
		return Key{}, NoSuch("API key")
	}
	return key, err
}

// RevokeKey ends a key at once. Revoking again changes nothing. Needs ScopeKeysWrite.
func (s *Service) RevokeKey(ctx context.Context, c Caller, id int64) (Key, error) {
	if err := c.Require(ScopeKeysWrite); err != nil {
		return Key{}, err
	}
	var revoked Key
	err := s.store.InTx(ctx, func(tx Tx) error {
		before, err := ownKey(ctx, tx, c, id)
		if err != nil {
			return err
		}
		if err := tx.RevokeKey(ctx, c.WorkspaceID, id, s.now()); err != nil {
			return err
		}
		if before.RevokedAt.IsZero() {
			s.Record(tx, c, keyEntry(AuditKeyRevoked, before))
		}
		revoked, err = tx.Key(ctx, c.WorkspaceID, id)
		return err
	})
	s.keys.forget()
	return revoked, err
}
