package platformtest

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/httpx"
	"patchbay/internal/lab"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

const state = "state-canary+/= ~" // characters that a careless encoding changes

// world is a Lab behind a front that counts and can break what passes, and our side of it.
type world struct {
	platform platform.Platform
	spec     platform.Spec
	lab      *lab.Lab
	base     string
	app      platform.App
	redirect string
	verifier vault.Secret
	env      platform.Env
	input    string
	extra    url.Values

	mu       sync.Mutex
	clock    time.Time
	requests []string // "POST /2/oauth2/token" of what platform code called
	codes    int      // token requests with an authorization code
	breaking func(call string, n int) http.HandlerFunc
}

func newWorld(t *testing.T, h Harness, timeout time.Duration) *world {
	t.Helper()
	spec := h.spec()
	w := &world{
		platform: h.platform, spec: spec, extra: h.Extra, clock: time.Now(), verifier: platform.NewVerifier(),
		redirect: "https://patchbay.test/oauth/callback/" + spec.ID,
		app:      platform.App{ClientID: "client: 1+1", ClientSecret: vault.NewSecret("secret-canary&=%: +")},
	}
	front := httptest.NewUnstartedServer(http.HandlerFunc(w.front))
	w.base = "http://" + front.Listener.Addr().String()
	w.lab = lab.New(lab.Config{BaseURL: w.base, Now: w.now})
	front.Start()
	client := httpx.NewClient(httpx.ClientConfig{Origins: platform.LabOrigins(w.base, []platform.Spec{spec}), Timeout: timeout, UserAgent: "platformtest"})
	t.Cleanup(func() {
		client.CloseIdle()
		front.CloseClientConnections()
		front.Close()
	})
	w.env = platform.Env{HTTP: client, Now: w.now, PublicURL: "https://patchbay.test"}
	var err error
	if w.app, err = register(t, w.platform, w.env, w.lab.Register, registration{h.server, w.redirect, w.app}); err != nil {
		t.Fatal(err)
	}
	w.input, w.requests = h.server, nil
	return w
}

// registration is an app to be made; the platform makes up its credentials where it
// registers apps itself.
type registration struct {
	server, redirect string
	app              platform.App
}

// register makes an app: at the server, as the platform does, or at the Lab.
func register(t *testing.T, p platform.Platform, env platform.Env, atLab func(lab.App) error, r registration) (platform.App, error) {
	t.Helper()
	registrar, own := p.(platform.Registrar)
	if !own {
		return r.app, atLab(lab.App{Platform: p.Spec().ID, ClientID: r.app.ClientID, ClientSecret: r.app.ClientSecret.Reveal(), RedirectURIs: []string{r.redirect}})
	}
	server, err := registrar.Server(r.server)
	if err != nil {
		return platform.App{}, err
	}
	return registrar.Register(t.Context(), env, platform.Registration{Server: server, RedirectURI: r.redirect})
}

// spec is the form as the server of this run fills it in.
func (h Harness) spec() platform.Spec {
	s := h.platform.Spec()
	if fill := h.Servers[h.server]; fill != nil {
		fill(&s)
	}
	return s
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.clock
}

// later moves the clock of both sides.
func (w *world) later(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clock = w.clock.Add(d)
}

// front stands before the Lab.
func (w *world) front(rw http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	if r.UserAgent() == "platformtest" {
		if broken := w.count(r, string(body)); broken != nil {
			broken(rw, r)
			return
		}
	}
	w.lab.Handler().ServeHTTP(rw, r)
}

func (w *world) count(r *http.Request, body string) http.HandlerFunc {
	w.mu.Lock()
	defer w.mu.Unlock()
	form, _ := url.ParseQuery(body)
	if form.Has("code") || r.URL.Query().Has("code") {
		w.codes++
	}
	parts := strings.SplitN(r.URL.Path, "/", 5) // "", lab, <platform>, <host>, path
	call := r.Method + " https://" + strings.Join(parts[3:], "/")
	w.requests = append(w.requests, call)
	if w.breaking == nil {
		return nil
	}
	return w.breaking(call, len(w.requests))
}

// failWhen breaks the calls of which when is true, n counting from 1 from now on.
func (w *world) failWhen(when func(call string, n int) bool, h http.HandlerFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.requests, w.codes = nil, 0
	w.breaking = func(call string, n int) http.HandlerFunc {
		if when(call, n) {
			return h
		}
		return nil
	}
}

func (w *world) counted() (requests []string, codes int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.requests), w.codes
}

func (w *world) authorizeRequest() platform.AuthorizeRequest {
	return platform.AuthorizeRequest{App: w.app, RedirectURI: w.redirect, State: state, Verifier: w.verifier, Input: w.input}
}

func (w *world) begin(t *testing.T) platform.Authorization {
	t.Helper()
	a, err := platform.Begin(t.Context(), w.env, w.platform, w.authorizeRequest())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// exchangeRequest is what the callback of a consent makes us send.
func (w *world) exchangeRequest(t *testing.T, c choice) platform.ExchangeRequest {
	t.Helper()
	a := w.begin(t)
	back := w.consent(t, a.URL, c)
	if back.Get("code") == "" {
		t.Fatalf("the consent came back without a code: %v", back)
	}
	return platform.ExchangeRequest{
		App: w.app, RedirectURI: w.redirect, Code: vault.NewSecret(back.Get("code")), Verifier: w.verifier, Private: a.Private,
	}
}

func (w *world) exchange(t *testing.T, req platform.ExchangeRequest) (platform.Token, error) {
	t.Helper()
	token, err := platform.Exchange(t.Context(), w.env, w.platform, req)
	w.noLeak(t, err, req.Code.Reveal())
	return token, err
}

// connected is the client of a person who consented.
func (w *world) connected(t *testing.T, c choice) *platform.Client {
	t.Helper()
	token, err := w.exchange(t, w.exchangeRequest(t, c))
	if err != nil {
		t.Fatalf("exchange: %v", err)
	}
	return &platform.Client{Env: w.env, App: w.app, Credentials: token.Credentials, Scopes: token.Scopes, Subject: token.Subject}
}

func (w *world) verify(t *testing.T, c *platform.Client) (platform.Identity, []platform.Target, error) {
	t.Helper()
	id, targets, err := platform.Verify(t.Context(), w.platform, c)
	w.noLeak(t, err)
	return id, targets, err
}

// noLeak holds an error to quoting nothing that is secret, however deep one looks.
func (w *world) noLeak(t *testing.T, err error, more ...string) {
	t.Helper()
	secrets := append(w.lab.Secrets(), w.verifier.Reveal(), w.app.ClientSecret.Reveal(), "canary")
	for e := err; e != nil; e = errors.Unwrap(e) {
		for _, secret := range append(secrets, more...) {
			if strings.Contains(e.Error(), secret) || strings.Contains(e.Error(), url.QueryEscape(secret)) {
				t.Errorf("error holds a secret: %v", e)
			}
		}
		if strings.Contains(e.Error(), "?") {
			t.Errorf("error holds a query: %v", e)
		}
	}
}

// wantReason checks the reason slug of err; several are given where RFC 6749 has one
// word for several causes.
func wantReason(t *testing.T, err error, reasons ...string) {
	t.Helper()
	if got := fault.ReasonOf(err); !slices.Contains(reasons, got) {
		t.Errorf("reason: got %q (%v), want one of %q", got, err, reasons)
	}
}
