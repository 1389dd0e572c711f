package hosted

import (
	"errors"
	"net/http"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/hosted/ui"
	"patchbay/internal/httpx"
	"patchbay/internal/vault"
)

// direct tells whether a session's link leads straight to its platform. Our pages begin
// nothing for it: they only show how it stands.
func direct(v connect.LinkView) bool { return v.Session.Display == connect.DisplayDirect }

// direct shows a session that is under way to a browser that came to our page.
func (p page) direct() error {
	switch s := p.v.Attempt.State; {
	case s == connect.AttemptExchanging || s == connect.AttemptVerifying:
		return p.progress()
	case p.v.Expired:
		return p.problem("link_expired")
	}
	view := p.outcome("direct_link", ui.Neutral)
	if only := p.v.Session.Platforms; len(only) == 1 {
		view.Platform, view.Icon = p.platformName(only[0])
	}
	return p.render(http.StatusOK, ui.Outcome(view))
}

// directRefused shows why a platform's answer to a direct link was not used. A link
// works once: its second arrival changes nothing.
func (h *Hosted) directRefused(w http.ResponseWriter, r *http.Request, a connect.Arrival, browser vault.Secret, err error) error {
	httpx.NoteError(r, err)
	v, openErr := h.svc.OpenLink(r.Context(), a.Link, browser)
	if openErr != nil {
		return openErr
	}
	reload := v.Attempt.ID != 0 && v.Attempt.ID == a.Attempt.ID && !a.Attempt.State.Final()
	switch replayed := errors.Is(err, connect.ErrReplayed); {
	case replayed && reload:
		redirect(w, h.sessionPath(a.Link))
		return nil
	case replayed:
		err = errLinkUsed
	}
	return h.newPage(w, r, v, a.Link, browser).refused(err)
}

var errLinkUsed = fault.New(fault.Conflict, "link_used", "This link was already used. Nothing was changed.")
