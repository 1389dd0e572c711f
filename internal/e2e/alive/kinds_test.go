package alive_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"patchbay/internal/config"
	"patchbay/internal/e2e"
	"patchbay/internal/lab"
)

const day = 24 * time.Hour

// kind is a platform and how its grants live.
type kind struct {
	name     string
	platform string
	server   string        // what the person types first, where each server is one of its own
	needs    time.Duration // from one refresh to the next at the least: life − lead − random part; zero: none
	ends     time.Duration // from the consent until only the person can go on; zero: never
	own      bool          // its channels have a token of their own, which does not end
	call     string        // the Lab's harmless call; %s is the channel's id at the platform
	refresh  *bool         // LinkedIn: whether consents come with a refresh token
}

const meta = "/graph.facebook.com/v25.0/%s?fields=id"

// shortLife is life − lead − random part of a token of two hours, in minutes 120 − 10 − 5.
const shortLife = 105 * time.Minute

var (
	// Meta's token of sixty days is its own refresh token. The Lab's gains nothing by it.
	facebook  = kind{name: "facebook", platform: "facebook", needs: 42 * day, ends: 60 * day, own: true, call: "/lab/facebook" + meta}
	instagram = kind{name: "instagram", platform: "instagram", needs: 42 * day, ends: 60 * day, own: true, call: "/lab/instagram" + meta}
	twitter   = kind{name: "x", platform: "x", needs: shortLife, call: "/lab/x/api.x.com/2/users/me"}
	partner   = kind{name: "linkedin with a refresh token", platform: "linkedin", needs: 42 * day, ends: 365 * day, call: "/lab/linkedin/api.linkedin.com/v2/userinfo", refresh: new(true)}
	member    = kind{name: "linkedin without", platform: "linkedin", ends: 60 * day, call: "/lab/linkedin/api.linkedin.com/v2/userinfo", refresh: new(false)}
	mastodon  = kind{name: "mastodon", platform: "mastodon", server: "mastodon.example", call: "/lab/mastodon/mastodon.example/api/v1/accounts/verify_credentials"}
	strict    = kind{name: "strict", platform: "strict", needs: shortLife, call: "/lab/open/strict.open.example/userinfo"}
	grace     = kind{name: "grace", platform: "grace", needs: shortLife, call: "/lab/open/grace.open.example/userinfo"}
	stable    = kind{name: "stable", platform: "stable", needs: shortLife, call: "/lab/open/stable.open.example/userinfo"}
)

// models are the refresh models of the Lab's open servers, as files describe them.
var models = map[string]string{
	"strict": "{model: rotating}", "grace": "{model: rotating_with_grace, grace: 30s}", "stable": "{model: stable}",
}

// withOpen makes the Lab's open servers platforms that an operator described.
func withOpen(t testing.TB) func(*config.Config) {
	return func(c *config.Config) {
		dir := t.TempDir()
		for id, model := range models {
			write(t, filepath.Join(dir, "secret-"+id), "secret-"+id)
			write(t, filepath.Join(dir, id+".yaml"), fmt.Sprintf(`
id: %[1]s
name: Open %[1]s
issuer: %[2]s/lab/open/%[1]s.open.example
client_id: client-%[1]s
client_secret_file: secret-%[1]s
scopes: [{name: openid, feature: profile, required: true}, {name: post, feature: post}]
refresh: %[3]s
probe_every: 1d
identity: {subject: /sub, name: /name, username: /preferred_username}
`, id, c.LabURL, model))
		}
		c.TrustedOrigins, c.CustomPlatforms = append(c.TrustedOrigins, c.LabURL), append(c.CustomPlatforms, dir)
	}
}

// registerOpen makes the program's clients known to them.
func (w *world) registerOpen(t testing.TB) {
	t.Helper()
	for id := range models {
		err := w.App.Lab.Register(lab.App{
			Platform: "open", ClientID: "client-" + id, ClientSecret: "secret-" + id, RedirectURIs: []string{w.URL + "/oauth/callback/" + id},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// grant is a consent in the test's eyes.
type grant struct {
	kind
	persona  string
	family   string // the Lab's name of it
	channels []channel
}

type channel struct {
	ID       int64
	External string `json:"external_id"`
}

// consents connects somebody and remembers what the Lab calls it.
func (w *world) consents(t testing.TB, k kind, persona string) grant {
	t.Helper()
	if k.refresh != nil {
		w.lab(t, "/lab/linkedin", map[string]any{"refresh_tokens": *k.refresh})
	}
	g := grant{kind: k, persona: persona}
	for _, id := range w.connect(t, k, persona) {
		var c channel
		w.Call(t, http.MethodGet, fmt.Sprintf("/v1/channels/%d", id), nil).Into(t, http.StatusOK, &c)
		g.channels = append(g.channels, c)
	}
	all := w.App.Lab.Redeems()
	g.family = all[len(all)-1].Family
	return g
}

// works calls the platform with a channel's token and tells whether it was taken.
func (w *world) works(t testing.TB, k kind, c channel, lent token) bool {
	t.Helper()
	path := k.call
	if k.own {
		path = fmt.Sprintf(path, c.External)
	}
	there := e2e.World{URL: w.LabURL}
	answer := there.CallAs(t, lent.Access, http.MethodGet, path, nil)
	if answer.Status != http.StatusOK && answer.Status != http.StatusUnauthorized && answer.Status != http.StatusBadRequest {
		t.Fatalf("%s: got %d: %s", path, answer.Status, answer.Body)
	}
	return answer.Status == http.StatusOK
}
