package journey_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"patchbay/internal/config"
	"patchbay/internal/e2e"
)

// The canary run: the whole journey at debug level, with everything that can go
// wrong in it, and then a search for every secret that took part, in every place
// that people, applications or operators can read.
func TestNoSecretIsToldAnywhere(t *testing.T) {
	onBoth(t, func(t *testing.T, engine string) {
		log := &buffer{}
		w := e2e.Start(t, e2e.Options{Engine: engine, Log: log})
		run := &canaryRun{t: t, w: w, person: e2e.NewPerson(t)}
		run.walk()
		places := map[string]string{
			"the log": log.String(), "the event log": run.api(t, "/v1/events?limit=200"), "channels": run.api(t, "/v1/channels"),
			"platforms": run.api(t, "/v1/platforms"), "timelines": run.timelines(t), "probes": run.api(t, "/readyz") + run.api(t, "/healthz"),
			"problems": run.problems(t),
		}
		for place, text := range places {
			mustNotTell(t, place, text, append(run.secrets(), run.links...))
		}
		for _, page := range run.pages() {
			mustNotTell(t, "the page "+page.URL.Path, page.Body, run.secrets())
		}
		if engine == "sqlite" {
			mustNotTell(t, "the database file", databaseText(t, w), append(run.secrets(), run.links...))
		}
		if len(run.secrets()) < 20 {
			t.Fatalf("only %d canaries took part: the run is broken", len(run.secrets()))
		}
	})
}

// A platform that answers with what it was sent, in every broken way, must not make
// us repeat it.
func TestHostilePlatformMakesUsRepeatNothing(t *testing.T) {
	t.Parallel()
	seen := &buffer{}
	answers := []http.HandlerFunc{
		func(w http.ResponseWriter, r *http.Request) { http.Error(w, echo(r), http.StatusInternalServerError) },
		func(w http.ResponseWriter, r *http.Request) { http.Error(w, echo(r), http.StatusBadRequest) },
		func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "<html>"+echo(r)) },
		func(w http.ResponseWriter, r *http.Request) {
			_ = json.NewEncoder(w).Encode(map[string]any{"error": echo(r), "error_description": echo(r)})
		},
		func(w http.ResponseWriter, r *http.Request) {
			_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{"message": echo(r), "code": 190, "type": echo(r)}})
		},
		func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://evil.example/?"+echo(r), http.StatusTemporaryRedirect)
		},
		func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	}
	for i, answer := range answers {
		hostile := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(seen, echo(r)+"\n")
			answer(w, r)
		}))
		t.Cleanup(hostile.Close)
		log := &buffer{}
		w := e2e.Start(t, e2e.Options{Log: log, Change: func(c *config.Config) { c.LabURL = hostile.URL }})
		for _, platform := range []string{"facebook", "x"} {
			p := e2e.NewPerson(t)
			link := w.NewLink(t, "user-1", "")
			form := p.Form(p.Open(link.URL), "/platform", "platform="+platform)
			away := p.Fetch(http.MethodPost, form.Action, form.With(url.Values{"platform": {platform}}))
			state := mustQuery(t, away.Redirect).Get("state")
			code := "canary-code-of-" + platform
			page := p.Open(w.URL + "/oauth/callback/" + platform + "?state=" + state + "&code=" + code)
			secrets := []string{state, code}
			secrets = append(secrets, w.App.Lab.Secrets()...)
			mustNotTell(t, "the page after answer "+string(rune('0'+i)), page.Body, secrets)
			mustNotTell(t, "the log after answer "+string(rune('0'+i)), log.String(), append(secrets, link.Token))
			if s := w.LinkStatus(t, link); s.ConnectStatus != "failed" {
				t.Errorf("answer %d at %s: got %s, want failed", i, platform, s.ConnectStatus)
			}
		}
	}
	if !strings.Contains(seen.String(), "canary-code-of-facebook") || !strings.Contains(seen.String(), "canary-code-of-x") {
		t.Error("the hostile platform was never sent a code: the test is broken")
	}
}

func echo(r *http.Request) string {
	body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<16))
	return r.URL.RequestURI() + " " + r.Header.Get("Authorization") + " " + string(body)
}

func mustQuery(t *testing.T, address string) url.Values {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query()
}

// canaryRun is one walk through everything, with what it learns on the way.
type canaryRun struct {
	t      *testing.T
	w      *e2e.World
	person *e2e.Person
	links  []string // link tokens: their own pages and answers hold them, nothing else may
	states []string
}

func (c *canaryRun) walk() {
	p, w := c.person, c.w
	two := c.begin("facebook", "creator")
	pick(c.t, p, p.Open(decide(p, two, "approve", nil).Redirect), 2)
	only := decide(p, c.begin("x", "creator"), "approve", nil).Redirect
	e2e.NewPerson(c.t).Open(only) // another browser
	p.Open(only)
	p.Open(only) // replayed
	p.Open(decide(p, c.begin("facebook", "creator"), "deny", nil).Redirect)
	p.Open(decide(p, c.begin("facebook", "creator"), "approve", url.Values{"scope": {"pages_show_list"}}).Redirect)
	p.Open(decide(p, c.begin("facebook", "nopages"), "approve", url.Values{"persona": {"nopages"}}).Redirect)
	broken := decide(p, c.begin("x", "creator"), "approve", nil).Redirect
	p.Open(strings.Replace(broken, "code=", "code=canary", 1)) // a code the platform refuses
	p.Open(w.URL + "/oauth/callback/x?state=canary-unknown-state&code=canary-unknown-code")
	p.Open(w.URL + "/connect/s/canary-unknown-link")
	p.Fetch(http.MethodPost, w.URL+"/connect/s/canary-unknown-link/targets", url.Values{"target": {"1"}})
}

func (c *canaryRun) begin(platform, persona string) e2e.Page {
	link := c.w.NewLink(c.t, "user-"+persona, c.w.Receiver.URL)
	c.links = append(c.links, link.Token)
	consent := choose(c.person, link.URL, platform)
	c.states = append(c.states, consent.URL.Query().Get("state"))
	return consent
}

// secrets are what nobody may be told at all: not on pages either.
func (c *canaryRun) secrets() []string {
	all := []string{c.w.Key, "canary-unknown-state", "canary-unknown-code"}
	all = append(all, c.w.App.Lab.Secrets()...)
	all = append(all, c.states...)
	for _, cookie := range c.person.Cookies(c.w.URL) {
		all = append(all, cookie.Value)
	}
	var keyset struct {
		Key []struct {
			KeyData struct {
				Value string `json:"value"`
			} `json:"keyData"`
		} `json:"key"`
	}
	if err := json.Unmarshal(c.w.Keyset, &keyset); err != nil || len(keyset.Key) == 0 {
		c.t.Fatalf("keyset: %v", err)
	}
	return append(all, keyset.Key[0].KeyData.Value)
}

// pages are what our own pages showed; the Lab's play the platforms.
func (c *canaryRun) pages() []e2e.Page {
	var ours []e2e.Page
	for _, page := range c.person.Seen {
		if strings.HasPrefix(page.URL.String(), c.w.URL) {
			ours = append(ours, page)
		}
	}
	return ours
}

func (c *canaryRun) api(t *testing.T, path string) string {
	a := c.w.Call(t, http.MethodGet, path, nil)
	if a.Status != http.StatusOK {
		t.Fatalf("%s: got status %d", path, a.Status)
	}
	return string(a.Body)
}

func (c *canaryRun) timelines(t *testing.T) string {
	var all strings.Builder
	for id := range len(c.links) {
		for _, rest := range []string{"", "/attempts"} {
			all.WriteString(c.api(t, "/v1/sessions/"+string(rune('1'+id))+rest))
		}
	}
	return all.String()
}

// problems are errors of both APIs to requests that hold secrets.
func (c *canaryRun) problems(t *testing.T) string {
	var all strings.Builder
	for _, a := range []e2e.Answer{
		c.w.CallAs(t, c.w.Key+"x", http.MethodGet, "/v1/channels", nil),
		c.w.Call(t, http.MethodGet, "/v1/channels?cursor="+c.w.Key, nil),
		c.w.Call(t, http.MethodGet, "/v1/sessions/"+c.w.Key, nil),
		c.w.Call(t, http.MethodPost, "/v1/sessions", map[string]any{"redirect_url": "ftp://" + c.w.Key, "platforms": []string{c.w.Key}}),
		c.w.Call(t, http.MethodPost, "/v1/sessions", map[string]any{"redirect_url": 7, "expires_in": c.w.Key}),
		c.w.Call(t, http.MethodPost, "/api/v1/social-sparks/connect-channel", map[string]any{"userId": []string{c.w.Key}}),
		c.w.Call(t, http.MethodGet, "/api/v1/social-sparks/"+c.w.Key, nil),
	} {
		if a.Status < 400 {
			t.Errorf("got status %d, want an error", a.Status)
		}
		all.Write(a.Body)
	}
	return all.String()
}

func databaseText(t *testing.T, w *e2e.World) string {
	t.Helper()
	var all bytes.Buffer
	file := strings.TrimPrefix(w.DSN, "sqlite:")
	names, err := filepath.Glob(file + "*")
	if err != nil || len(names) == 0 {
		t.Fatalf("no database file: %v", err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}

// mustNotTell looks for each secret as it is and as it could have been written.
func mustNotTell(t *testing.T, place, text string, secrets []string) {
	t.Helper()
	for i, secret := range secrets {
		if len(secret) < 8 {
			t.Errorf("secret %d is too short to be looked for", i)
			continue
		}
		for form, written := range map[string]string{
			"as it is": secret, "base64": base64.StdEncoding.EncodeToString([]byte(secret)), "hex": hex.EncodeToString([]byte(secret)),
			"base64url": base64.RawURLEncoding.EncodeToString([]byte(secret)), "escaped": url.QueryEscape(secret),
		} {
			if at := strings.Index(text, strings.TrimRight(written, "=")); at >= 0 {
				t.Errorf("%s tells secret %d %s: …%s", place, i, form, text[max(0, at-120):at])
			}
		}
	}
}

// buffer is a log that may be read while it is written.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
