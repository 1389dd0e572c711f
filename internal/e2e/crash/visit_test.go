package crash_test

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"patchbay/internal/e2e"
)

// patience bounds what is waited for: leases that run out, and a machine that is busy.
const patience = 60 * time.Second

// visit is a person with a link: their browser, what they could still send, and what
// the application knows.
type visit struct {
	w *world
	p *e2e.Person
	journey
	asking
	user     string
	link     e2e.Link
	id       int64    // of the session
	chooser  e2e.Form // of the page that is still open in another tab
	consent  e2e.Page // the platform's page; zero before it was reached
	callback string   // the address that the platform sent them to

	once    *once  // of the request for a native session
	code    string // to confirm with, as it last came to the application
	cancels bool   // the application wants it canceled
	told    string // how it ended, as the application was told; empty: by the pages
}

// newVisit is somebody for whom nothing has been asked yet.
func (w *world) newVisit(t testing.TB, j journey, a asking, user string) *visit {
	if j.platform == "mastodon" {
		a.native = true // MarketingBlocks' document knows no Mastodon
	}
	v := &visit{w: w, p: e2e.NewPerson(t), journey: j, asking: a, user: user}
	w.visits = append(w.visits, v)
	return v
}

// visit is newVisit at the platform's consent page.
func (w *world) visit(t testing.TB, j journey, user string) *visit {
	t.Helper()
	v := w.newVisit(t, j, asking{}, user)
	v.depart(t)
	return v
}

// ask gets the link from the application, unless there is one.
func (v *visit) ask(t testing.TB) {
	t.Helper()
	switch {
	case v.link.URL != "":
	case v.native:
		v.take(t, v.wanted(t).insist(t))
	default:
		body := map[string]string{"userId": v.user, "redirectUrl": v.w.home}
		if status := v.w.call(t, http.MethodPost, "/api/v1/social-sparks/connect-channel", body, &v.link); status != http.StatusOK {
			t.Fatalf("connect-channel: got %d, want 200", status)
		}
		sum := sha256.Sum256([]byte(v.link.Token))
		placeholder := map[string]string{"sqlite": "?", "postgres": "$1"}[v.w.engine]
		if err := v.w.db.QueryRowContext(t.Context(), "SELECT id FROM sessions WHERE token_hash = "+placeholder, sum[:]).Scan(&v.id); err != nil {
			t.Fatalf("session of the link: %v", err)
		}
	}
}

// wanted is the request for a native session, the same each time.
func (v *visit) wanted(t testing.TB) *once {
	if v.once == nil {
		v.once = v.w.newOnce(t, "/v1/sessions", map[string]any{
			"owner": map[string]string{"external_id": v.user}, "redirect_url": v.w.home, "initiator_check": cmp.Or(v.check, "same_browser"),
		})
	}
	return v.once
}

func (v *visit) take(t testing.TB, body string) {
	t.Helper()
	var made struct {
		ID         int64  `json:"id"`
		ConnectURL string `json:"connect_url"`
	}
	if err := json.Unmarshal([]byte(body), &made); err != nil || made.ID == 0 || made.ConnectURL == "" {
		t.Fatalf("new session: got %s (%v), want an id and a link", body, err)
	}
	v.id, v.link.URL = made.ID, made.ConnectURL
}

// depart goes to the platform's consent page, unless the person was there.
func (v *visit) depart(t testing.TB) {
	t.Helper()
	if v.consent.URL != nil {
		return
	}
	form := v.serverForm(t)
	v.consent = v.p.Submit(form, v.chosen(form))
	if !strings.HasPrefix(v.consent.URL.Path, "/lab/") {
		t.Fatalf("the click led to %s (%d), want the consent page: %s", v.consent.URL.Path, v.consent.Status, e2e.Text(v.consent))
	}
}

// serverForm is the form that leads to the platform: the choice of one, or where a
// server has to be named the next page's.
func (v *visit) serverForm(t testing.TB) e2e.Form {
	t.Helper()
	v.ask(t)
	v.chooser = v.p.Form(v.p.Open(v.link.URL), "/platform", "platform="+v.platform)
	if v.server == "" {
		return v.chooser
	}
	return v.p.Form(v.p.Submit(v.chooser, v.chosen(v.chooser)), "/platform/"+v.platform, "")
}

// chosen fills in a form of serverForm's.
func (v *visit) chosen(form e2e.Form) url.Values {
	if strings.HasSuffix(form.Action, "/platform") {
		return url.Values{"platform": {v.platform}}
	}
	return url.Values{"input": {v.server}}
}

// decide answers the consent page; the callback's address is kept, and not opened.
func (v *visit) decide(t testing.TB, decision string) {
	t.Helper()
	v.depart(t)
	set := url.Values{"persona": {v.persona}, "decision": {decision}}
	if v.pages != nil {
		set["target"] = v.pages
	}
	form := v.p.Form(v.consent, "", "decision="+decision)
	v.callback = v.p.Fetch(form.Method, form.Action, form.With(set)).Redirect
	if !strings.HasPrefix(v.callback, v.w.url+"/oauth/callback/") {
		t.Fatalf("the consent led to %q, want the callback", v.callback)
	}
}
