package connect

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/vault"
)

// How long a connect link opens when the caller does not say, and at most.
const (
	DefaultSessionTTL = 15 * time.Minute
	MaxSessionTTL     = 24 * time.Hour
	minSessionTTL     = time.Minute
)

// NewSession is what an application asks for.
type NewSession struct {
	Origin          string
	OwnerExternalID string // empty: the key's owner, else the workspace's default one
	OwnerName       string // used when the owner is made
	Platforms       []string
	Selection       Selection      // empty: SelectPlatform
	InitiatorCheck  InitiatorCheck // empty: CheckSameBrowser
	RedirectURL     string
	TTL             time.Duration // zero: DefaultSessionTTL
}

// CreatedSession is a session with its link token, which is told only here.
type CreatedSession struct {
	Session
	Owner Owner
	Link  vault.Secret
}

// CreateSession makes a session and its link token. Unknown owners are made. Needs
// ScopeSessionsWrite.
func (s *Service) CreateSession(ctx context.Context, c Caller, n NewSession, once Once[CreatedSession]) (CreatedSession, error) {
	if err := c.Require(ScopeSessionsWrite); err != nil {
		return CreatedSession{}, err
	}
	if err := s.checkNewSession(ctx, c, n); err != nil {
		return CreatedSession{}, err
	}
	session, link := s.newSession(c, n)
	created, err := effect(ctx, s, c, once, func(tx Tx) (CreatedSession, error) {
		owner, err := s.ownerFor(ctx, tx, c, n)
		if err != nil {
			return CreatedSession{}, err
		}
		return s.insertSession(ctx, tx, c, session, owner, link)
	})
	if err != nil {
		return CreatedSession{}, fmt.Errorf("create session: %w", err)
	}
	return created, nil
}

// newSession is the session that is asked for, and its link token.
func (s *Service) newSession(c Caller, n NewSession) (Session, vault.Secret) {
	link, now := newToken(), s.now()
	return Session{
		WorkspaceID: c.WorkspaceID, Origin: cmp.Or(n.Origin, OriginNative), Status: SessionPending, TokenHash: HashToken(link), Platforms: n.Platforms,
		Display: DisplayHosted, Selection: cmp.Or(n.Selection, SelectPlatform), InitiatorCheck: cmp.Or(n.InitiatorCheck, CheckSameBrowser), RedirectURL: n.RedirectURL,
		CreatedAt: now, UpdatedAt: now, ExpiresAt: now.Add(cmp.Or(n.TTL, DefaultSessionTTL)),
	}, link
}

// insertSession makes the owner's session, with its event and its line in the audit log.
func (s *Service) insertSession(ctx context.Context, tx Tx, c Caller, session Session, owner Owner, link vault.Secret) (CreatedSession, error) {
	session.OwnerID = owner.ID
	made, err := tx.InsertSession(ctx, session)
	if err != nil {
		return CreatedSession{}, err
	}
	s.emit(tx, Event{
		WorkspaceID: c.WorkspaceID, Type: EventSessionCreated, OwnerID: owner.ID, SessionID: made.ID,
		Cause: CauseIntegration, Data: eventData("origin", session.Origin),
	})
	action := AuditSessionCreated
	if session.ReconnectID != 0 {
		action = AuditChannelReconnecting
	}
	s.Record(tx, c, AuditEntry{
		Action: action, OwnerID: owner.ID, ChannelID: session.ReconnectID, Data: eventData("session_id", fmt.Sprint(made.ID), "origin", session.Origin),
	})
	return CreatedSession{made, owner, link}, nil
}

func (s *Service) checkNewSession(ctx context.Context, c Caller, n NewSession) error {
	for i, id := range n.Platforms {
		if _, ok := s.platforms.Get(id); !ok || slices.Index(n.Platforms, id) != i {
			return fault.InvalidField("platforms", "unknown", "names a platform that is not supported, or one twice; there are "+s.platforms.Listed())
		}
	}
	if n.TTL != 0 && (n.TTL < minSessionTTL || n.TTL > MaxSessionTTL) {
		return fault.InvalidField("expires_in", "range", "must be between 60 and 86400 seconds")
	}
	switch n.InitiatorCheck {
	case "", CheckSameBrowser, CheckNone:
	case CheckConfirm:
		if n.RedirectURL == "" {
			return fault.InvalidField("redirect_url", "required", "must be given: the code to confirm with comes there")
		}
	default:
		return fault.InvalidField("initiator_check", "unknown", "must be same_browser, confirm or none")
	}
	if len(n.OwnerExternalID) > 255 || len(n.OwnerName) > 255 {
		return fault.InvalidField("owner", "length", "must be at most 255 characters")
	}
	w, err := s.store.Workspace(ctx, c.WorkspaceID)
	if err != nil {
		return fmt.Errorf("workspace %d: %w", c.WorkspaceID, err)
	}
	if n.RedirectURL == "" {
		return nil
	}
	return CheckRedirect(w, n.RedirectURL)
}

// ownerFor finds or makes the owner. A key that is bound to one owner sees no other.
func (s *Service) ownerFor(ctx context.Context, tx Tx, c Caller, n NewSession) (Owner, error) {
	switch {
	case c.OwnerID != 0:
		owner, err := tx.Owner(ctx, c.WorkspaceID, c.OwnerID)
		if err == nil && n.OwnerExternalID != "" && n.OwnerExternalID != owner.ExternalID {
			return Owner{}, errOwnerUnknown
		}
		return owner, err
	case n.OwnerExternalID == "":
		return tx.DefaultOwner(ctx, c.WorkspaceID)
	}
	owner, err := tx.OwnerByExternalID(ctx, c.WorkspaceID, n.OwnerExternalID)
	if !errors.Is(err, fault.NotFound) {
		return owner, err
	}
	owner, _, err = tx.EnsureOwner(ctx, Owner{
		WorkspaceID: c.WorkspaceID, ExternalID: n.OwnerExternalID, Name: cmp.Or(n.OwnerName, n.OwnerExternalID), CreatedAt: s.now(), UpdatedAt: s.now(),
	})
	return owner, err
}
