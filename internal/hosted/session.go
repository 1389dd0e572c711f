package hosted

import (
	"cmp"
	"net/http"

	"patchbay/internal/connect"
	"patchbay/internal/httpx"
	"patchbay/internal/vault"
)

// showSession shows where a link stands. Opening it changes nothing: mail scanners
// and previews open links too.
func (h *Hosted) showSession(w http.ResponseWriter, r *http.Request) error {
	return h.show(w, r, vault.NewSecret(r.PathValue("token")))
}

// showLinked is showSession at a dialect's own address: the token is in the first of
// its query parameters that is there.
func (h *Hosted) showLinked(f Face) httpx.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		token, q := "", r.URL.Query()
		for _, name := range f.LinkParams() {
			token = cmp.Or(token, q.Get(name))
		}
		return h.show(w, r, vault.NewSecret(token))
	}
}

func (h *Hosted) show(w http.ResponseWriter, r *http.Request, link vault.Secret) error {
	browser := h.cookies.Ensure(w, r)
	v, err := h.open(r, link, browser)
	if err != nil {
		return err
	}
	p := h.newPage(w, r, v, link, browser)
	again := r.URL.Query().Has("choose") && !v.Expired // "Start over", "Choose another platform"
	switch {
	case v.Session.Final():
		return p.ended()
	case direct(v):
		return p.direct()
	case pinned(v) && v.Reconnect == nil:
		return p.problem("channel_gone")
	case v.Attempt.State == connect.AttemptWarned && !again:
		return p.warned()
	case v.Attempt.State == connect.AttemptChoosing && !again:
		return p.targets("")
	case (v.Attempt.State == connect.AttemptExchanging || v.Attempt.State == connect.AttemptVerifying) && !again:
		return p.progress()
	case v.Attempt.State == connect.AttemptConfirming && !again:
		return p.confirm(h.returnURL(v, link))
	case v.Attempt.State != connect.AttemptConfirming && !v.Session.ConfirmBy.IsZero():
		return p.confirm("") // somebody else's part is done: only the application goes on from here
	case v.Expired:
		return p.problem("link_expired")
	case v.Attempt.Reason != "" && v.Attempt.State != connect.AttemptSuperseded && !again:
		return p.failed()
	default:
		return p.choose()
	}
}

// open reads the session, after an attempt that died was helped on.
func (h *Hosted) open(r *http.Request, link, browser vault.Secret) (connect.LinkView, error) {
	v, err := h.svc.OpenLink(r.Context(), link, browser)
	if err != nil {
		return v, err
	}
	if s := v.Attempt.State; s != connect.AttemptExchanging && s != connect.AttemptVerifying {
		return v, nil
	}
	if err := h.svc.Nudge(r.Context(), v.Attempt); err != nil {
		return v, err
	}
	return h.svc.OpenLink(r.Context(), link, browser)
}

// pickPlatform is the click on a platform: to the platform at once, or first to the
// page that asks what it needs.
func (h *Hosted) pickPlatform(w http.ResponseWriter, r *http.Request) error {
	link, id := vault.NewSecret(r.PathValue("token")), r.PostForm.Get("platform")
	if p, ok := h.svc.Platforms().Get(id); ok && p.Spec().Input != "" {
		address := h.sessionPath(link) + "/platform/" + id
		if switches(r) {
			address += "?switch=1"
		}
		redirect(w, address)
		return nil
	}
	return h.begin(w, r, link, id, "")
}

func (h *Hosted) begin(w http.ResponseWriter, r *http.Request, link vault.Secret, id, input string) error {
	if err := h.limits.Attempt(r); err != nil {
		return err
	}
	address, err := h.svc.Begin(r.Context(), connect.BeginRequest{
		Link: link, Browser: h.cookies.Browser(r), Platform: id, Input: input, Switch: switches(r),
		NewServer: func() error { return h.limits.NewServer(r) },
	})
	if err != nil {
		return err
	}
	redirect(w, address)
	return nil
}

// leave goes back to the application and ends the session.
func (h *Hosted) leave(w http.ResponseWriter, r *http.Request) error {
	link := vault.NewSecret(r.PathValue("token"))
	session, err := h.svc.Leave(r.Context(), link)
	if err != nil {
		return err
	}
	if session.RedirectURL == "" {
		redirect(w, h.sessionPath(link))
		return nil
	}
	v, err := h.svc.OpenLink(r.Context(), link, h.cookies.Browser(r))
	if err != nil {
		return err
	}
	redirect(w, cmp.Or(h.returnURL(v, link), h.sessionPath(link)))
	return nil
}

// returnURL is the application's redirect URL with what its dialect tells there. It
// is empty where there is none, and for a success of another browser: nobody is led
// into the application with somebody else's channel.
func (h *Hosted) returnURL(v connect.LinkView, link vault.Secret) string {
	if v.Session.RedirectURL == "" || (v.Session.Status == connect.SessionSucceeded && !connectedHere(v)) {
		return ""
	}
	face, ok := h.faces[v.Session.Origin]
	if !ok {
		return v.Session.RedirectURL
	}
	outcome := connect.Outcome{Session: v.Session, Channels: v.Channels, Link: link, Code: v.ConfirmCode}
	return connect.AppendParams(v.Session.RedirectURL, face.Return(outcome))
}

// connectedHere tells whether this browser made the session's channels.
func connectedHere(v connect.LinkView) bool { return v.Attempt.State == connect.AttemptSucceeded }

// backToSession answers the address of a form that somebody opened by hand.
func (h *Hosted) backToSession(w http.ResponseWriter, r *http.Request) error {
	redirect(w, h.sessionPath(vault.NewSecret(r.PathValue("token"))))
	return nil
}

func (h *Hosted) nothingHere(http.ResponseWriter, *http.Request) error { return errNotHere }
