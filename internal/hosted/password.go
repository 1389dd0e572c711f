package hosted

import (
	"net/http"
	"strings"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/hosted/ui"
	"patchbay/internal/httpx"
	"patchbay/internal/i18n"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// passwordForm is what is shown again of a form for an app password: the password
// itself never is.
type passwordForm struct {
	account                     string
	wrongAccount, wrongPassword string // "required", "unknown", …; empty: nothing is wrong
}

// patterned is a platform that can tell how its app passwords look, as an HTML input's
// pattern, so that the person's own password need not leave their browser.
type patterned interface{ PasswordPattern() string }

// askPassword asks for an app password, where the platform has such a way.
func (h *Hosted) askPassword(w http.ResponseWriter, r *http.Request) error {
	return h.showPassword(w, r, http.StatusOK, passwordForm{})
}

// takePassword signs in with it.
func (h *Hosted) takePassword(w http.ResponseWriter, r *http.Request) error {
	form := passwordForm{account: strings.TrimSpace(r.PostForm.Get("account"))}
	password := vault.NewSecret(r.PostForm.Get("password"))
	if form.account == "" {
		form.wrongAccount = "required"
	}
	if strings.TrimSpace(password.Reveal()) == "" {
		form.wrongPassword = "required"
	}
	if form.wrongAccount != "" || form.wrongPassword != "" {
		return h.showPassword(w, r, http.StatusUnprocessableEntity, form)
	}
	if err := h.limits.Password(r); err != nil {
		return err
	}
	link, browser := vault.NewSecret(r.PathValue("token")), h.cookies.Browser(r)
	session, err := h.svc.SignIn(r.Context(), connect.SignInRequest{
		Link: link, Browser: browser, Platform: r.PathValue("platform"), Account: form.account, Password: password, From: comesFrom(r),
	})
	if err == nil {
		return h.onward(w, r, link, browser)
	}
	return h.signInRefused(w, r, session, form, err)
}

// signInRefused explains beside the field what the person can correct there. What else
// the platform said stands on the attempt, and so on the session's page.
func (h *Hosted) signInRefused(w http.ResponseWriter, r *http.Request, session connect.Session, form passwordForm, err error) error {
	reason := fault.ReasonOf(err)
	form.wrongAccount = h.fieldError(r, err)
	if wrong, ok := strings.CutPrefix(reason, "password_"); ok {
		form.wrongPassword = wrong
	}
	switch {
	case form.wrongAccount != "" || form.wrongPassword != "":
		httpx.NoteError(r, err)
		return h.showPassword(w, r, http.StatusUnprocessableEntity, form)
	case session.Reason == reason:
		httpx.NoteError(r, err)
		redirect(w, h.sessionPath(vault.NewSecret(r.PathValue("token"))))
		return nil
	}
	return err
}

func (h *Hosted) showPassword(w http.ResponseWriter, r *http.Request, status int, form passwordForm) error {
	p, pl, err := h.inputPage(w, r)
	if err != nil || pl == nil {
		return err
	}
	if _, ok := pl.(platform.PasswordSigner); !ok {
		return errNotHere
	}
	return p.password(status, pl, form)
}

func (p page) password(status int, pl platform.Platform, form passwordForm) error {
	spec := pl.Spec()
	path := p.path("/platform/" + spec.ID)
	view := ui.PasswordView{
		Frame: p.frame, Platform: spec.Name, Icon: p.h.icon(spec.ID), Action: path + "/password", FormToken: p.formToken(), Other: path,
		Account: ui.Field{
			Name: "account", Value: form.account, Kind: ui.FieldKind(spec.Input), Error: p.fieldText(string(spec.Input), form.wrongAccount, spec.Name),
		},
		Error: p.fieldText("password", form.wrongPassword, spec.Name),
	}
	if p.r.Method == http.MethodGet {
		view.Account.Value = p.known(spec)
	}
	if own, ok := pl.(patterned); ok {
		view.Pattern, view.Mismatch = own.PasswordPattern(), p.fieldText("password", "form", spec.Name)
	}
	return p.render(status, ui.Password(view))
}

// fieldText says what is wrong with a field; empty when nothing is.
func (p page) fieldText(kind, wrong, platformName string) string {
	if wrong == "" {
		return ""
	}
	return p.frame.P.T("field."+kind+"."+wrong, i18n.Args{"Platform": platformName})
}
