package connect

import (
	"context"
	"errors"
	"fmt"

	"patchbay/internal/fault"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// CreatedDirect is a session whose link leads straight to its platform.
type CreatedDirect struct {
	Session
	Owner Owner
	State vault.Secret // the OAuth state, which is the link token too: to poll with
	URL   string       // the platform's authorize address, passed through the origin table; empty for a hosted session, whose page State opens
}

// CreateDirect makes a session for one platform (NewSession.Platforms has exactly one) with
// its only attempt. Where the platform needs something typed first, or the workspace wants
// the bounce page, the session is DisplayHosted and State opens its page. ErrNotConfigured,
// the platform's errors. Needs ScopeSessionsWrite.
func (s *Service) CreateDirect(ctx context.Context, c Caller, n NewSession, once Once[CreatedDirect]) (CreatedDirect, error) {
	if err := c.Require(ScopeSessionsWrite); err != nil {
		return CreatedDirect{}, err
	}
	if err := s.checkNewSession(ctx, c, n); err != nil {
		return CreatedDirect{}, err
	}
	if len(n.Platforms) != 1 {
		return CreatedDirect{}, fault.InvalidField("platforms", "count", "must name exactly one platform")
	}
	w, err := s.store.Workspace(ctx, c.WorkspaceID)
	if err != nil {
		return CreatedDirect{}, fmt.Errorf("workspace %d: %w", c.WorkspaceID, err)
	}
	session, link := s.newSession(c, n)
	p, _ := s.platforms.Get(n.Platforms[0])
	if err := s.usable(ctx, c.WorkspaceID, p); err != nil {
		return CreatedDirect{}, err
	}
	trip := directTrip{}
	if p.Spec().Input == "" && !w.BouncePage {
		session.Display, session.InitiatorCheck = DisplayDirect, CheckNone
		if trip, err = s.straight(ctx, session, link, p); err != nil {
			return CreatedDirect{}, err
		}
	}
	created, err := effect(ctx, s, c, once, func(tx Tx) (CreatedDirect, error) {
		owner, err := s.ownerFor(ctx, tx, c, n)
		if err != nil {
			return CreatedDirect{}, err
		}
		made, err := s.insertSession(ctx, tx, c, session, owner, link)
		if err != nil || trip.url == "" {
			return CreatedDirect{made.Session, owner, link, ""}, err
		}
		return CreatedDirect{made.Session, owner, link, trip.url}, s.insertTrip(ctx, tx, made.Session, trip)
	})
	if err != nil {
		return CreatedDirect{}, fmt.Errorf("create direct session: %w", err)
	}
	return created, nil
}

// usable is ErrNotConfigured where nobody could consent at the platform.
func (s *Service) usable(ctx context.Context, workspaceID int64, p platform.Platform) error {
	if s.Configured(p.Spec().ID) {
		return nil
	}
	_, err := s.store.LiveApp(ctx, workspaceID, p.Spec().ID, "")
	if errors.Is(err, fault.NotFound) {
		return ErrNotConfigured
	}
	return err
}

// directTrip is the attempt of a direct session before it is stored.
type directTrip struct {
	attempt Attempt
	private attemptPrivate
	url     string // passed through the origin table
}

// straight prepares the attempt whose state is the link token. It has no extra time: it
// began with the session.
func (s *Service) straight(ctx context.Context, session Session, link vault.Secret, p platform.Platform) (directTrip, error) {
	id := p.Spec().ID
	app, err := s.appFor(ctx, session.WorkspaceID, p, BeginRequest{})
	if err != nil {
		return directTrip{}, err
	}
	req := platform.AuthorizeRequest{App: app.App, RedirectURI: app.RedirectURI, State: link.Reveal()}
	if p.Spec().PKCE == platform.PKCES256 {
		req.Verifier = platform.NewVerifier()
	}
	auth, err := platform.Begin(ctx, s.envOf(id), p, req)
	if err != nil {
		return directTrip{}, err
	}
	return directTrip{
		attempt: Attempt{
			WorkspaceID: session.WorkspaceID, Platform: id, AppID: app.ID, State: AttemptAway, StateHash: session.TokenHash,
			RedirectURI: req.RedirectURI, Issuer: auth.Issuer, CreatedAt: s.now(), UpdatedAt: s.now(), ExpiresAt: session.ExpiresAt,
		},
		private: attemptPrivate{Link: link.Reveal(), Verifier: req.Verifier.Reveal(), Platform: auth.Private.Reveal()},
		url:     s.envOf(id).HTTP.Rebase(auth.URL),
	}, nil
}

func (s *Service) insertTrip(ctx context.Context, tx Tx, session Session, trip directTrip) error {
	trip.attempt.SessionID = session.ID
	made, err := tx.InsertAttempt(ctx, trip.attempt)
	if err != nil {
		return err
	}
	if made.Sealed, err = s.vault.Seal(made.place(), trip.private.encode()); err != nil {
		return err
	}
	if err := tx.SealAttempt(ctx, made.WorkspaceID, made.ID, made.Sealed); err != nil {
		return err
	}
	return s.step(ctx, tx, made, "begun", "direct")
}

// CreateWithPassword makes a session and signs in with an app password at once, for
// callers that collected it themselves (SmartlyQ's bluesky). The session that is answered
// has succeeded, with its channels; errors are those of SignIn, and the session that was
// made for it has ended then.
func (s *Service) CreateWithPassword(ctx context.Context, c Caller, n NewSession, account string, password vault.Secret) (SessionView, error) {
	n.InitiatorCheck, n.Selection = CheckNone, SelectAll
	if len(n.Platforms) != 1 {
		return SessionView{}, fault.InvalidField("platforms", "count", "must name exactly one platform")
	}
	made, err := s.CreateSession(ctx, c, n, Once[CreatedSession]{})
	if err != nil {
		return SessionView{}, err
	}
	session, refused := s.SignIn(ctx, SignInRequest{Link: made.Link, Browser: newToken(), Platform: n.Platforms[0], Account: account, Password: password, By: &c})
	if refused == nil && session.Status != SessionSucceeded { // what the attempt tells
		refused = s.whyFailed(ctx, session)
	}
	if refused != nil {
		_, err := s.Leave(context.WithoutCancel(ctx), made.Link)
		return SessionView{}, errors.Join(refused, err)
	}
	return s.view(ctx, session)
}

// whyFailed is what went wrong in a session that did not succeed.
func (s *Service) whyFailed(ctx context.Context, session Session) error {
	attempts, err := s.store.Attempts(ctx, session.WorkspaceID, session.ID)
	if err != nil {
		return err
	}
	for _, a := range attempts {
		if a.Reason != "" {
			return fault.New(fault.PlatformRejected, a.Reason, a.Message)
		}
	}
	return ErrInterrupted
}
