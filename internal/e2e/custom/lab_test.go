package custom_test

import (
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/config"
	"patchbay/internal/e2e"
)

// TestLabServers connects the Lab's standard servers as platforms of their own, with
// what the person publishes on as targets.
func TestLabServers(t *testing.T) {
	t.Parallel()
	for _, server := range []struct{ host, refresh string }{
		{"strict.open.example", "{model: rotating}"},
		{"grace.open.example", "{model: rotating_with_grace, grace: 30s}"},
		{"stable.open.example", "{model: stable}"},
	} {
		t.Run(server.host, func(t *testing.T) {
			t.Parallel()
			w := e2e.Start(t, e2e.Options{Change: func(c *config.Config) {
				c.TrustedOrigins, c.CustomPlatforms = []string{c.LabURL}, []string{describeLab(t, c.LabURL, server.host, server.refresh)}
			}})
			registerAtLab(t, w)
			p := e2e.NewPerson(t)
			page := p.Open(w.NewNative(t, "u1"))
			page = p.Submit(p.Form(page, "/platform", "platform=harbour"), url.Values{"platform": {"harbour"}})
			page = p.Submit(p.Form(page, "", "decision=approve"), url.Values{"decision": {"approve"}, "persona": {"creator"}})
			ids := e2e.Values(page, "target")
			if len(ids) != 3 {
				t.Fatalf("got %d targets, want 3: %s", len(ids), e2e.Text(page))
			}
			p.Submit(p.Form(page, "/targets", ""), url.Values{"target": ids[:2]})
			checkPages(t, w)
			checkNewer(t, world{World: w}, w.Channels(t))
		})
	}
}

func describeLab(t *testing.T, labURL, host, refresh string) string {
	t.Helper()
	issuer := labURL + "/lab/open/" + host
	dir := t.TempDir()
	write(t, filepath.Join(dir, "secret"), "harbour-secret")
	file := filepath.Join(dir, "harbour.yml")
	write(t, file, fmt.Sprintf(`
id: harbour
name: Harbour
issuer: %s
client_id: harbour
client_secret_file: secret
par: required
scopes:
  - {name: openid, feature: profile, required: true}
  - {name: profile, feature: profile, required: true}
  - {name: accounts, feature: pages, required: true}
  - {name: post, feature: post}
refresh: %s
identity: {subject: /sub, name: /name, username: /preferred_username, avatar: /picture}
targets: {url: %s/userinfo, list: /accounts, kind: page, id: /id, name: /name, username: /username, link: /url, avatar: /picture}
`, issuer, refresh, issuer))
	return file
}

func registerAtLab(t *testing.T, w *e2e.World) {
	t.Helper()
	p := e2e.World{URL: w.LabURL}
	answer := p.CallAs(t, "", http.MethodPost, "/lab/apps", map[string]any{
		"platform": "open", "client_id": "harbour", "client_secret": "harbour-secret", "redirect_uris": []string{w.URL + "/oauth/callback/harbour"},
	})
	if answer.Status > 299 {
		t.Fatalf("register at the Lab: got %d: %s", answer.Status, answer.Body)
	}
}

func checkPages(t *testing.T, w *e2e.World) {
	t.Helper()
	var got []string
	for _, c := range w.Channels(t) {
		got = append(got, c.Platform+" "+c.ExternalID+" "+c.Name)
	}
	slices.Sort(got)
	if diff := cmp.Diff([]string{"harbour acct-101 Tidewater Radio", "harbour acct-102 Paper Harbour"}, got); diff != "" {
		t.Errorf("channels (-want +got):\n%s", diff)
	}
}

// checkNewer: channels of one consent share its tokens.
func checkNewer(t *testing.T, w world, channels []e2e.Channel) {
	t.Helper()
	first := w.lease(t, channels[0].ID, 0)
	next := w.lease(t, channels[0].ID, first.Version)
	if other := w.lease(t, channels[1].ID, 0); next.Access == first.Access || other.Access != next.Access {
		t.Errorf("got a newer token: %t, the same for the other channel: %t; want both", next.Access != first.Access, other.Access == next.Access)
	}
	for _, c := range channels {
		w.Call(t, http.MethodPost, fmt.Sprintf("/v1/channels/%d/check", c.ID), nil).Into(t, http.StatusOK, &report{})
		w.checkHealth(t, c.ID, "healthy", "")
	}
}
