package connect

import (
	"context"
	"fmt"
	"net/mail"
	"net/url"

	"patchbay/internal/fault"
)

var (
	errOwnerUnknown = fault.New(fault.NotFound, "owner_unknown", "There is no such owner.")
	errOwnerExists  = fault.New(fault.Conflict, "owner_exists", "There is an owner with this external_id already.")
)

// Owners lists by ascending id, those with an id above after. A key that is bound to
// one owner sees that one. Needs ScopeOwnersRead.
func (s *Service) Owners(ctx context.Context, c Caller, after int64, limit int) ([]Owner, error) {
	if err := c.Require(ScopeOwnersRead); err != nil {
		return nil, err
	}
	if c.OwnerID == 0 {
		return s.store.Owners(ctx, c.WorkspaceID, after, limit)
	}
	own, err := s.store.Owner(ctx, c.WorkspaceID, c.OwnerID)
	if err != nil || own.ID <= after || limit < 1 {
		return nil, err
	}
	return []Owner{own}, nil
}

// OwnerByID finds an owner by our id. Needs ScopeOwnersRead; another owner than the
// key's is not found.
func (s *Service) OwnerByID(ctx context.Context, c Caller, id int64) (Owner, error) {
	if err := c.Require(ScopeOwnersRead); err != nil {
		return Owner{}, err
	}
	if c.OwnerID != 0 && c.OwnerID != id {
		return Owner{}, NoSuch("owner")
	}
	return s.store.Owner(ctx, c.WorkspaceID, id)
}

// AddOwner makes an owner. Without an external id one is minted: 24 lower-case letters
// and digits. An external id that exists is fault.Conflict. Needs ScopeOwnersWrite and a
// key that is not bound to an owner.
func (s *Service) AddOwner(ctx context.Context, c Caller, o Owner, once Once[Owner]) (Owner, error) {
	if err := c.requireWhole(ScopeOwnersWrite); err != nil {
		return Owner{}, err
	}
	if o.ExternalID == "" {
		o.ExternalID = newExternalID()
	}
	if o.Name == "" {
		o.Name = o.ExternalID
	}
	if err := checkOwner(o); err != nil {
		return Owner{}, err
	}
	o.WorkspaceID, o.Default, o.CreatedAt = c.WorkspaceID, false, s.now()
	o.UpdatedAt = o.CreatedAt
	made, err := effect(ctx, s, c, once, func(tx Tx) (Owner, error) {
		owner, made, err := tx.EnsureOwner(ctx, o)
		if err == nil && !made {
			return Owner{}, errOwnerExists
		}
		s.Record(tx, c, AuditEntry{Action: AuditOwnerCreated, OwnerID: owner.ID})
		return owner, err
	})
	if err != nil {
		return Owner{}, fmt.Errorf("add owner: %w", err)
	}
	return made, nil
}

// OwnerChange is what to change; nil leaves as it is.
type OwnerChange struct {
	Name         *string
	AvatarURL    *string
	ContactEmail *string
	Reference    *string
}

func (c OwnerChange) fields() string {
	return fieldsGiven(map[string]bool{
		"name": c.Name != nil, "avatar_url": c.AvatarURL != nil, "contact_email": c.ContactEmail != nil, "reference": c.Reference != nil,
	})
}

func (c OwnerChange) apply(o *Owner) {
	setIf(&o.Name, c.Name)
	setIf(&o.AvatarURL, c.AvatarURL)
	setIf(&o.ContactEmail, c.ContactEmail)
	setIf(&o.Reference, c.Reference)
}

// ChangeOwner changes what is said of an owner; its external id never changes. Needs
// ScopeOwnersWrite; another owner than the key's is not found.
func (s *Service) ChangeOwner(ctx context.Context, c Caller, id int64, change OwnerChange) (Owner, error) {
	if err := c.Require(ScopeOwnersWrite); err != nil {
		return Owner{}, err
	}
	// Only what is given is checked: a session may have made the owner from an id that
	// could not be given here.
	given := Owner{ExternalID: "unchanged", Name: "unchanged"}
	change.apply(&given)
	if err := checkOwner(given); err != nil {
		return Owner{}, err
	}
	var changed Owner
	err := s.store.InTx(ctx, func(tx Tx) error {
		if c.OwnerID != 0 && c.OwnerID != id {
			return NoSuch("owner")
		}
		o, err := tx.LockOwner(ctx, c.WorkspaceID, id)
		if err != nil {
			return err
		}
		change.apply(&o)
		o.UpdatedAt = s.now()
		changed = o
		s.Record(tx, c, AuditEntry{Action: AuditOwnerChanged, OwnerID: id, Data: eventData("fields", change.fields())})
		return tx.UpdateOwner(ctx, o)
	})
	return changed, err
}

func checkOwner(o Owner) error {
	if err := checkText("external_id", o.ExternalID, 1, maxName); err != nil {
		return err
	}
	if err := checkText("name", o.Name, 1, maxName); err != nil {
		return err
	}
	if err := checkText("reference", o.Reference, 0, 1024); err != nil {
		return err
	}
	if o.AvatarURL != "" && !plainWebURL(o.AvatarURL) {
		return fault.InvalidField("avatar_url", "url", "must be an https URL")
	}
	if o.ContactEmail != "" && !plainAddress(o.ContactEmail) {
		return fault.InvalidField("contact_email", "email", "must be an email address")
	}
	return nil
}

func plainWebURL(raw string) bool {
	u, err := url.Parse(raw)
	return plainURLText(raw) && err == nil && u.Scheme == "https" && u.Hostname() != "" && u.User == nil
}

func plainAddress(raw string) bool {
	a, err := mail.ParseAddress(raw)
	return err == nil && a.Address == raw && len(raw) <= 254
}
