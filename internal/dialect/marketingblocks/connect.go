package marketingblocks

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/httpx"
	"patchbay/internal/vault"
)

// linkTTL is the document's "expires_in is currently 900 seconds".
const linkTTL = 900 * time.Second

// resultTTL is how long a finished session is told.
const resultTTL = 24 * time.Hour

// connectChannel "initiates a social media channel connection flow for a user. It
// generates a secure connect_url that the user must open in a browser".
func (a *API) connectChannel(w http.ResponseWriter, r *http.Request) error {
	caller, err := a.connector(w, r)
	if err != nil {
		return err
	}
	body, err := readBody(w, r)
	if err != nil {
		return err
	}
	asked, err := a.newSession(r.Context(), caller, body)
	if err != nil {
		return err
	}
	made, err := a.svc.CreateSession(r.Context(), caller, asked, connect.Once[connect.CreatedSession]{}) // its document knows no idempotency key
	if err != nil {
		return err
	}
	return httpx.WriteJSON(w, http.StatusOK, a.toLink(made.Session, made.Link))
}

// newSession checks the body in the order in which the document lists its parameters.
func (a *API) newSession(ctx context.Context, c connect.Caller, body members) (connect.NewSession, error) {
	userID, err := body.userID()
	if err != nil {
		return connect.NewSession{}, err
	}
	redirectURL, err := body.redirectURL()
	if err != nil {
		return connect.NewSession{}, err
	}
	if redirectURL == "" {
		err = a.mayPoll(ctx, c)
	}
	return connect.NewSession{
		Origin: connect.OriginMarketingBlocks, OwnerExternalID: userID, Platforms: a.offered,
		RedirectURL: redirectURL, TTL: linkTTL,
	}, err
}

// mayPoll tells whether the workspace lets the application go without redirectUrl.
func (a *API) mayPoll(ctx context.Context, c connect.Caller) error {
	w, err := a.svc.Workspace(ctx, c)
	if err == nil && w.RequireRedirectURL {
		return errRequired("redirectUrl")
	}
	return err
}

// connectStatus is "for mobile fallback and AI agent / CLI integrations".
func (a *API) connectStatus(w http.ResponseWriter, r *http.Request) error {
	caller, err := a.caller(w, r)
	if err != nil {
		return err
	}
	token := r.URL.Query().Get(linkParam)
	if strings.TrimSpace(token) == "" {
		return errRequired(linkParam)
	}
	view, err := a.svc.SessionByLink(r.Context(), caller, vault.NewSecret(token))
	if errors.Is(err, fault.NotFound) || (err == nil && a.over(view.Session)) {
		return httpx.WriteJSON(w, http.StatusNotFound, expiredReply{Expired: true, ConnectStatus: "expired"})
	}
	if err != nil {
		return err
	}
	return httpx.WriteJSON(w, http.StatusOK, toStatus(view))
}

// over tells whether there is nothing to say about a session here: it expired, its
// result is old, or its link is another interface's.
func (a *API) over(s connect.Session) bool {
	return s.Origin != connect.OriginMarketingBlocks ||
		s.Status == connect.SessionExpired ||
		(s.Final() && !a.now().Before(s.EndedAt.Add(resultTTL)))
}
