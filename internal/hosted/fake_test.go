package hosted

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/httpx"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

const (
	publicURL = "https://connect.example.com"
	sessionAt = "/connect/s/link"
)

// core is a Service made of functions; one that a test left out is not called.
type core struct {
	Service
	view     func(browser vault.Secret) connect.LinkView
	begin    func(connect.BeginRequest) (string, error)
	signIn   func(connect.SignInRequest) (connect.Session, error)
	callback func(connect.CallbackRequest) (connect.Arrival, error)
	losses   func(browser vault.Secret) (connect.Session, error)
}

func (c core) OpenLink(_ context.Context, _, browser vault.Secret) (connect.LinkView, error) {
	if c.view == nil {
		return connect.LinkView{Workspace: connect.Workspace{Name: "Harbour Tools"}}, nil
	}
	return c.view(browser), nil
}

func (c core) Nudge(context.Context, connect.Attempt) error { return nil }

func (c core) Begin(_ context.Context, r connect.BeginRequest) (string, error) { return c.begin(r) }

func (c core) SignIn(_ context.Context, r connect.SignInRequest) (connect.Session, error) {
	return c.signIn(r)
}

func (c core) Callback(_ context.Context, r connect.CallbackRequest) (connect.Arrival, error) {
	return c.callback(r)
}

func (c core) AcceptLoss(_ context.Context, r connect.AcceptLossRequest) (connect.Session, error) {
	return c.losses(r.Browser)
}

func (c core) Platforms() *platform.Registry {
	return platform.NewRegistry([]platform.Platform{
		&consenting{spec: platform.Spec{ID: "plain", Name: "Plain"}},
		&consenting{spec: platform.Spec{ID: "many", Name: "Many", Input: platform.InputServer}},
		&signing{consenting{spec: platform.Spec{ID: "second", Name: "Second", Input: platform.InputHandle}}},
	})
}

// consenting is a platform as far as pages see one.
type consenting struct {
	platform.Platform
	spec platform.Spec
}

func (p *consenting) Spec() platform.Spec { return p.spec }

// signing also knows app passwords.
type signing struct{ consenting }

func (*signing) SignIn(context.Context, platform.Env, platform.SignInRequest) (platform.Token, error) {
	panic("the core signs in")
}

func (*signing) PasswordPattern() string { return "[a-z]{4}" }

// browser is a cookie, and what it was answered.
type browser struct {
	t      *testing.T
	h      *Hosted
	cookie string
}

func newBrowser(t *testing.T, cfg Config) *browser {
	t.Helper()
	cfg.PublicURL = publicURL
	cfg.Faces = []Face{NativeFace{}}
	h, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, h: h, cookie: strings.Repeat("a", 43)}
}

func (b *browser) get(path string) *http.Response {
	b.t.Helper()
	return b.send(httptest.NewRequestWithContext(b.t.Context(), http.MethodGet, publicURL+path, nil))
}

func (b *browser) post(path string, form url.Values) *http.Response {
	b.t.Helper()
	form.Set("form_token", httpx.FormToken(vault.NewSecret(b.cookie)))
	r := httptest.NewRequestWithContext(b.t.Context(), http.MethodPost, publicURL+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.send(r)
}

func (b *browser) send(r *http.Request) *http.Response {
	b.t.Helper()
	if b.cookie != "" {
		r.AddCookie(&http.Cookie{Name: "__Host-pb", Value: b.cookie})
	}
	w := httptest.NewRecorder()
	httpx.Mux(b.h.Routes()).ServeHTTP(w, r)
	resp := w.Result()
	for _, c := range resp.Cookies() {
		b.cookie = c.Value
	}
	return resp
}

func textOf(t *testing.T, resp *http.Response) string {
	t.Helper()
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), "<wbr>", "") // a place to break is nothing to read
}

// pending is a session that waits for its application since this browser came back.
func pending(a connect.Attempt, code string) connect.LinkView {
	v := connect.LinkView{Workspace: connect.Workspace{Name: "Harbour Tools"}, Attempt: a, ConfirmCode: vault.NewSecret(code)}
	v.Session = connect.Session{
		ID: 7, Origin: connect.OriginNative, Status: connect.SessionPending, Platform: "plain",
		RedirectURL: "https://app.example.com/back?a=1", ConfirmBy: time.Unix(1, 0),
	}
	return v
}
