package hosted

import (
	"errors"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/hosted/ui"
	"patchbay/internal/httpx"
	"patchbay/internal/vault"
)

// statuses is how each code shows in the status line of a page.
var statuses = map[fault.Code]int{
	fault.Invalid:             http.StatusUnprocessableEntity,
	fault.Unauthenticated:     http.StatusUnauthorized,
	fault.Forbidden:           http.StatusForbidden,
	fault.NotFound:            http.StatusNotFound,
	fault.Conflict:            http.StatusConflict,
	fault.RateLimited:         http.StatusTooManyRequests,
	fault.ReauthRequired:      http.StatusConflict,
	fault.Denied:              http.StatusForbidden,
	fault.PlatformUnavailable: http.StatusServiceUnavailable,
	fault.PlatformRejected:    http.StatusBadGateway,
	fault.Unsupported:         http.StatusNotImplemented,
	fault.Internal:            http.StatusInternalServerError,
}

// writeError shows an error as a page. Where the address names a session, the page
// leads back to it; a session that is over tells that itself, with the way back to
// the application.
func (h *Hosted) writeError(w http.ResponseWriter, r *http.Request, err error) {
	if renderErr := h.errorPage(w, r, err); renderErr != nil {
		httpx.NoteError(r, errors.Join(err, renderErr))
	}
}

func (h *Hosted) errorPage(w http.ResponseWriter, r *http.Request, err error) error {
	token := r.PathValue("token")
	if token == "" || errors.Is(err, connect.ErrLinkUnknown) {
		return h.outcomePage(w, r, err, "")
	}
	session := h.sessionPath(vault.NewSecret(token))
	switch {
	case r.Method == http.MethodPost && over(err): // a second click, another tab, a page left open
		redirect(w, session)
		return nil
	case fault.ReasonOf(err) == connect.ErrTooManyAttempts.Reason:
		return h.usedUp(w, r, vault.NewSecret(token))
	case fault.ReasonOf(err) == connect.ErrTooManyTries.Reason: // the platform's own page still works
		return h.outcomePage(w, r, err, session+"/platform/"+url.PathEscape(r.PathValue("platform")))
	}
	return h.outcomePage(w, r, err, session+"?choose=1")
}

// usedUp says that a link begins no more attempts, with the way back to the application.
func (h *Hosted) usedUp(w http.ResponseWriter, r *http.Request, link vault.Secret) error {
	browser := h.cookies.Browser(r)
	v, err := h.svc.OpenLink(r.Context(), link, browser)
	if err != nil {
		return err
	}
	return h.newPage(w, r, v, link, browser).problemWith(http.StatusTooManyRequests, connect.ErrTooManyAttempts.Reason)
}

// over tells whether an error says that the session begins nothing any more.
func over(err error) bool {
	return slices.ContainsFunc([]error{connect.ErrReplayed, connect.ErrLinkFinished, connect.ErrLinkCanceled, connect.ErrLinkFailed, connect.ErrLinkExpired},
		func(end error) bool { return errors.Is(err, end) })
}

func (h *Hosted) outcomePage(w http.ResponseWriter, r *http.Request, err error, restart string) error {
	f := fault.From(err)
	status := statuses[f.Code]
	if f == errFormLarge {
		status = http.StatusRequestEntityTooLarge
	}
	view := ui.OutcomeView{
		Frame: h.frame(w, r, "", r.PathValue("platform")), Tone: ui.Problem, Reason: f.Reason, Restart: restart, Detail: httpx.RequestID(r.Context()),
	}
	if p, ok := h.svc.Platforms().Get(r.PathValue("platform")); ok {
		view.Platform, view.Icon = p.Spec().Name, h.icon(p.Spec().ID)
	}
	if f.RetryAfter > 0 {
		seconds := math.Ceil(f.RetryAfter.Seconds())
		w.Header().Set("Retry-After", strconv.Itoa(int(seconds)))
		view.Wait, view.Seconds = int(math.Ceil(seconds/60)), int(seconds)
	}
	return render(w, r, status, ui.Outcome(view))
}
