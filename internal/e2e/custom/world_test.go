// Package custom_test connects a platform that a file describes: an authorization server
// that others wrote (oidc-provider), strict about PKCE, rotation and reuse, over its own
// pages. It is refreshed under a race of clients and replicas, and the server's log says
// what it saw.
package custom_test

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"patchbay/internal/config"
	"patchbay/internal/e2e"
	"patchbay/internal/testkit"
)

// variant is how the server is described.
type variant struct {
	name  string
	bound bool // pushed requests and tokens bound by DPoP
}

var variants = []variant{{"plain", false}, {"bound", true}}

// world is the running program with the server as its platform "acme".
type world struct {
	*e2e.World
	server testkit.OIDCServer
	client testkit.OIDCClient
	file   string
	ahead  *atomic.Int64 // how far our clock, not the server's, is ahead: nanoseconds
}

func (w world) now() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) }

func start(t *testing.T, engine string, v variant) world {
	t.Helper()
	w := world{server: testkit.OIDC(t), ahead: new(atomic.Int64)}
	w.World = e2e.Start(t, e2e.Options{Engine: engine, NoLab: true, Now: w.now, Change: func(c *config.Config) {
		w.client = w.server.Register(t, c.PublicURL+"/oauth/callback/acme", v.bound)
		w.file = describe(t, w.server, w.client, v)
		w.change(c)
	}})
	return w
}

// replica is another process over the same database.
func (w world) replica(t *testing.T) world {
	t.Helper()
	other := w
	other.World = e2e.Start(t, e2e.Options{Beside: w.World, NoLab: true, Now: w.now, Change: w.change})
	return other
}

func (w world) change(c *config.Config) {
	c.CustomPlatforms, c.TrustedOrigins = []string{w.file}, []string{w.server.Issuer}
}

// describe writes the file, and the secret beside it.
func describe(t *testing.T, server testkit.OIDCServer, client testkit.OIDCClient, v variant) string {
	t.Helper()
	dir := t.TempDir()
	text := fmt.Sprintf(`
id: acme
name: Acme
issuer: %s
client_id: %s
client_secret_file: secret
scopes:
  - {name: openid, feature: profile, required: true}
  - {name: profile, feature: profile, required: true}
  - {name: offline_access, feature: offline, required: true}
authorize_params: {prompt: consent}   # else the server gives no refresh token
refresh: {model: rotating, lifetime: 14d}
identity: {subject: /sub, name: /name, username: /preferred_username, link: /profile}
probe_every: 1h
`, server.Issuer, client.ID)
	if v.bound {
		text += "dpop: true\npar: required\n"
	}
	write(t, filepath.Join(dir, "secret"), client.Secret+"\n")
	file := filepath.Join(dir, "acme.yaml")
	write(t, file, text)
	return file
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// subject is an account of this test alone: the server knows whoever signs in.
func subject(t *testing.T) string {
	return strings.ToLower(strings.NewReplacer("/", "-", "_", "-", " ", "-").Replace(t.Name()))
}

// arrive opens a link and goes as far as the server's consent page.
func (w world) arrive(t *testing.T, p *e2e.Person, who string) e2e.Page {
	t.Helper()
	page := p.Open(w.NewNative(t, "owner-"+who))
	page = p.Submit(p.Form(page, "/platform", "platform=acme"), url.Values{"platform": {"acme"}})
	return signIn(t, w.server, p, page, who)
}

func signIn(t *testing.T, server testkit.OIDCServer, p *e2e.Person, page e2e.Page, who string) e2e.Page {
	t.Helper()
	if got := page.URL.Scheme + "://" + page.URL.Host; got != server.Issuer {
		t.Fatalf("got the page %s (%d), want the server's: %s", page.URL, page.Status, e2e.Text(page))
	}
	return p.Submit(p.Form(page, "", ""), url.Values{"login": {who}, "password": {"anything"}})
}

// connect does the whole journey and answers the channel.
func (w world) connect(t *testing.T, who string) e2e.Channel {
	t.Helper()
	p := e2e.NewPerson(t)
	consent := w.arrive(t, p, who)
	done := p.Submit(p.Form(consent, "", ""), nil)
	for _, c := range w.Channels(t) {
		if c.ExternalID == who {
			return c
		}
	}
	t.Fatalf("got no channel of %s: %s: %s", who, done.URL.Path, e2e.Text(done))
	return e2e.Channel{}
}

type lease struct {
	ChannelID int64  `json:"channel_id"`
	Access    string `json:"access_token"`
	Type      string `json:"token_type"`
	Key       any    `json:"dpop_key"`
	ExpiresAt string `json:"expires_at"`
	Version   int64  `json:"version"`
}

// lease asks for a token newer than a version; 0: any.
func (w world) lease(t *testing.T, channel, newerThan int64) lease {
	t.Helper()
	var l lease
	w.askToken(t, channel, newerThan).Into(t, http.StatusOK, &l)
	return l
}

func (w world) askToken(t *testing.T, channel, newerThan int64) e2e.Answer {
	t.Helper()
	body := map[string]int64{}
	if newerThan > 0 {
		body["newer_than"] = newerThan
	}
	return w.Call(t, http.MethodPost, fmt.Sprintf("/v1/channels/%d/token", channel), body)
}
