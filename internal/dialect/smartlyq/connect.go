package smartlyq

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/vault"
)

// linkTTL is the guide's "expires in 15 minutes".
const linkTTL = 15 * time.Minute

// resultTTL is how long after its end a state can be polled.
const resultTTL = 24 * time.Hour

// connect starts connecting: "Request a connect link", or for Bluesky with an app password
// the account at once.
func (a *API) connect(ctx context.Context, c call) (any, error) {
	if err := a.enabled(ctx, c); err != nil {
		return nil, err
	}
	wanted, ok := offerOf(c.PathValue("platform"))
	if !ok {
		return nil, errUnsupported("This platform is not supported.", words())
	}
	ids := a.built(wanted)
	if len(ids) == 0 {
		return nil, errNotBuilt
	}
	var wrong fields
	asked := connect.NewSession{
		Origin: connect.OriginSmartlyQ, Selection: connect.SelectAll, RedirectURL: c.body.text(&wrong, "return_url", 1<<16), TTL: linkTTL,
	}
	if c.body.holdsCredentials(wanted) {
		return a.connectWithPassword(ctx, c, asked, wanted, wrong)
	}
	if err := wrong.err(); err != nil {
		return nil, err
	}
	return a.connectLink(ctx, c, asked, wanted.word, ids)
}

// enabled is the workspace's switch: off, every connect is NOT_ENABLED, whatever it names.
func (a *API) enabled(ctx context.Context, c call) error {
	w, err := a.svc.Workspace(ctx, c.caller)
	if err == nil && w.NoHeadless {
		return errNotEnabled
	}
	return err
}

// built lists our ids of a platform that this program has.
func (a *API) built(wanted offer) (ids []string) {
	for _, id := range wanted.ids {
		if _, ok := a.svc.Platforms().Get(id); ok {
			ids = append(ids, id)
		}
	}
	return ids
}

// connectLink makes the link at the first of the ids that has an app.
func (a *API) connectLink(ctx context.Context, c call, asked connect.NewSession, word string, ids []string) (any, error) {
	show := func(made connect.CreatedDirect) any { return a.toLink(made, word) }
	var err error
	for _, id := range ids {
		asked.Platforms = []string{id}
		var made connect.CreatedDirect
		if made, err = a.svc.CreateDirect(ctx, c.caller, asked, onceOf(c, show)); err == nil {
			return show(made), nil
		}
		if !errors.Is(err, connect.ErrNotConfigured) {
			break
		}
	}
	return nil, err
}

// toLink is the platform's own address where the link leads straight there, else our page.
func (a *API) toLink(made connect.CreatedDirect, word string) linkJSON {
	address := made.URL
	if address == "" {
		address = a.pageOf(word, stateParam, made.State)
	}
	return linkJSON{Platform: word, ConnectURL: address, ExpiresAt: stamp(made.ExpiresAt)}
}

// holdsCredentials tells whether an account is to be connected without its person: of the
// platforms that take credentials only Bluesky is built.
func (m members) holdsCredentials(wanted offer) bool {
	return wanted.word == "bluesky" && !(m.absent("identifier") && m.absent("app_password"))
}

func (a *API) connectWithPassword(ctx context.Context, c call, asked connect.NewSession, wanted offer, wrong fields) (any, error) {
	identifier := c.body.required(&wrong, "identifier", maxText)
	password := vault.NewSecret(c.body.required(&wrong, "app_password", maxText))
	if err := wrong.err(); err != nil {
		return nil, err
	}
	asked.Platforms = wanted.ids
	return a.once(func(ctx context.Context, c call) (any, error) {
		v, err := a.svc.CreateWithPassword(ctx, c.caller, asked, identifier, password)
		if err != nil {
			return nil, err
		}
		if len(v.Channels) == 0 {
			return nil, connect.ErrNothingReached
		}
		return connectedJSON{Platform: wanted.word, Account: toConnected(v.Channels[0])}, nil
	})(ctx, c)
}

// poll tells how a link stands: "poll with the state_token from the connect_url".
func (a *API) poll(ctx context.Context, c call) (any, error) {
	v, err := a.svc.SessionByLink(ctx, c.caller, vault.NewSecret(c.PathValue("state_token")))
	if err != nil {
		return nil, err
	}
	if v.Session.Origin != connect.OriginSmartlyQ || !a.now().Before(endOf(v.Session).Add(resultTTL)) {
		return nil, errAccount
	}
	return a.toPoll(v), nil
}

// endOf is when a session ended, or ends: no later than it expires, unless it was
// connected after that.
func endOf(s connect.Session) time.Time {
	if s.Final() && (s.Status == connect.SessionSucceeded || s.EndedAt.Before(s.ExpiresAt)) {
		return s.EndedAt
	}
	return s.ExpiresAt
}

func (a *API) toPoll(v connect.SessionView) pollJSON {
	s := v.Session
	told := pollJSON{Platform: sessionWord(s), Status: "expired", ExpiresAt: stamp(s.ExpiresAt)}
	switch {
	case s.Status == connect.SessionSucceeded:
		told.Status = "connected"
		for _, channel := range v.Channels {
			told.Accounts = append(told.Accounts, toConnected(channel))
		}
		if len(told.Accounts) > 0 {
			told.Account = &told.Accounts[0]
		}
	case s.Status == connect.SessionPending && a.now().Before(s.ExpiresAt):
		told.Status = "pending"
	case s.Status == connect.SessionFailed, s.Status == connect.SessionCanceled:
		told.Reason = failureCode(s)
	}
	return told
}

// failureCode is why a session did not connect: a stable word.
func failureCode(s connect.Session) string {
	switch {
	case s.Reason != "":
		return s.Reason
	case s.Status == connect.SessionCanceled:
		return "canceled"
	default:
		return connect.ErrLinkExpired.Reason
	}
}

// reconnectURL answers a link on which the account's person consents again: "the same
// account resumes — no new account is created". The documents ask social:read for it, so
// that whoever may read an account may make its link; asking for the head makes none.
func (a *API) reconnectURL(ctx context.Context, c call) (any, error) {
	channel, err := a.account(ctx, c.caller, c)
	if err != nil {
		return nil, err
	}
	if c.Method == http.MethodHead {
		return nil, nil
	}
	as := c.caller
	as.Scopes = append(slices.Clip(as.Scopes), connect.ScopeSessionsWrite)
	made, err := a.svc.Reconnect(ctx, as, connect.NewReconnect{
		ChannelID: channel.ID, Origin: connect.OriginSmartlyQ, TTL: linkTTL,
	}, connect.Once[connect.CreatedSession]{})
	if errors.Is(err, fault.NotFound) {
		return nil, errAccount
	}
	if err != nil {
		return nil, err
	}
	return reconnectJSON{a.pageOf(platformWord(channel.Platform), tokenParam, made.Link)}, nil
}
