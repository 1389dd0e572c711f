package connect

import (
	"context"
	"errors"
	"fmt"

	"patchbay/internal/fault"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// SignInRequest is an app password in place of a consent.
type SignInRequest struct {
	Link     vault.Secret
	Browser  vault.Secret
	Platform string
	Account  string // what the platform needs first, as its Spec says
	Password vault.Secret
	From     string  // the address that the person signs in from
	By       *Caller // the application that collected the password; nil: the person, on our page
}

// maxWrongPasswords bounds what one link may try.
const maxWrongPasswords = 5

// SignIn connects with an app password: what Begin and Callback do for a consent, in
// one step. Afterwards the session stands as after a callback. Errors are faults:
// ErrLink… when the link is of no use, ErrTooManyAttempts, ErrTooManyTries,
// ErrNotOffered, ErrNoPassword; and what the platform said of the account or the
// password, which the attempt tells too.
//
// The work runs on when the browser hangs up, as a callback's does.
func (s *Service) SignIn(ctx context.Context, r SignInRequest) (Session, error) {
	session, err := s.openSession(ctx, r.Link)
	if err != nil {
		return Session{}, err
	}
	p, err := s.offeredPlatform(session, r.Platform)
	if err != nil {
		return session, err
	}
	signer, ok := p.(platform.PasswordSigner)
	if !ok {
		return session, ErrNoPassword
	}
	app, ok := s.apps[r.Platform]
	if !ok {
		return session, ErrNotConfigured
	}
	if err := s.mayLookUp(ctx, session, p); err != nil {
		return session, err
	}
	lease, err := s.leaseEnd(ctx, s.store)
	if err != nil {
		return session, err
	}
	a, err := s.insertAttempt(ctx, Attempt{
		WorkspaceID: session.WorkspaceID, SessionID: session.ID, Platform: r.Platform, AppID: app.ID, State: AttemptExchanging,
		StateHash: HashToken(newToken()), BrowserHash: HashToken(r.Browser),
		ExpiresAt: session.ExpiresAt.Add(AttemptGrace), LeaseUntil: lease,
	}, attemptPrivate{Link: r.Link.Reveal()})
	if err != nil {
		return session, fmt.Errorf("begin attempt of session %d: %w", session.ID, err)
	}
	a.from, a.by = r.From, r.By
	work, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.lease)
	defer cancel()
	token, refused := platform.SignIn(work, s.envOf(r.Platform), signer, platform.SignInRequest{Account: r.Account, Password: r.Password})
	err = s.accept(work, a, token, refused)
	if err != nil && !errors.Is(err, fault.Conflict) {
		return session, fmt.Errorf("sign in of attempt %d: %w", a.ID, err)
	}
	now, err := s.store.Session(ctx, session.WorkspaceID, session.ID)
	if err != nil {
		return session, fmt.Errorf("session %d: %w", session.ID, err)
	}
	return now, refused
}

// mayTry is ErrTooManyTries when the link tried enough passwords, those under way
// included. Only a sign-in has no redirect URI.
func mayTry(past []Attempt) error {
	tried := 0
	for _, a := range past {
		if a.RedirectURI == "" && (a.State == AttemptExchanging || a.Reason == platform.ErrPasswordWrong.Reason) {
			tried++
		}
	}
	if tried >= maxWrongPasswords {
		return ErrTooManyTries
	}
	return nil
}
