package serve_test

import (
	"crypto/tls"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"patchbay/internal/config"
	"patchbay/internal/e2e"
)

// behindTLS is a program behind a proxy that ends TLS, as nginx and Caddy do. rewrite is
// what the proxy does to the Host: nothing, or a name of its own with or without
// telling the browser's.
func behindTLS(t *testing.T, trusted bool, rewrite func(*httputil.ProxyRequest)) (public string, w *e2e.World, browser *http.Client) {
	t.Helper()
	var inner *url.URL
	proxy := httptest.NewTLSServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(inner)
		r.Out.Host = r.In.Host
		r.Out.Header["X-Forwarded-For"] = r.In.Header["X-Forwarded-For"]
		r.SetXForwarded()
		r.Out.Header.Del("X-Forwarded-Host")
		rewrite(r)
	}})
	t.Cleanup(proxy.Close)
	w = e2e.Start(t, e2e.Options{Change: func(c *config.Config) {
		c.LabURL, c.PublicURL = "", proxy.URL
		if trusted {
			c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
		}
	}, NoLab: true})
	inner, _ = url.Parse(w.URL)
	jar, _ := cookiejar.New(nil)
	browser = &http.Client{
		Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
	}
	return proxy.URL, w, browser
}

func TestPagesBehindAProxyThatEndsTLS(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		trusted bool
		rewrite func(*httputil.ProxyRequest)
	}{
		"it hands on the host": {false, func(*httputil.ProxyRequest) {}},
		"it is trusted too":    {true, func(*httputil.ProxyRequest) {}},
		"its own host, and it tells": {true, func(r *httputil.ProxyRequest) {
			r.Out.Host = "patchbay.internal"
			r.Out.Header.Set("X-Forwarded-Host", r.In.Host)
		}},
		"its own host, as nginx does":         {true, func(r *httputil.ProxyRequest) { r.Out.Host = "127.0.0.1:8080" }},
		"its own host, as containers have it": {true, func(r *httputil.ProxyRequest) { r.Out.Host = "patchbay:8080" }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			public, w, browser := behindTLS(t, c.trusted, c.rewrite)
			link := w.NewLink(t, "user-1", "")
			if !strings.HasPrefix(link.URL, public+"/") {
				t.Fatalf("link: got %s, want it to begin with %s", link.URL, public)
			}
			page := ask(t, browser, http.MethodGet, link.URL, nil, nil)
			if page.StatusCode != http.StatusOK {
				t.Fatalf("the page: got %s to %q, want 200", page.Status, page.Header.Get("Location"))
			}
			cookies := page.Cookies()
			if len(cookies) != 1 || cookies[0].Name != "__Host-pb" || !cookies[0].Secure {
				t.Errorf("cookies: got %v, want __Host-pb with Secure", cookies)
			}
			token := formToken(t, page)
			for _, from := range []struct {
				origin, site string
				want         int
			}{
				{"https://evil.example.com", "", http.StatusForbidden},
				{"https://evil.example.com", "cross-site", http.StatusForbidden},
				{public, "same-origin", http.StatusSeeOther}, // today's browsers
			} {
				header := http.Header{"Origin": {from.origin}, "Content-Type": {"application/x-www-form-urlencoded"}}
				if from.site != "" {
					header.Set("Sec-Fetch-Site", from.site)
				}
				left := ask(t, browser, http.MethodPost, public+"/connect/s/"+link.Token+"/leave", header, url.Values{"form_token": {token}})
				if left.StatusCode != from.want && (from.want != http.StatusSeeOther || left.StatusCode != http.StatusOK) {
					t.Errorf("a form from %s (%s): got %s, want %d", from.origin, from.site, left.Status, from.want)
				}
			}
			if s := w.LinkStatus(t, link); s.ConnectStatus == "pending" {
				t.Errorf("after leaving: got %+v, want it to have ended", s)
			}
		})
	}
}

// TestOlderBrowsersBehindAProxy send an Origin and no Sec-Fetch-Site; the proxy's name
// for us must not make their own forms look foreign.
func TestOlderBrowsersBehindAProxy(t *testing.T) {
	t.Parallel()
	public, w, browser := behindTLS(t, true, func(r *httputil.ProxyRequest) { r.Out.Host = "patchbay:8080" })
	link := w.NewLink(t, "user-1", "")
	token := formToken(t, ask(t, browser, http.MethodGet, link.URL, nil, nil))
	header := http.Header{"Origin": {public}, "Content-Type": {"application/x-www-form-urlencoded"}}
	left := ask(t, browser, http.MethodPost, public+"/connect/s/"+link.Token+"/leave", header, url.Values{"form_token": {token}})
	if left.StatusCode >= 400 {
		t.Errorf("got %s, want the form to be taken", left.Status)
	}
}

// TestOtherNamesAreSentToThePublicOne also behind a proxy that hands the name on.
func TestOtherNamesAreSentToThePublicOne(t *testing.T) {
	t.Parallel()
	public, w, browser := behindTLS(t, true, func(r *httputil.ProxyRequest) { r.Out.Host = "alias.example.com" })
	link := w.NewLink(t, "user-1", "")
	page := ask(t, browser, http.MethodGet, link.URL, nil, nil)
	if got := page.Header.Get("Location"); page.StatusCode != http.StatusSeeOther || !strings.HasPrefix(got, public+"/connect/") {
		t.Errorf("got %s to %q, want a redirect to %s", page.Status, got, public)
	}
}

// ask is one request of the browser.
func ask(t *testing.T, browser *http.Client, method, address string, header http.Header, form url.Values) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if header != nil {
		req.Header = header
	}
	resp, err := browser.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

func formToken(t *testing.T, page *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(page.Body)
	if err != nil {
		t.Fatal(err)
	}
	_, after, ok := strings.Cut(string(text), `name="form_token" value="`)
	token, _, _ := strings.Cut(after, `"`)
	if !ok || token == "" {
		t.Fatalf("no form token on the page: %s", text)
	}
	return token
}
