package connect

import (
	"context"
	"errors"
	"fmt"

	"patchbay/internal/fault"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// SessionView is a session with what callers want beside it.
type SessionView struct {
	Session  Session
	Owner    Owner
	Channels []Channel // in the order of Session.ChannelIDs
}

func isNotFound(err error) bool { return errors.Is(err, fault.NotFound) }

var errNotFound = fault.New(fault.NotFound, "not_found", "There is no such thing here.")

// NoSuch is the one answer about what is not there and about what the caller may not
// see: the two cannot be told apart. what names it, such as "session".
func NoSuch(what string) *fault.Error {
	return fault.Newf(fault.NotFound, "not_found", "There is no such %s.", what)
}

// Session finds one by id. Needs ScopeSessionsRead; another owner's is not found.
func (s *Service) Session(ctx context.Context, c Caller, id int64) (SessionView, error) {
	if err := c.Require(ScopeSessionsRead); err != nil {
		return SessionView{}, err
	}
	session, owner, err := s.store.SessionAndOwner(ctx, c.WorkspaceID, id)
	if err != nil {
		return SessionView{}, err
	}
	if session, err = s.visible(ctx, c, session); err != nil {
		return SessionView{}, err
	}
	return s.viewOf(ctx, session, owner)
}

// SessionByLink finds the session of a link token for a caller of its workspace.
// Any live key of the workspace may ask: the link token is the proof.
func (s *Service) SessionByLink(ctx context.Context, c Caller, link vault.Secret) (SessionView, error) {
	session, err := s.store.SessionByTokenHash(ctx, HashToken(link))
	if err != nil {
		return SessionView{}, err
	}
	if session, err = s.visible(ctx, c, session); err != nil {
		return SessionView{}, err
	}
	return s.view(ctx, session)
}

// visible is the session as it stands by now, if the caller may see it.
func (s *Service) visible(ctx context.Context, c Caller, session Session) (Session, error) {
	if session.WorkspaceID != c.WorkspaceID || (c.OwnerID != 0 && c.OwnerID != session.OwnerID) {
		return Session{}, NoSuch("session")
	}
	return s.settled(ctx, session)
}

func (s *Service) view(ctx context.Context, session Session) (SessionView, error) {
	owner, err := s.store.Owner(ctx, session.WorkspaceID, session.OwnerID)
	if err != nil {
		return SessionView{}, fmt.Errorf("owner of session %d: %w", session.ID, err)
	}
	return s.viewOf(ctx, session, owner)
}

func (s *Service) viewOf(ctx context.Context, session Session, owner Owner) (SessionView, error) {
	v := SessionView{Session: session, Owner: owner}
	for _, id := range session.ChannelIDs {
		channel, err := s.store.Channel(ctx, session.WorkspaceID, id)
		if errors.Is(err, fault.NotFound) || err == nil && channel.OwnerID != session.OwnerID {
			continue // given to another owner since, and perhaps erased with them
		}
		if err != nil {
			return SessionView{}, fmt.Errorf("channel of session %d: %w", session.ID, err)
		}
		v.Channels = append(v.Channels, channel)
	}
	return v, nil
}

// Timeline is a session's attempts, oldest first, with their steps.
type Timeline struct {
	Attempt Attempt
	Steps   []Step
}

// Attempts tells the timeline of a session. Needs ScopeSessionsRead.
func (s *Service) Attempts(ctx context.Context, c Caller, sessionID int64) ([]Timeline, error) {
	if _, err := s.Session(ctx, c, sessionID); err != nil {
		return nil, err
	}
	attempts, err := s.store.Attempts(ctx, c.WorkspaceID, sessionID)
	if err != nil {
		return nil, err
	}
	steps, err := s.store.Steps(ctx, c.WorkspaceID, sessionID)
	if err != nil {
		return nil, err
	}
	byAttempt := map[int64][]Step{}
	for _, st := range steps {
		byAttempt[st.AttemptID] = append(byAttempt[st.AttemptID], st)
	}
	lines := make([]Timeline, len(attempts))
	for i, a := range attempts {
		lines[i] = Timeline{Attempt: a, Steps: byAttempt[a.ID]}
	}
	return lines, nil
}

// Channel finds one by id, with its owner. Needs ScopeChannelsRead; another owner's is
// not found.
func (s *Service) Channel(ctx context.Context, c Caller, id int64) (Channel, Owner, error) {
	if err := c.Require(ScopeChannelsRead); err != nil {
		return Channel{}, Owner{}, err
	}
	channel, owner, err := s.store.ChannelAndOwner(ctx, c.WorkspaceID, id)
	if err == nil && c.OwnerID != 0 && c.OwnerID != channel.OwnerID {
		return Channel{}, Owner{}, NoSuch("channel")
	}
	return channel, owner, err
}

// Owner finds an owner by our id within the caller's workspace.
func (s *Service) Owner(ctx context.Context, c Caller, id int64) (Owner, error) {
	return s.store.Owner(ctx, c.WorkspaceID, id)
}

// OwnerByExternalID finds an owner by the application's id. A key that is bound to
// another owner does not find it.
func (s *Service) OwnerByExternalID(ctx context.Context, c Caller, externalID string) (Owner, error) {
	owner, err := s.store.OwnerByExternalID(ctx, c.WorkspaceID, externalID)
	if err == nil && c.OwnerID != 0 && c.OwnerID != owner.ID {
		return Owner{}, NoSuch("owner")
	}
	return owner, err
}

// Channels lists channels by ascending id, those above after. Needs ScopeChannelsRead.
func (s *Service) Channels(ctx context.Context, c Caller, f ChannelFilter, after int64, limit int) ([]Channel, error) {
	if err := c.Require(ScopeChannelsRead); err != nil {
		return nil, err
	}
	if c.OwnerID != 0 {
		if f.OwnerID != 0 && f.OwnerID != c.OwnerID {
			return nil, nil
		}
		f.OwnerID = c.OwnerID
	}
	return s.store.Channels(ctx, c.WorkspaceID, f, after, limit)
}

// Events lists what happened, by ascending number, those above after. Needs
// ScopeEventsRead; a key that is bound to one owner may not follow the workspace.
func (s *Service) Events(ctx context.Context, c Caller, after int64, limit int) ([]Event, error) {
	if err := c.requireWhole(ScopeEventsRead); err != nil {
		return nil, err
	}
	return s.store.Events(ctx, c.WorkspaceID, after, limit)
}

// Offered is a platform as a session shows it.
type Offered struct {
	Spec       platform.Spec
	Configured bool
	Password   bool // an app password is another way
}

// offered lists what the session offers, in the program's order.
func (s *Service) offered(ctx context.Context, session Session) ([]Offered, error) {
	var out []Offered
	for _, p := range s.platforms.All() {
		spec := p.Spec()
		if !session.offers(spec.ID) {
			continue
		}
		configured := s.Configured(spec.ID)
		if !configured {
			_, err := s.store.LiveApp(ctx, session.WorkspaceID, spec.ID, "")
			if configured = err == nil; err != nil && !errors.Is(err, fault.NotFound) {
				return nil, err
			}
		}
		_, signer := p.(platform.PasswordSigner)
		out = append(out, Offered{Spec: spec, Configured: configured, Password: signer})
	}
	return out, nil
}
