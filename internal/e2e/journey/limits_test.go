package journey_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"patchbay/internal/config"
	"patchbay/internal/connect"
	"patchbay/internal/e2e"
	"patchbay/internal/vault"
)

// behindProxy believes the tests' own address about whom it speaks for.
func behindProxy(c *config.Config) {
	c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
}

// begin clicks on a platform and answers what came back at once.
func begin(p *e2e.Person, link, platform string) e2e.Page {
	choices := p.Open(link)
	f := p.Form(choices, "/platform", "platform="+platform)
	return p.Fetch(f.Method, f.Action, f.With(url.Values{"platform": {platform}}))
}

func TestOneAddressMayBeginSoMany(t *testing.T) {
	t.Parallel()
	w := e2e.Start(t, e2e.Options{Change: behindProxy})
	greedy, other := e2e.NewPerson(t), e2e.NewPerson(t)
	greedy.Address, other.Address = "2001:db8:1:2::1", "2001:db8:1:3::1"
	links := []string{w.NewLink(t, "user-1", "").URL, w.NewLink(t, "user-2", "").URL}
	for i := range 30 {
		greedy.Address = fmt.Sprintf("2001:db8:1:2::%x", i+1) // one household
		if got := begin(greedy, links[i%2], "x"); got.Status != http.StatusSeeOther {
			t.Fatalf("attempt %d: got status %d, want to be sent on", i+1, got.Status)
		}
	}
	got := begin(greedy, links[0], "x")
	if wait, _ := strconv.Atoi(got.Header.Get("Retry-After")); got.Status != http.StatusTooManyRequests || wait < 1 || wait > 11 {
		t.Errorf("attempt 31: got status %d and Retry-After %q, want 429 and some seconds", got.Status, got.Header.Get("Retry-After"))
	}
	if text := e2e.Text(got); !strings.Contains(text, "Too many") {
		t.Errorf("the page says %q", text)
	}
	if got := begin(other, links[1], "x"); got.Status != http.StatusSeeOther {
		t.Errorf("another address: got status %d, want to be sent on", got.Status)
	}
	page := w.Call(t, http.MethodGet, "/metrics", nil)
	if !strings.Contains(string(page.Body), `patchbay_limited_total{limit="attempts"} 1`) {
		t.Error("the metrics do not count the refusal")
	}
}

func TestOneLinkMayBeginSoMany(t *testing.T) {
	onBoth(t, func(t *testing.T, engine string) {
		w, p := e2e.Start(t, e2e.Options{Engine: engine}), e2e.NewPerson(t)
		link := w.NewLink(t, "user-1", "")
		for i := range 30 {
			if got := begin(p, link.URL, "x"); got.Status != http.StatusSeeOther {
				t.Fatalf("attempt %d: got status %d, want to be sent on", i+1, got.Status)
			}
		}
		got := begin(p, link.URL, "x")
		if text := e2e.Text(got); got.Status != http.StatusTooManyRequests || !strings.Contains(text, "new") {
			t.Errorf("attempt 31: got status %d and %q, want 429 and to be told to get a new link", got.Status, text)
		}
		if n := countOn(t, w, engine, `SELECT count(*) FROM attempts`); n != 30 {
			t.Errorf("got %d attempts stored, want 30", n)
		}
	})
}

// What comes to nothing costs calls too: hosts that a stranger names.
func TestOneLinkMayNameSoManyServers(t *testing.T) {
	onBoth(t, func(t *testing.T, engine string) {
		w, p := e2e.Start(t, e2e.Options{Engine: engine}), e2e.NewPerson(t)
		link := w.NewNative(t, "user-1")
		for i := range 31 {
			got := server(p, link, "closed.mastodon.example")
			if limited := got.Status == http.StatusTooManyRequests; limited != (i == 30) {
				t.Fatalf("server %d: got status %d and %q", i+1, got.Status, e2e.Text(got))
			}
		}
	})
}

func TestAKeyHasItsRate(t *testing.T) {
	t.Parallel()
	w := e2e.Start(t, e2e.Options{Change: func(c *config.Config) { c.RateLimit = 3 }})
	second := *w
	second.Key = w.NewKey(t, connect.Key{WorkspaceID: w.Workspace.ID})
	left := ""
	for range 3 {
		got := w.Call(t, http.MethodGet, "/v1/channels", nil)
		if got.Status != http.StatusOK || got.Header.Get("RateLimit-Limit") != "3" {
			t.Fatalf("got status %d and headers %v, want 200 and a limit of 3", got.Status, got.Header)
		}
		left += got.Header.Get("RateLimit-Remaining")
	}
	if left != "210" {
		t.Errorf("got remaining %s, want 2, 1, 0", left)
	}
	got := w.Call(t, http.MethodGet, "/v1/channels", nil)
	if got.Status != http.StatusTooManyRequests || got.Header.Get("Retry-After") != "1" || !strings.Contains(string(got.Body), `"reason":"rate_limited"`) {
		t.Errorf("got status %d, headers %v, body %s; want a problem 429", got.Status, got.Header, got.Body)
	}
	vendor := w.Call(t, http.MethodGet, "/api/v1/social-sparks/connect-status?session_token=x", nil)
	if vendor.Status != http.StatusTooManyRequests || !strings.Contains(string(vendor.Body), `"status":false`) {
		t.Errorf("MarketingBlocks: got status %d and %s, want its own 429", vendor.Status, vendor.Body)
	}
	if got := second.Call(t, http.MethodGet, "/v1/channels", nil); got.Status != http.StatusOK {
		t.Errorf("another key: got status %d, want 200", got.Status)
	}
}

func TestMetricsCountByPatternAndAskForTheirToken(t *testing.T) {
	t.Parallel()
	token := strings.Repeat("m", 16)
	w, p := e2e.Start(t, e2e.Options{Change: func(c *config.Config) { c.MetricsToken = vault.NewSecret(token) }}), e2e.NewPerson(t)
	link := w.NewLink(t, "user-1", "")
	p.Open(decide(p, choose(p, link.URL, "x"), "approve", nil).Redirect)
	p.Open(decide(p, choose(p, w.NewLink(t, "user-2", "").URL, "linkedin"), "deny", nil).Redirect)

	for _, key := range []string{"", w.Key, token + "m"} {
		asked := *w
		asked.Key = key
		if got := asked.Call(t, http.MethodGet, "/metrics", nil); got.Status != http.StatusUnauthorized {
			t.Errorf("with %d characters: got status %d, want 401", len(key), got.Status)
		}
	}
	asked := *w
	asked.Key = token
	got := asked.Call(t, http.MethodGet, "/metrics", nil)
	for _, line := range []string{
		`patchbay_attempts_total{platform="x",reason="",state="succeeded"} 1`,
		`patchbay_attempts_total{platform="linkedin",reason="denied",state="denied"} 1`,
		`patchbay_platform_call_duration_seconds_count{outcome="2xx",platform="x"} 2`,
		`patchbay_http_request_duration_seconds_count{route="GET /oauth/callback/{platform}",status="3xx"} 2`,
		`patchbay_info{engine="sqlite",version="test"} 1`,
	} {
		if !strings.Contains(string(got.Body), line+"\n") {
			t.Errorf("the metrics lack %s", line)
		}
	}
	for _, secret := range []string{strings.TrimPrefix(link.URL, w.URL), w.Key, token} {
		if strings.Contains(string(got.Body), secret) {
			t.Error("the metrics hold a secret")
		}
	}
}

func TestMetricsAreOffWithoutAToken(t *testing.T) {
	t.Parallel()
	w := e2e.Start(t, e2e.Options{NoLab: true})
	if got := w.Call(t, http.MethodGet, "/metrics", nil); got.Status != http.StatusNotFound || !strings.Contains(string(got.Body), "PATCHBAY_METRICS_TOKEN") {
		t.Errorf("got status %d and %s, want 404 and how to switch them on", got.Status, got.Body)
	}
}
