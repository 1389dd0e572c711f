package connect

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/platform"
)

// NewReconnect asks for a link on which a channel's person consents anew.
type NewReconnect struct {
	ChannelID      int64
	Origin         string         // empty: OriginNative
	InitiatorCheck InitiatorCheck // empty: CheckSameBrowser
	RedirectURL    string
	TTL            time.Duration // zero: DefaultSessionTTL
}

// Reconnect makes a session that is pinned to a channel: the consent must reach its target,
// else it is refused (ErrOtherAccount, ErrTargetMissing) and nothing changes. Works for a
// disconnected channel too. ErrNoGrant for one that stands for nothing at a platform. Needs
// ScopeSessionsWrite; another owner's channel is not found.
func (s *Service) Reconnect(ctx context.Context, c Caller, n NewReconnect, once Once[CreatedSession]) (CreatedSession, error) {
	if err := c.Require(ScopeSessionsWrite); err != nil {
		return CreatedSession{}, err
	}
	channel, err := s.store.Channel(ctx, c.WorkspaceID, n.ChannelID)
	if err != nil {
		return CreatedSession{}, err
	}
	if c.OwnerID != 0 && c.OwnerID != channel.OwnerID {
		return CreatedSession{}, NoSuch("channel")
	}
	if channel.ReplacedBy != 0 {
		return CreatedSession{}, errReplaced(channel)
	}
	if _, ok := s.platforms.Get(channel.Platform); !ok || channel.ExternalID == "" {
		return CreatedSession{}, ErrNoGrant
	}
	asked := NewSession{
		Origin: n.Origin, Platforms: []string{channel.Platform}, InitiatorCheck: n.InitiatorCheck, RedirectURL: n.RedirectURL, TTL: n.TTL,
	}
	if err := s.checkNewSession(ctx, c, asked); err != nil {
		return CreatedSession{}, err
	}
	session, link := s.newSession(c, asked)
	session.ReconnectID = channel.ID
	created, err := effect(ctx, s, c, once, func(tx Tx) (CreatedSession, error) {
		owner, err := tx.Owner(ctx, c.WorkspaceID, channel.OwnerID)
		if err != nil {
			return CreatedSession{}, err
		}
		return s.insertSession(ctx, tx, c, session, owner, link)
	})
	if err != nil {
		return CreatedSession{}, fmt.Errorf("reconnect channel %d: %w", channel.ID, err)
	}
	return created, nil
}

// errUnpinned tells that the channel of a pinned session was moved, erased or put on
// another target while its person consented: a consent for it would make another one.
var errUnpinned = errors.New("the channel that the session is pinned to is another one by now")

// unwanted is why a verified consent is not what its session is for; nil where it is.
func (s *Service) unwanted(ctx context.Context, a Attempt, who platform.Identity, reached []platform.Target) (*fault.Error, error) {
	session, err := s.store.Session(ctx, a.WorkspaceID, a.SessionID)
	if err != nil {
		return nil, fmt.Errorf("session %d: %w", a.SessionID, err)
	}
	usable := slices.ContainsFunc(reached, func(t platform.Target) bool { return t.Role == platform.RoleAccount && t.Blocked == "" })
	switch {
	case session.ReconnectID != 0:
		return s.notPinned(ctx, session, who, reached)
	case session.Selection == SelectAll && len(reached) > 0 && !usable:
		return ErrNothingReached, nil
	}
	return nil, nil
}

// notPinned tells whether a consent is another account's than the one that the session is
// pinned to, or does not reach it. Another person who administers the same page may do it.
func (s *Service) notPinned(ctx context.Context, session Session, who platform.Identity, reached []platform.Target) (*fault.Error, error) {
	ch, err := s.store.Channel(ctx, session.WorkspaceID, session.ReconnectID)
	if errors.Is(err, fault.NotFound) {
		return ErrLinkCanceled, nil // erased since the link was made
	}
	if err != nil {
		return nil, fmt.Errorf("channel %d: %w", session.ReconnectID, err)
	}
	if ch.ReplacedBy != 0 {
		return ErrLinkCanceled, nil // another stands for the account by now
	}
	i := slices.IndexFunc(reached, func(t platform.Target) bool { return t.Kind == ch.Kind && t.ExternalID == ch.ExternalID })
	if i >= 0 && reached[i].Role == platform.RoleAccount && reached[i].Blocked == "" {
		return nil, nil
	}
	same := i >= 0
	if !same && ch.GrantID != 0 {
		before, err := s.store.Grant(ctx, ch.WorkspaceID, ch.GrantID)
		if err != nil && !errors.Is(err, fault.NotFound) {
			return nil, fmt.Errorf("grant %d: %w", ch.GrantID, err)
		}
		same = err == nil && before.Subject == who.Subject
	}
	if same {
		return ErrTargetMissing, nil
	}
	return ErrOtherAccount, nil
}

// otherBefore tells whether another account consented earlier in this session: the
// platform is asked to let the person choose then, where it can.
func otherBefore(past []Attempt, platformID string) bool {
	return slices.ContainsFunc(past, func(a Attempt) bool { return a.Platform == platformID && a.Reason == ErrOtherAccount.Reason })
}
