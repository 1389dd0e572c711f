package app_test

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"patchbay/internal/app"
	"patchbay/internal/config"
	"patchbay/internal/httpx"
	"patchbay/internal/vault"
)

// graph answers debug_token as Meta does, from a place with another clock.
func graph(t *testing.T, status int, body string, ahead time.Duration) *httpx.Client {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer app|hunter2" || strings.Contains(r.URL.String(), "hunter2") {
			t.Errorf("got %s, want the app's own token, and not in the address", r.URL)
		}
		w.Header().Set("Date", time.Now().Add(ahead).UTC().Format(http.TimeFormat))
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(srv.Close)
	return httpx.NewClient(httpx.ClientConfig{Origins: map[string]string{"https://graph.facebook.com": srv.URL}})
}

func TestDoctorAsksPlatformsThatTell(t *testing.T) {
	t.Parallel()
	const known, unknown = `{"data":{"is_valid":false,"scopes":[]}}`, `{"error":{"message":"hunter2","type":"OAuthException","code":%CODE%}}`
	for name, c := range map[string]struct {
		status int
		body   string
		ahead  time.Duration
		want   []string // check, status, a part of the detail; and so on
	}{
		"known":           {200, known, 0, []string{"platform facebook", "ok", "Facebook knows the app", "clock", "ok", "agrees with Facebook"}},
		"unknown":         {400, strings.Replace(unknown, "%CODE%", "101", 1), 0, []string{"platform facebook", "problem", "does not accept"}},
		"a wrong secret":  {400, strings.Replace(unknown, "%CODE%", "190", 1), 0, []string{"platform facebook", "problem", "does not accept"}},
		"too often":       {400, strings.Replace(unknown, "%CODE%", "4", 1), 0, []string{"platform facebook", "warning", "not proven"}},
		"a broken answer": {200, "<html>", 0, []string{"platform facebook", "warning", "not proven"}},
		"a fast clock":    {200, known, 90 * time.Second, []string{"clock", "warning", "Facebook is 1m"}},
		"a slow clock":    {200, known, -time.Hour, []string{"clock", "problem", "behind this machine"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config.Config{DataDir: t.TempDir(), Apps: map[string]config.AppCredentials{"facebook": {ClientID: "app", ClientSecret: vault.NewSecret("hunter2")}}}
			checks := app.Doctor{Config: cfg, Client: graph(t, c.status, c.body, c.ahead)}.Examine(t.Context())
			for i := 0; i < len(c.want); i += 3 {
				if !contains(checks, c.want[i], c.want[i+1], c.want[i+2]) {
					t.Errorf("got %+v, want %s of %s: %s", checks, c.want[i+1], c.want[i], c.want[i+2])
				}
			}
			for _, check := range checks {
				if strings.Contains(check.Detail+check.Next, "hunter2") {
					t.Errorf("got %+v, want no secret", check)
				}
			}
		})
	}
}

func contains(checks []app.Check, name, status, detail string) bool {
	for _, c := range checks {
		if c.Name == name && c.Status == status && strings.Contains(c.Detail, detail) {
			return true
		}
	}
	return false
}

// TestDoctorSeesAProxyThatSendsInCircles is a proxy in front that rewrites the Host and
// is not trusted.
func TestDoctorSeesAProxyThatSendsInCircles(t *testing.T) {
	t.Parallel()
	var public string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/healthz" {
			_, _ = w.Write([]byte("ok\n"))
			return
		}
		http.Redirect(w, r, public+r.URL.Path, http.StatusSeeOther)
	}))
	t.Cleanup(srv.Close)
	public = srv.URL
	checks := app.Doctor{Config: config.Config{PublicURL: public, DatabaseURL: "sqlite:" + filepath.Join(t.TempDir(), "none.db")}}.Examine(t.Context())
	if !contains(checks, "public URL", "problem", "to itself for ever") {
		t.Errorf("got %+v, want that it is told", checks)
	}
}
