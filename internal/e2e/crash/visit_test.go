package crash_test

import (
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"patchbay/internal/e2e"
)

// patience bounds what is waited for: leases that run out, and a machine that is busy.
const patience = 60 * time.Second

// journey is what a person does at a platform.
type journey struct {
	platform, persona string
	pages             []string // that stay ticked; nil: all
	picks             int      // how many targets are chosen; 0: there is no picker
	calls             []string // that the callback makes, in order
	exchange          int      // how many of them come before credentials are stored
}

func facebookCalls(more ...string) []string {
	return append([]string{"POST /oauth/access_token", "GET /oauth/access_token", "GET /me/permissions", "GET /me", "GET /me/accounts"}, more...)
}

// The Lab's personas: docs/lab.md.
var (
	picker  = journey{platform: "facebook", persona: "creator", picks: 2, calls: facebookCalls(), exchange: 2}
	onePage = journey{platform: "facebook", persona: "creator", pages: []string{"730100000000102"}, calls: facebookCalls(), exchange: 2}
	wallet  = journey{
		platform: "facebook", persona: "portfolio", picks: 1, exchange: 2,
		calls: facebookCalls("GET /me/businesses", "GET /owned_pages", "GET /client_pages", "GET /730100000000302"),
	}
	xAccount = journey{platform: "x", persona: "creator", calls: []string{"POST /2/oauth2/token", "GET /2/users/me"}, exchange: 1}
)

// visit is a person with a link: their browser, and what they could still send.
type visit struct {
	w *world
	p *e2e.Person
	journey
	link     e2e.Link
	id       int64    // of the session
	chooser  e2e.Form // of the page that is still open in another tab
	consent  e2e.Page // the platform's page
	callback string   // the address that the platform sent them to
}

// visits makes a link for a user and walks to the platform's consent page.
func (w *world) visit(t testing.TB, j journey, user string) *visit {
	t.Helper()
	v := &visit{w: w, p: e2e.NewPerson(t), journey: j}
	body := map[string]string{"userId": user, "redirectUrl": w.home}
	if status := w.call(t, http.MethodPost, "/api/v1/social-sparks/connect-channel", body, &v.link); status != http.StatusOK {
		t.Fatalf("connect-channel: got %d, want 200", status)
	}
	sum := sha256.Sum256([]byte(v.link.Token))
	placeholder := map[string]string{"sqlite": "?", "postgres": "$1"}[w.engine]
	if err := w.db.QueryRowContext(t.Context(), "SELECT id FROM sessions WHERE token_hash = "+placeholder, sum[:]).Scan(&v.id); err != nil {
		t.Fatalf("session of the link: %v", err)
	}
	v.chooser = v.p.Form(v.p.Open(v.link.URL), "/platform", "platform="+j.platform)
	v.consent = v.p.Submit(v.chooser, url.Values{"platform": {j.platform}})
	return v
}

// decide answers the consent page; the callback's address is kept, and not opened.
func (v *visit) decide(t testing.TB, decision string) {
	t.Helper()
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

// answer is what a request that may be cut off came to.
type answer struct {
	location string
	err      error
}

// send is one request of the person's browser that the program may not survive.
func (v *visit) send(t testing.TB, method, address string, form url.Values) <-chan answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	for _, cookie := range v.p.Cookies(address) {
		req.AddCookie(cookie)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", v.w.url)
	}
	done := make(chan answer, 1)
	go func() {
		resp, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			done <- answer{err: err}
			return
		}
		_, err = io.Copy(io.Discard, resp.Body)
		done <- answer{location: resp.Header.Get("Location"), err: errors.Join(err, resp.Body.Close())}
	}()
	return done
}
