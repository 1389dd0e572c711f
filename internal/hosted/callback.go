package hosted

import (
	"cmp"
	"errors"
	"net/http"
	"strconv"

	"patchbay/internal/connect"
	"patchbay/internal/httpx"
	"patchbay/internal/vault"
)

// callback is where a platform sends the person back to.
func (h *Hosted) callback(w http.ResponseWriter, r *http.Request) error {
	if r.Method == http.MethodHead { // a GET route answers HEAD too, and the code can be posted only once
		return nil
	}
	q := r.URL.Query()
	for _, name := range []string{"state", "code", "error", "iss"} {
		if len(q[name]) > 1 {
			return connect.ErrCallbackInvalid
		}
	}
	app, err := appID(r)
	if err != nil {
		return err
	}
	browser := h.cookies.Browser(r)
	if browser.Empty() {
		// A session may allow another browser than the one that began to come back: what
		// follows is shown to that one, so it needs a cookie of its own first.
		browser = h.cookies.Ensure(w, r)
	}
	arrival, err := h.svc.Callback(r.Context(), connect.CallbackRequest{
		Platform: r.PathValue("platform"), AppID: app, State: vault.NewSecret(q.Get("state")), Code: vault.NewSecret(q.Get("code")),
		Error: q.Get("error"), Issuer: q.Get("iss"), Browser: browser, From: comesFrom(r),
	})
	switch {
	case errors.Is(err, connect.ErrMismatch), errors.Is(err, connect.ErrCallbackInvalid), errors.Is(err, connect.ErrReplayed):
		return h.callbackRefused(w, r, arrival, browser, err)
	case err != nil:
		return err
	}
	return h.onward(w, r, arrival.Link, browser)
}

// appID is the last part of a callback's path; 0 without one: the instance's own app.
func appID(r *http.Request) (int64, error) {
	raw := r.PathValue("app")
	if raw == "" {
		return 0, nil
	}
	id, err := strconv.ParseInt(raw, 10, 64)
	if err != nil || id <= 0 || formatID(id) != raw {
		return 0, errNotHere
	}
	return id, nil
}

// callbackRefused shows why nothing was done with the platform's answer. A replay
// whose attempt still goes on (a reload) leads to where it stands.
func (h *Hosted) callbackRefused(w http.ResponseWriter, r *http.Request, a connect.Arrival, browser vault.Secret, err error) error {
	if a.Session.Display == connect.DisplayDirect {
		return h.directRefused(w, r, a, browser, err)
	}
	if errors.Is(err, connect.ErrReplayed) && !a.Attempt.State.Final() {
		redirect(w, h.sessionPath(a.Link))
		return nil
	}
	if errors.Is(err, connect.ErrReplayed) && a.Attempt.State == connect.AttemptSuperseded {
		err = connect.ErrSuperseded // this answer was never used: another attempt ended the session first
	}
	if a.Link.Empty() {
		return err
	}
	httpx.NoteError(r, err)
	v, openErr := h.svc.OpenLink(r.Context(), a.Link, browser)
	if openErr != nil {
		return openErr
	}
	return h.newPage(w, r, v, a.Link, browser).refused(err)
}

// onward leads from a callback, a sign-in or a warning to what comes next: the
// application when this browser's part is done, the session's page for everything else.
func (h *Hosted) onward(w http.ResponseWriter, r *http.Request, link, browser vault.Secret) error {
	v, err := h.svc.OpenLink(r.Context(), link, browser)
	if err != nil {
		return err
	}
	next := h.sessionPath(link)
	s := v.Attempt.State
	if s == connect.AttemptSucceeded || s == connect.AttemptConfirming || direct(v) && v.Session.Final() {
		next = cmp.Or(h.returnURL(v, link), next)
	}
	redirect(w, next)
	return nil
}

// pickTargets is the choice among targets.
func (h *Hosted) pickTargets(w http.ResponseWriter, r *http.Request) error {
	link, browser := vault.NewSecret(r.PathValue("token")), h.cookies.Browser(r)
	ids, err := parseIDs(r.PostForm["target"])
	if err == nil {
		_, err = h.svc.Choose(r.Context(), connect.ChooseRequest{Link: link, Browser: browser, TargetIDs: ids, From: comesFrom(r)})
	}
	if err != nil && !errors.Is(err, connect.ErrNothingChosen) && !errors.Is(err, connect.ErrTargetUnknown) {
		return err
	}
	v, openErr := h.svc.OpenLink(r.Context(), link, browser)
	if openErr != nil {
		return openErr
	}
	switch {
	case errors.Is(err, connect.ErrNothingChosen):
		return h.newPage(w, r, v, link, browser).targets("field.target.required")
	case err != nil:
		return h.newPage(w, r, v, link, browser).targets("field.target.unknown")
	case v.Session.RedirectURL != "":
		redirect(w, cmp.Or(h.returnURL(v, link), h.sessionPath(link)))
	default:
		redirect(w, h.sessionPath(link))
	}
	return nil
}

// acceptLosses goes on with a consent that costs channels, after its person was warned.
func (h *Hosted) acceptLosses(w http.ResponseWriter, r *http.Request) error {
	link, browser := vault.NewSecret(r.PathValue("token")), h.cookies.Browser(r)
	if _, err := h.svc.AcceptLoss(r.Context(), connect.AcceptLossRequest{Link: link, Browser: browser, From: comesFrom(r)}); err != nil {
		return err
	}
	return h.onward(w, r, link, browser)
}

func parseIDs(raw []string) ([]int64, error) {
	ids := make([]int64, 0, len(raw))
	for _, s := range raw {
		id, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return nil, connect.ErrTargetUnknown
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// document serves what a platform fetches from us, such as a client metadata document.
func (h *Hosted) document(w http.ResponseWriter, r *http.Request) error {
	doc, err := h.svc.Document(r.PathValue("platform"), r.PathValue("document"))
	if err != nil {
		return err
	}
	return httpx.WriteJSON(w, http.StatusOK, doc)
}
