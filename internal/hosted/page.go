package hosted

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"

	"github.com/a-h/templ"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/hosted/ui"
	"patchbay/internal/httpx"
	"patchbay/internal/i18n"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// page is one answer to one browser about one session.
type page struct {
	h       *Hosted
	w       http.ResponseWriter
	r       *http.Request
	v       connect.LinkView
	link    vault.Secret
	browser vault.Secret
	frame   ui.Frame
}

func (h *Hosted) newPage(w http.ResponseWriter, r *http.Request, v connect.LinkView, link, browser vault.Secret) page {
	return page{h: h, w: w, r: r, v: v, link: link, browser: browser, frame: h.frame(w, r, v.Workspace.Name, v.Session.Platform)}
}

// frame says "Lab" where the page is about a platform that the Lab plays; the
// platform may be empty.
func (h *Hosted) frame(w http.ResponseWriter, r *http.Request, app, platform string) ui.Frame {
	return ui.Frame{
		P: i18n.For(r.Header.Get("Accept-Language")), Nonce: newNonce(w), App: app, Lab: slices.Contains(h.inLab, platform),
	}
}

func render(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	var body bytes.Buffer
	if err := c.Render(r.Context(), &body); err != nil {
		return fmt.Errorf("render page: %w", err)
	}
	secureHeaders(w)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, err := w.Write(body.Bytes())
	return err
}

func (p page) render(status int, c templ.Component) error { return render(p.w, p.r, status, c) }

func (p page) path(rest string) string { return p.h.sessionPath(p.link) + rest }

func (p page) formToken() string { return httpx.FormToken(p.browser) }

// targets shows the picker; wrong is the key of what was wrong with the last choice.
func (p page) targets(wrong string) error {
	if p.v.Attempt.State != connect.AttemptChoosing || p.v.Session.Final() {
		return connect.ErrNothingToChoose
	}
	name, icon := p.platformName(p.v.Attempt.Platform)
	view := ui.TargetsView{
		Frame: p.frame, Platform: name, Icon: icon, Account: p.v.Grant.Facts.Name, Action: p.path("/targets"), FormToken: p.formToken(),
		Many: p.v.Pick == platform.PickMany, Missing: p.missing(), StartOver: p.path("?choose=1"),
	}
	status := http.StatusOK
	if wrong != "" {
		view.Error, status = p.frame.P.T(wrong), http.StatusUnprocessableEntity
	}
	chosen := p.r.PostForm["target"]
	for _, t := range p.v.Targets {
		view.Rows = append(view.Rows, p.targetRow(t, chosen))
	}
	return p.render(status, ui.Targets(view))
}

func (p page) progress() error {
	name, icon := p.platformName(p.v.Attempt.Platform)
	view := ui.ProgressView{Frame: p.frame, Platform: name, Icon: icon, RefreshURL: p.path("")}
	if !p.v.Expired && !direct(p.v) {
		view.StartOver = p.path("?choose=1")
	}
	return p.render(http.StatusOK, ui.Progress(view))
}

// confirm says that the application has to confirm, and leads there who came back
// from the platform; back is empty for everybody else.
func (p page) confirm(back string) error {
	name, icon := p.platformName(p.v.Session.Platform)
	view := ui.ConfirmView{Frame: p.frame, Platform: name, Icon: icon, BackURL: back, RefreshURL: p.path("")}
	if !p.v.Expired {
		view.StartOver = p.path("?choose=1")
	}
	return p.render(http.StatusOK, ui.Confirm(view))
}

// failed tells what happened to the last attempt and what can be done.
func (p page) failed() error {
	a := p.v.Attempt
	view := p.outcome(a.Reason, toneOf(a.Reason))
	if a.State == connect.AttemptDenied {
		view.Tone = ui.Neutral
	}
	view.Platform, view.Icon = p.platformName(a.Platform)
	view.Retry = &ui.Post{Action: p.path("/platform"), FormToken: p.formToken(), Fields: map[string]string{"platform": a.Platform}}
	if len(p.v.Offered) > 1 {
		view.More = p.path("?choose=1")
	}
	switch a.Reason {
	case connect.ErrOtherAccount.Reason:
		view = p.switching(view, a.Platform)
	case connect.ErrTargetMissing.Reason, connect.ErrNothingReached.Reason:
		view.Coach = p.coach(a.Platform)
	}
	view.Back = p.back()
	return p.render(http.StatusOK, ui.Outcome(view))
}

// back is the way back to the application, where there is one: it ends the session.
func (p page) back() *ui.Post {
	if p.v.Session.RedirectURL == "" {
		return nil
	}
	return &ui.Post{Action: p.path("/leave"), FormToken: p.formToken()}
}

// ended tells how a session ended, with the way back to the application.
func (p page) ended() error {
	s := p.v.Session
	switch s.Status {
	case connect.SessionSucceeded:
		return p.succeeded()
	case connect.SessionFailed:
		return p.lost(s.Reason)
	case connect.SessionCanceled:
		return p.problem("link_canceled")
	default:
		return p.problem("link_expired")
	}
}

// succeeded names the channels, and leads back to the application, only in the
// browser that connected them: whoever else has the link learns nothing more, and
// cannot be led into the application with somebody else's channel.
func (p page) succeeded() error {
	if !connectedHere(p.v) {
		return p.render(http.StatusOK, ui.Outcome(p.outcome("connected_close", ui.Success)))
	}
	reason := "connected_close"
	if p.v.Session.RedirectURL != "" {
		reason = "connected"
	}
	view := p.outcome(reason, ui.Success)
	view.Detail = "" // nothing for support here
	view.Platform, view.Icon = p.platformName(p.v.Session.Platform)
	view.BackURL, view.Missing = p.h.returnURL(p.v, p.link), p.missing()
	for _, c := range p.v.Channels {
		view.Channels = append(view.Channels, ui.Account{Name: nameOf(c.Facts), Detail: detailOf(c.Facts)})
	}
	return p.render(http.StatusOK, ui.Outcome(view))
}

// toneOf is the tone of an end that is no success: to say no is nobody's mistake.
func toneOf(reason string) ui.Tone {
	if reason == "denied" || reason == "link_canceled" {
		return ui.Neutral
	}
	return ui.Problem
}

// lost is a failure after which the link is of no more use.
func (p page) lost(reason string) error {
	view := p.outcome(reason, toneOf(reason))
	view.Platform, view.Icon = p.platformName(p.v.Session.Platform)
	view.Over, view.BackURL = true, p.h.returnURL(p.v, p.link)
	return p.render(http.StatusOK, ui.Outcome(view))
}

// refused tells why a callback was not used, and where to go on.
func (p page) refused(err error) error {
	f := fault.From(err)
	view := p.outcome(f.Reason, ui.Problem)
	view.Platform, view.Icon = p.platformName(p.r.PathValue("platform"))
	switch {
	case p.v.Session.Final() && p.v.Attempt.ID != 0:
		view.BackURL = p.h.returnURL(p.v, p.link)
	case !direct(p.v):
		view.Restart = p.path("")
	}
	return p.render(statuses[f.Code], ui.Outcome(view))
}

// problem is an end that nothing on this page can turn.
func (p page) problem(reason string) error { return p.problemWith(http.StatusOK, reason) }

func (p page) problemWith(status int, reason string) error {
	view := p.outcome(reason, toneOf(reason))
	if p.v.Session.Platform != "" {
		view.Platform, view.Icon = p.platformName(p.v.Session.Platform)
	}
	if p.v.Session.Final() {
		view.BackURL = p.h.returnURL(p.v, p.link)
	} else {
		view.Back = p.back()
	}
	return p.render(status, ui.Outcome(view))
}

func (p page) outcome(reason string, tone ui.Tone) ui.OutcomeView {
	view := ui.OutcomeView{Frame: p.frame, Tone: tone, Reason: p.outcomeSlug(reason), Detail: httpx.RequestID(p.r.Context())}
	if slices.Contains(aboutAccount, view.Reason) {
		view.Account = p.account()
	}
	return view
}

func (p page) platformName(id string) (name, icon string) {
	pl, ok := p.h.svc.Platforms().Get(id)
	if !ok {
		return "", ""
	}
	return pl.Spec().Name, p.h.icon(id)
}

// icon is the platform's own inline SVG: ours, so it may stand in a page as it is.
func (h *Hosted) icon(id string) string {
	p, ok := h.svc.Platforms().Get(id)
	if !ok {
		return ""
	}
	if guide, ok := p.(platform.Guide); ok {
		return guide.Icon()
	}
	return ""
}
