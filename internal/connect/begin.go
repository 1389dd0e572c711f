package connect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// BeginRequest is the click on a platform.
type BeginRequest struct {
	Link     vault.Secret
	Browser  vault.Secret // the value of the browser's cookie
	Platform string
	Input    string // what the platform needs first, as its Spec says
}

// Begin makes an attempt and answers the real address at the platform to send the
// person to, already passed through the origin table. Errors are faults: ErrLink…
// when the link is of no use, ErrNotOffered, ErrNotConfigured, or the platform's.
func (s *Service) Begin(ctx context.Context, r BeginRequest) (string, error) {
	session, err := s.openSession(ctx, r.Link)
	if err != nil {
		return "", err
	}
	p, app, err := s.usable(session, r.Platform)
	if err != nil {
		return "", err
	}
	again, err := s.declinedBefore(ctx, session, r.Platform)
	if err != nil {
		return "", err
	}
	state := newToken()
	req := platform.AuthorizeRequest{App: app, RedirectURI: s.callbackURI(r.Platform), State: state.Reveal(), Input: r.Input, Again: again}
	if p.Spec().PKCE == platform.PKCES256 {
		req.Verifier = platform.NewVerifier()
	}
	auth, err := platform.Begin(ctx, s.env, p, req)
	if err != nil {
		return "", err
	}
	attempt := Attempt{
		WorkspaceID: session.WorkspaceID, SessionID: session.ID, Platform: r.Platform, AppID: app.ID, State: AttemptAway,
		StateHash: HashToken(state), BrowserHash: HashToken(r.Browser), RedirectURI: req.RedirectURI, Issuer: auth.Issuer,
		ExpiresAt: session.ExpiresAt.Add(AttemptGrace),
	}
	private := attemptPrivate{Link: r.Link.Reveal(), Verifier: req.Verifier.Reveal(), Platform: auth.Private.Reveal()}
	if err := s.insertAttempt(ctx, attempt, private); err != nil {
		return "", fmt.Errorf("begin attempt of session %d: %w", session.ID, err)
	}
	return s.env.HTTP.Rebase(auth.URL), nil
}

// openSession finds the session of a link that may still begin attempts.
func (s *Service) openSession(ctx context.Context, link vault.Secret) (Session, error) {
	session, err := s.store.SessionByTokenHash(ctx, HashToken(link))
	if errors.Is(err, fault.NotFound) {
		return Session{}, ErrLinkUnknown
	}
	if err != nil {
		return Session{}, fmt.Errorf("find session: %w", err)
	}
	return session, s.checkOpen(session)
}

func (s *Service) checkOpen(session Session) error {
	if session.Final() {
		return errGone(session)
	}
	if !s.now().Before(session.ExpiresAt) {
		return ErrLinkExpired
	}
	return nil
}

func (s *Service) usable(session Session, platformID string) (platform.Platform, platform.App, error) {
	p, ok := s.platforms.Get(platformID)
	if !ok || !session.offers(platformID) {
		return nil, platform.App{}, ErrNotOffered
	}
	app, ok := s.apps[platformID]
	if !ok {
		return nil, platform.App{}, ErrNotConfigured
	}
	return p, app, nil
}

// declinedBefore tells whether the person said no, wholly or in part, at this
// platform earlier in this session: some platforms only ask again when told to.
func (s *Service) declinedBefore(ctx context.Context, session Session, platformID string) (bool, error) {
	attempts, err := s.store.Attempts(ctx, session.WorkspaceID, session.ID)
	if err != nil {
		return false, fmt.Errorf("attempts of session %d: %w", session.ID, err)
	}
	for _, a := range attempts {
		if a.Platform == platformID && (a.State == AttemptDenied || a.Reason == platform.ErrScopesMissing.Reason) {
			return true, nil
		}
	}
	return false, nil
}

// insertAttempt commits the attempt and turns its session to pending.
func (s *Service) insertAttempt(ctx context.Context, a Attempt, private attemptPrivate) error {
	return s.inSession(ctx, a.WorkspaceID, a.SessionID, func(tx Tx, session *Session) error {
		if err := s.checkOpen(*session); err != nil {
			return err
		}
		a.CreatedAt, a.UpdatedAt = s.now(), s.now()
		made, err := tx.InsertAttempt(ctx, a)
		if err != nil {
			return err
		}
		sealed, err := s.vault.Seal(made.place(), private.encode())
		if err != nil {
			return err
		}
		if err := tx.SealAttempt(ctx, made.WorkspaceID, made.ID, sealed); err != nil {
			return err
		}
		session.Status, session.Platform, session.Reason, session.Message = SessionPending, a.Platform, "", ""
		return s.step(ctx, tx, made, "begun", "")
	})
}

// inSession runs fn with the session locked. Where fn changed the session it is
// saved, and whoever waits for it is woken.
func (s *Service) inSession(ctx context.Context, workspaceID, id int64, fn func(Tx, *Session) error) error {
	changed := false
	err := s.store.InTx(ctx, func(tx Tx) error {
		before, err := tx.LockSession(ctx, workspaceID, id)
		if err != nil {
			return err
		}
		session := before
		if err := fn(tx, &session); err != nil {
			return err
		}
		if changed = !reflect.DeepEqual(before, session); !changed {
			return nil
		}
		session.UpdatedAt = s.later(session.UpdatedAt)
		return tx.UpdateSession(ctx, session)
	})
	if err == nil && changed {
		s.waiters.nudge(id)
	}
	return err
}

// later is now in milliseconds, as stored, but always after before: waiters tell
// versions apart by it.
func (s *Service) later(before time.Time) time.Time {
	if now := s.now().Truncate(time.Millisecond); now.After(before) {
		return now
	}
	return before.Add(time.Millisecond)
}

// attemptPrivate is what an attempt remembers in secret.
type attemptPrivate struct {
	Link     string `json:"link"`
	Verifier string `json:"verifier,omitempty"`
	Platform string `json:"platform,omitempty"`
}

func (p attemptPrivate) encode() vault.Secret {
	b, _ := json.Marshal(p) // strings always marshal
	return vault.NewSecret(string(b))
}

// place binds the private data to the row and to whether the attempt has ended: what
// it held before does not open afterwards.
func (a Attempt) place() vault.Place {
	p := vault.Place{Workspace: a.WorkspaceID, Table: "attempts", Row: a.ID, Field: "sealed"}
	if a.State.Final() {
		p.Version = 1
	}
	return p
}

func (s *Service) privateOf(a Attempt) (attemptPrivate, error) {
	secret, err := s.vault.Open(a.place(), a.Sealed)
	if err != nil {
		return attemptPrivate{}, fmt.Errorf("attempt %d: %w", a.ID, err)
	}
	var p attemptPrivate
	if err := json.Unmarshal([]byte(secret.Reveal()), &p); err != nil {
		return attemptPrivate{}, fmt.Errorf("attempt %d: private data is not readable", a.ID)
	}
	return p, nil
}
