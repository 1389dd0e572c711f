package journey_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"patchbay/internal/e2e"
	"patchbay/internal/httpx"
)

// address fills a route's path with something that nobody has.
func address(w *e2e.World, r httpx.Route) (method, url string) {
	method = r.Method
	if method == "" {
		method = http.MethodGet
	}
	path := regexp.MustCompile(`\{[^}]*\}`).ReplaceAllStringFunc(r.Path, func(name string) string {
		switch {
		case name == "{$}":
			return ""
		case strings.Contains(name, "platform"):
			return "x"
		case strings.Contains(name, "id"):
			return "999999"
		default:
			return "nobody"
		}
	})
	return method, w.URL + path
}

func TestEveryPageHasItsHeaders(t *testing.T) {
	t.Parallel()
	w := e2e.Start(t, e2e.Options{})
	for _, r := range w.App.Routes {
		if r.Format != httpx.FormatPage {
			continue
		}
		method, url := address(w, r)
		page := e2e.NewPerson(t).Fetch(method, url, nil)
		if page.Status == http.StatusSeeOther && method == http.MethodGet { // a form's own address leads to its session
			continue
		}
		if page.Status >= 500 || !strings.HasPrefix(page.Header.Get("Content-Type"), "text/html") {
			t.Errorf("%s: got %d %q, want a page", r.Pattern(), page.Status, page.Header.Get("Content-Type"))
		}
		for name, want := range map[string]string{
			"Referrer-Policy": "same-origin", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "X-Frame-Options": "DENY",
			"Cross-Origin-Opener-Policy": "",
		} {
			if got := page.Header.Get(name); got != want {
				t.Errorf("%s: %s: got %q, want %q", r.Pattern(), name, got, want)
			}
		}
		policy := page.Header.Get("Content-Security-Policy")
		nonce := regexp.MustCompile(`'nonce-([^']{20,})'`).FindStringSubmatch(policy)
		if nonce == nil || !strings.Contains(page.Body, `nonce="`+nonce[1]+`"`) ||
			!strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") ||
			!strings.Contains(policy, "base-uri 'none'") || strings.Contains(policy, "form-action") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: policy %q does not fit the page", r.Pattern(), policy)
		}
	}
}

func TestKeysAreAskedForEverywhere(t *testing.T) {
	t.Parallel()
	w := e2e.Start(t, e2e.Options{})
	guarded := 0
	for _, r := range w.App.Routes {
		if r.Auth != httpx.AuthKey {
			continue
		}
		guarded++
		method, url := address(w, r)
		for name, key := range map[string]string{"no key": "", "a wrong key": "pb_" + strings.Repeat("a", 59), "nonsense": "x"} {
			if got := w.CallAs(t, key, method, strings.TrimPrefix(url, w.URL), nil); got.Status != http.StatusUnauthorized {
				t.Errorf("%s with %s: got %d, want 401", r.Pattern(), name, got.Status)
			}
		}
	}
	if guarded < 10 {
		t.Errorf("only %d routes ask for a key: the walk is broken", guarded)
	}
}

// The log names the route pattern, never the path or query that came.
func TestTheRequestLogNamesPatterns(t *testing.T) {
	t.Parallel()
	log := &buffer{}
	w := e2e.Start(t, e2e.Options{Log: log})
	e2e.NewPerson(t).Open(w.URL + "/connect/s/some-link-token?utm=some-query")
	e2e.NewPerson(t).Open(w.URL + "/no/such/page/some-path")
	text := log.String()
	if !strings.Contains(text, `"route":"GET /connect/s/{token}"`) || !strings.Contains(text, `"route":"GET /"`) {
		t.Errorf("got %s, want the patterns", text)
	}
	for _, raw := range []string{"some-link-token", "some-query", "some-path"} {
		if strings.Contains(text, raw) {
			t.Errorf("the log holds %q", raw)
		}
	}
}

func TestAnotherHostNameLeadsToThePublicOne(t *testing.T) {
	t.Parallel()
	w, p := e2e.Start(t, e2e.Options{}), e2e.NewPerson(t)
	link := w.NewLink(t, "user-1", "")
	elsewhere := strings.Replace(link.URL, "127.0.0.1", "localhost", 1)
	first := p.Fetch(http.MethodGet, elsewhere, nil)
	if first.Status != http.StatusSeeOther || first.Redirect != link.URL || len(p.Cookies(elsewhere)) != 0 {
		t.Errorf("got %d to %q with %d cookies, want 303 to %q without one", first.Status, first.Redirect, len(p.Cookies(elsewhere)), link.URL)
	}
}

func TestTheRootAndProbes(t *testing.T) {
	t.Parallel()
	w := e2e.Start(t, e2e.Options{})
	if page := e2e.NewPerson(t).Open(w.URL + "/"); page.Status != http.StatusOK || !strings.Contains(page.Body, w.LabURL+"/lab/") {
		t.Errorf("root: got %d without a way to the Lab", page.Status)
	}
	for _, path := range []string{"/healthz", "/readyz"} {
		if a := w.CallAs(t, "", http.MethodGet, path, nil); a.Status != http.StatusOK || string(a.Body) != "ok\n" {
			t.Errorf("%s: got %d %q, want 200 ok", path, a.Status, a.Body)
		}
	}
}
