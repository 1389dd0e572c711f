package connect

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// CallbackRequest is the person coming back from the platform.
type CallbackRequest struct {
	Platform string // of the path
	AppID    int64  // of the path; 0: the instance's own app
	State    vault.Secret
	Code     vault.Secret
	Error    string // the platform's error parameter; empty when it granted
	Issuer   string // iss (RFC 9207); empty when not sent
	Browser  vault.Secret
	From     string // the address that the person comes from
}

// Arrival is where a callback led.
type Arrival struct {
	Link    vault.Secret // of the session; empty when the state is not known
	Session Session
	Attempt Attempt
}

// Callback does the callback of design "Connect": consume the state, exchange the
// code once, store the credentials at once, ask whose they are, and make the
// channels or leave the choice to the person. What went wrong at the platform is
// recorded on the attempt and is no error here; errors are ErrCallbackInvalid,
// ErrMismatch and ErrReplayed, which change nothing (the Arrival then still says
// where to go on), and internal ones.
//
// The work runs on when the browser hangs up: the code can be posted only once.
func (s *Service) Callback(ctx context.Context, r CallbackRequest) (Arrival, error) {
	arrival, private, err := s.arrive(ctx, r)
	if err != nil {
		return arrival, err
	}
	ctx = context.WithoutCancel(ctx)
	arrival.Attempt.from = r.From
	if arrival.Session.InitiatorCheck != CheckSameBrowser && !r.Browser.Empty() {
		arrival.Attempt.BrowserHash = HashToken(r.Browser) // what follows is shown to who came back
	}
	work, cancel := context.WithTimeout(ctx, s.lease)
	defer cancel()
	if outcome := s.refusal(r, arrival.Attempt); outcome != nil {
		err = s.failAttempt(work, arrival.Attempt, outcome)
	} else {
		err = s.exchange(work, arrival.Attempt, r.Code, private)
	}
	if err != nil && !errors.Is(err, fault.Conflict) { // a conflict: another request moved it on first
		return arrival, fmt.Errorf("callback of attempt %d: %w", arrival.Attempt.ID, err)
	}
	return s.arrivalNow(ctx, arrival)
}

// arrive finds the attempt of a callback and checks that it may go on.
func (s *Service) arrive(ctx context.Context, r CallbackRequest) (Arrival, attemptPrivate, error) {
	if r.State.Empty() {
		return Arrival{}, attemptPrivate{}, ErrCallbackInvalid
	}
	attempt, err := s.store.AttemptByStateHash(ctx, HashToken(r.State))
	if errors.Is(err, fault.NotFound) || (err == nil && attempt.Platform != r.Platform) {
		return Arrival{}, attemptPrivate{}, ErrCallbackInvalid
	}
	if err != nil {
		return Arrival{}, attemptPrivate{}, fmt.Errorf("find attempt: %w", err)
	}
	if attempt.RedirectURI != s.pathOf(r) {
		return Arrival{}, attemptPrivate{}, ErrCallbackInvalid
	}
	private, err := s.privateOf(attempt)
	if err != nil {
		return Arrival{}, attemptPrivate{}, err
	}
	arrival, err := s.arrivalNow(ctx, Arrival{Link: vault.NewSecret(private.Link), Attempt: attempt})
	if err != nil {
		return Arrival{}, attemptPrivate{}, err
	}
	switch {
	case arrival.Session.InitiatorCheck == CheckSameBrowser && !sameHash(attempt.BrowserHash, HashToken(r.Browser)):
		return arrival, private, ErrMismatch
	case arrival.Attempt.State != AttemptAway: // as it stands now: it may have moved on since it was found
		return arrival, private, ErrReplayed
	case r.Error == "" && r.Code.Empty():
		return arrival, private, ErrCallbackInvalid
	}
	return arrival, private, nil
}

// arrivalNow reads the attempt and its session as they stand.
func (s *Service) arrivalNow(ctx context.Context, a Arrival) (Arrival, error) {
	attempt, err := s.store.Attempt(ctx, a.Attempt.WorkspaceID, a.Attempt.ID)
	if err != nil {
		return a, fmt.Errorf("attempt %d: %w", a.Attempt.ID, err)
	}
	session, err := s.store.Session(ctx, attempt.WorkspaceID, attempt.SessionID)
	if err != nil {
		return a, fmt.Errorf("session %d: %w", attempt.SessionID, err)
	}
	a.Attempt, a.Session = attempt, session
	return a, nil
}

// refusal is why this callback cannot lead to an exchange; nil when it can.
func (s *Service) refusal(r CallbackRequest, a Attempt) *fault.Error {
	p, ok := s.platforms.Get(a.Platform)
	switch {
	case !ok:
		return ErrNotOffered
	case !s.now().Before(a.ExpiresAt):
		return ErrAttemptExpired
	case a.Issuer != "" && r.Issuer != a.Issuer:
		return platform.ErrIssuer
	case r.Error == "":
		return nil
	case platform.Denied(p.Spec(), r.Error):
		return ErrDenied
	default:
		return platform.ErrRejected
	}
}

// exchange consumes the state, posts the code once and stores what came back
// before anything else is done with it.
func (s *Service) exchange(ctx context.Context, a Attempt, code vault.Secret, private attemptPrivate) error {
	p, _ := s.platforms.Get(a.Platform)
	app, err := s.appOf(ctx, a)
	if err != nil {
		return s.failAttempt(ctx, a, err)
	}
	a, err = s.consumeState(ctx, a)
	if err != nil || a.State != AttemptExchanging {
		return err
	}
	token, err := platform.Exchange(ctx, s.envOf(a.Platform), p, platform.ExchangeRequest{
		App: app, RedirectURI: a.RedirectURI, Code: code,
		Verifier: vault.NewSecret(private.Verifier), Private: vault.NewSecret(private.Platform),
	})
	return s.accept(ctx, a, token, err)
}

// pathOf is the address that a callback came to.
func (s *Service) pathOf(r CallbackRequest) string {
	path := s.env.PublicURL + "/oauth/callback/" + r.Platform
	if r.AppID != 0 {
		path += "/" + strconv.FormatInt(r.AppID, 10)
	}
	return path
}

// accept goes on with what the platform answered to a code or a password.
func (s *Service) accept(ctx context.Context, a Attempt, token platform.Token, err error) error {
	if err != nil {
		return s.failAttempt(ctx, a, err)
	}
	stored, err := s.storeCredentials(ctx, a, token)
	if err == nil {
		err = s.verify(ctx, stored, token)
	}
	if errors.Is(err, fault.NotFound) { // its owner was erased while the platform was asked
		return errors.Join(err, s.abandon(ctx, a, token))
	}
	return err
}

// abandon has a consent ended at its platform that came when there was nobody left to have
// it. Whose it is is asked where that decides whether it may be ended.
func (s *Service) abandon(ctx context.Context, a Attempt, token platform.Token) error {
	g := Grant{WorkspaceID: a.WorkspaceID, AppID: a.AppID, Platform: a.Platform, Subject: token.Subject}
	p, ok := s.platforms.Get(a.Platform)
	if ok && g.Subject == "" && p.Spec().Revocation == platform.ReachUserApp {
		if app, err := s.appOf(ctx, a); err == nil {
			client := &platform.Client{Env: s.envOf(a.Platform), App: app, Credentials: token.Credentials, Scopes: token.Scopes}
			who, _, _ := platform.Verify(ctx, p, client) // who cannot be asked is left alone
			g.Subject = who.Subject
		}
	}
	return s.store.InTx(ctx, func(tx Tx) error { return s.queueRevocation(ctx, tx, g, token.Credentials) })
}

// consumeState makes this callback the only one that may post the code. When the
// session ended meanwhile the attempt is superseded and no code is posted.
func (s *Service) consumeState(ctx context.Context, a Attempt) (Attempt, error) {
	var taken Attempt
	err := s.inSession(ctx, a.WorkspaceID, a.SessionID, func(tx Tx, session *Session) error {
		if session.Final() {
			taken = a.moved(s.now(), AttemptSuperseded, ErrSuperseded)
			return s.supersede(ctx, tx, a)
		}
		lease, err := s.leaseEnd(ctx, tx)
		if err != nil {
			return err
		}
		taken = a.moved(s.now(), AttemptExchanging, nil)
		taken.LeaseUntil = lease
		session.Status, session.Platform, session.Reason, session.Message = SessionPending, a.Platform, "", ""
		if err := tx.UpdateAttempt(ctx, taken, AttemptAway); err != nil {
			return err
		}
		return s.step(ctx, tx, taken, string(AttemptExchanging), "")
	})
	return taken, err
}

// leaseEnd is when the lease of an attempt that begins to talk to its platform is over, by
// the database's clock, which all replicas share.
func (s *Service) leaseEnd(ctx context.Context, r Reader) (time.Time, error) {
	now, err := r.Now(ctx)
	return now.Add(s.lease), err
}

// storeCredentials commits the credentials as an unverified grant.
func (s *Service) storeCredentials(ctx context.Context, a Attempt, token platform.Token) (Attempt, error) {
	err := s.inSession(ctx, a.WorkspaceID, a.SessionID, func(tx Tx, session *Session) error {
		now := s.now()
		grant, err := tx.InsertGrant(ctx, Grant{
			WorkspaceID: a.WorkspaceID, OwnerID: session.OwnerID, AppID: a.AppID, Platform: a.Platform, State: GrantUnverified,
			Subject: "", Scopes: token.Scopes, ScopesTold: token.Scopes != nil, ExpiresAt: token.Credentials.ExpiresAt,
			TokenVersion: 1, CreatedAt: now, UpdatedAt: now,
		})
		if err != nil {
			return err
		}
		if grant, err = s.sealGrant(grant, token.Credentials); err != nil {
			return err
		}
		if err := tx.UpdateGrant(ctx, grant, grant.Fence); err != nil {
			return err
		}
		a = a.moved(now, AttemptVerifying, nil)
		a.GrantID = grant.ID
		if a.LeaseUntil, err = s.leaseEnd(ctx, tx); err != nil {
			return err
		}
		if err := tx.UpdateAttempt(ctx, a, AttemptExchanging); err != nil {
			return err
		}
		return s.step(ctx, tx, a, "credentials_stored", "")
	})
	return a, err
}

func (g Grant) place() vault.Place {
	return vault.Place{Workspace: g.WorkspaceID, Table: "grants", Row: g.ID, Field: "credentials", Version: g.TokenVersion}
}

func (s *Service) sealGrant(g Grant, c platform.Credentials) (Grant, error) {
	sealed, err := s.vault.Seal(g.place(), c.Encode())
	g.Sealed, g.ExpiresAt = sealed, c.ExpiresAt
	return g, err
}

// moved is the attempt in a new state; why is nil unless something went wrong.
// Leases end with the state that held them.
func (a Attempt) moved(now time.Time, to AttemptState, why *fault.Error) Attempt {
	a.State, a.UpdatedAt, a.LeaseUntil, a.Reason, a.Message = to, now, time.Time{}, "", ""
	if why != nil {
		a.Reason, a.Message = why.Reason, why.Message
	}
	return a
}
