package connect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
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
	Switch   bool   // ask the platform which account, where it can
	// NewServer is asked before our app is registered at a server that this instance
	// has not met; its error is the answer then. Nil: nobody minds.
	NewServer func() error
}

// Begin makes an attempt and answers the real address at the platform to send the
// person to, already passed through the origin table. Errors are faults: ErrLink…
// when the link is of no use, ErrTooManyAttempts, ErrNotOffered, ErrNotConfigured, or
// the platform's.
func (s *Service) Begin(ctx context.Context, r BeginRequest) (string, error) {
	session, err := s.openSession(ctx, r.Link)
	if err != nil {
		return "", err
	}
	p, err := s.offeredPlatform(session, r.Platform)
	if err != nil {
		return "", err
	}
	past, err := pastAttempts(ctx, s.store, session)
	if err != nil {
		return "", err
	}
	if err := s.mayLookUp(ctx, session, p); err != nil {
		return "", err
	}
	app, err := s.appFor(ctx, session.WorkspaceID, p, r)
	if err != nil {
		return "", err
	}
	state := newToken()
	req := platform.AuthorizeRequest{
		App: app.App, RedirectURI: app.RedirectURI, State: state.Reveal(), Input: r.Input, Again: declinedBefore(past, r.Platform),
		Switch: r.Switch || otherBefore(past, r.Platform),
	}
	if p.Spec().PKCE == platform.PKCES256 {
		req.Verifier = platform.NewVerifier()
	}
	auth, err := platform.Begin(ctx, s.envOf(r.Platform), p, req)
	if err != nil {
		return "", err
	}
	attempt := Attempt{
		WorkspaceID: session.WorkspaceID, SessionID: session.ID, Platform: r.Platform, AppID: app.ID, State: AttemptAway,
		StateHash: HashToken(state), BrowserHash: HashToken(r.Browser), RedirectURI: req.RedirectURI, Issuer: auth.Issuer,
		ExpiresAt: session.ExpiresAt.Add(AttemptGrace),
	}
	private := attemptPrivate{Link: r.Link.Reveal(), Verifier: req.Verifier.Reveal(), Platform: auth.Private.Reveal()}
	if _, err := s.insertAttempt(ctx, attempt, private); err != nil {
		return "", fmt.Errorf("begin attempt of session %d: %w", session.ID, err)
	}
	return s.envOf(r.Platform).HTTP.Rebase(auth.URL), nil
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
	if session.Display == DisplayDirect { // its one attempt began with it
		return ErrReplayed
	}
	if !s.now().Before(session.ExpiresAt) {
		return ErrLinkExpired
	}
	return nil
}

func (s *Service) offeredPlatform(session Session, platformID string) (platform.Platform, error) {
	p, ok := s.platforms.Get(platformID)
	if !ok || !session.offers(platformID) {
		return nil, ErrNotOffered
	}
	return p, nil
}

// maxAttempts bounds what one link may cost: a person needs a handful.
const maxAttempts = 30

// pastAttempts lists the session's attempts; ErrTooManyAttempts when there may be no more.
func pastAttempts(ctx context.Context, r Reader, session Session) ([]Attempt, error) {
	attempts, err := r.Attempts(ctx, session.WorkspaceID, session.ID)
	if err != nil {
		return nil, fmt.Errorf("attempts of session %d: %w", session.ID, err)
	}
	if len(attempts) >= maxAttempts {
		return nil, ErrTooManyAttempts
	}
	return attempts, nil
}

// mayLookUp counts what the person typed, where that decides whom we call: also when no
// attempt comes of it. ErrTooManyAttempts when a link named enough hosts.
func (s *Service) mayLookUp(ctx context.Context, session Session, p platform.Platform) error {
	if p.Spec().Input == "" {
		return nil
	}
	lookups := 0
	err := s.store.InTx(ctx, func(tx Tx) (err error) {
		lookups, err = tx.CountLookup(ctx, session.WorkspaceID, session.ID)
		return err
	})
	if err != nil {
		return fmt.Errorf("count lookup of session %d: %w", session.ID, err)
	}
	if lookups > maxAttempts {
		return ErrTooManyAttempts
	}
	return nil
}

// declinedBefore tells whether the person said no, wholly or in part, at this
// platform earlier in this session: some platforms only ask again when told to.
func declinedBefore(past []Attempt, platformID string) bool {
	return slices.ContainsFunc(past, func(a Attempt) bool {
		return a.Platform == platformID &&
			(a.State == AttemptDenied || a.Reason == platform.ErrScopesMissing.Reason || a.Reason == ErrTargetMissing.Reason || a.State == AttemptWarned)
	})
}

// insertAttempt commits the attempt and turns its session to pending.
func (s *Service) insertAttempt(ctx context.Context, a Attempt, private attemptPrivate) (made Attempt, err error) {
	err = s.inSession(ctx, a.WorkspaceID, a.SessionID, func(tx Tx, session *Session) error {
		if err := s.checkOpen(*session); err != nil {
			return err
		}
		past, err := pastAttempts(ctx, tx, *session) // again: others may have begun meanwhile
		if err != nil {
			return err
		}
		if a.RedirectURI == "" {
			if err := mayTry(past); err != nil {
				return err
			}
		}
		a.CreatedAt, a.UpdatedAt = s.now(), s.now()
		if made, err = tx.InsertAttempt(ctx, a); err != nil {
			return err
		}
		if made.Sealed, err = s.vault.Seal(made.place(), private.encode()); err != nil {
			return err
		}
		if err := tx.SealAttempt(ctx, made.WorkspaceID, made.ID, made.Sealed); err != nil {
			return err
		}
		session.Status, session.Platform, session.Reason, session.Message = SessionPending, a.Platform, "", ""
		return s.step(ctx, tx, made, "begun", "")
	})
	return made, err
}

// inSession runs fn with the session locked. Where fn changed the session it is
// saved, and whoever waits for it is woken.
func (s *Service) inSession(ctx context.Context, workspaceID, id int64, fn func(Tx, *Session) error) error {
	changed, noted := false, &endings{}
	err := s.store.InTx(ctx, func(tx Tx) error {
		noted = &endings{Tx: tx}
		before, err := tx.LockSession(ctx, workspaceID, id)
		if err != nil {
			return err
		}
		session := before
		if err := fn(noted, &session); err != nil {
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
	if err == nil {
		for _, a := range noted.attempts {
			s.ended(a.Platform, string(a.State), a.Reason)
		}
	}
	return err
}

// endings remembers the attempts that a transaction ended.
type endings struct {
	Tx
	attempts []Attempt
}

func (e *endings) UpdateAttempt(ctx context.Context, a Attempt, from AttemptState) error {
	err := e.Tx.UpdateAttempt(ctx, a, from)
	if err == nil && a.State.Final() {
		e.attempts = append(e.attempts, a)
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
	Confirm  string `json:"confirm,omitempty"` // the code that the application confirms with
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
