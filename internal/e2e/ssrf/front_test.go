package ssrf_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"patchbay/internal/config"
	"patchbay/internal/e2e"
)

// The same through the front: a person types, and the whole program runs.
func TestWhatAPersonTypesLeadsNowhere(t *testing.T) {
	t.Parallel()
	s, log := newStranger(t), &logText{}
	w := e2e.Start(t, e2e.Options{Log: log, Change: func(c *config.Config) {
		c.BlueskyPLC, c.BlueskyResolver, c.TrustedOrigins = s.url, s.url, []string{s.url}
	}})
	if page := typeHandle(t, w, "page.probe.test"); !strings.HasPrefix(page.Redirect, s.url+"/authorize?") {
		t.Fatalf("an honest account does not begin: %d %s", page.Status, e2e.Text(page))
	}
	for _, host := range []string{
		"127.0.0.1", "[::1]", "169.254.169.254", "localhost", "0x7f.1", "4-7f000001.probe.test", "6-00000000000000000000000000000001.probe.test",
		"4-a9fea9fe.probe.test", "cname-9-0a000001.probe.test", "6-0064ff9b00000000000000007f000001.probe.test",
	} {
		for _, lie := range []struct {
			path, member string
			value        any
		}{
			{"/xrpc/com.atproto.identity.resolveHandle", "did", didWeb(host)},
			{"/" + strangerDID, "service", []any{pds("https://" + host)}},
			{"/.well-known/oauth-protected-resource", "authorization_servers", []string{"https://" + host}},
			{"/.well-known/oauth-authorization-server", "pushed_authorization_request_endpoint", "https://" + host + "/par"},
		} {
			s.reset()
			s.lie(lie.path, lie.member, lie.value)
			page := typeHandle(t, w, "page.probe.test")
			if page.Redirect != "" || page.Status < 400 || page.Status == http.StatusInternalServerError || page.Status == http.StatusTooManyRequests {
				t.Errorf("%s of %s says %s: got %d to %q, want a page that says why not", lie.member, lie.path, host, page.Status, page.Redirect)
			}
		}
	}
	nobodyCame(t)
	if text := log.String(); strings.Contains(text, "panic") || strings.Contains(text, `"level":"ERROR"`) {
		t.Errorf("the log holds an error of ours: %s", text)
	}
}

// typeHandle is a person with a link of their own who types a handle.
func typeHandle(t *testing.T, w *e2e.World, handle string) e2e.Page {
	t.Helper()
	var session struct {
		ConnectURL string `json:"connect_url"`
	}
	w.Call(t, http.MethodPost, "/v1/sessions", map[string]any{"platforms": []string{"bluesky"}}).Into(t, http.StatusCreated, &session)
	p := e2e.NewPerson(t)
	form := p.Form(p.Submit(p.Form(p.Open(session.ConnectURL), "/platform", ""), url.Values{"platform": {"bluesky"}}), "/platform/bluesky", "")
	return p.Fetch(form.Method, form.Action, form.With(url.Values{"input": {handle}}))
}

type logText struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logText) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
