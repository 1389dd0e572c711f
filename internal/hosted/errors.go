package hosted

import (
	"errors"
	"net/http"
	"slices"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/hosted/ui"
	"patchbay/internal/httpx"
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
	restart := ""
	if token := r.PathValue("token"); token != "" && !errors.Is(err, connect.ErrLinkUnknown) {
		restart = "/connect/s/" + token + "?choose=1"
		if r.Method == http.MethodPost && over(err) { // a second click, another tab, a page left open
			redirect(w, "/connect/s/"+token)
			return
		}
	}
	if renderErr := h.outcomePage(w, r, err, restart); renderErr != nil {
		httpx.NoteError(r, errors.Join(err, renderErr))
	}
}

// over tells whether an error says that the session has ended.
func over(err error) bool {
	return slices.ContainsFunc([]error{connect.ErrLinkFinished, connect.ErrLinkCanceled, connect.ErrLinkFailed, connect.ErrLinkExpired},
		func(end error) bool { return errors.Is(err, end) })
}

func (h *Hosted) outcomePage(w http.ResponseWriter, r *http.Request, err error, restart string) error {
	f := fault.From(err)
	status := statuses[f.Code]
	view := ui.OutcomeView{
		Frame: h.frame(w, r, "", r.PathValue("platform")), Tone: ui.Problem, Reason: f.Reason, Restart: restart, Detail: httpx.RequestID(r.Context()),
	}
	if p, ok := h.svc.Platforms().Get(r.PathValue("platform")); ok {
		view.Platform, view.Icon = p.Spec().Name, h.icon(p.Spec().ID)
	}
	return render(w, r, status, ui.Outcome(view))
}
