package journey_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"patchbay/internal/e2e"
)

// ownApp gives the world's workspace an app of its own at a platform, known to the Lab.
func ownApp(t *testing.T, w *e2e.World, platform string) (id int64, redirectURI string) {
	t.Helper()
	var made struct {
		ID          int64  `json:"id"`
		RedirectURI string `json:"redirect_uri"`
	}
	w.Call(t, http.MethodPost, "/v1/apps", map[string]string{
		"platform": platform, "client_id": "their-client", "client_secret": "their-secret",
	}).Into(t, http.StatusCreated, &made)
	w.Call(t, http.MethodPost, "/lab/apps", map[string]any{
		"platform": platform, "client_id": "their-client", "client_secret": "their-secret", "redirect_uris": []string{made.RedirectURI},
	})
	return made.ID, made.RedirectURI
}

func TestAWorkspacesOwnAppIsUsedAndComesBackToItsOwnAddress(t *testing.T) {
	onBoth(t, func(t *testing.T, engine string) {
		w, p := e2e.Start(t, e2e.Options{Engine: engine}), e2e.NewPerson(t)
		id, redirectURI := ownApp(t, w, "x")
		if want := fmt.Sprintf("%s/oauth/callback/x/%d", w.URL, id); redirectURI != want {
			t.Errorf("got redirect_uri %s, want %s", redirectURI, want)
		}
		link := w.NewLink(t, "user-1", "")
		consent := choose(p, link.URL, "x")
		if got := consent.URL.Query().Get("client_id"); got != "their-client" {
			t.Fatalf("the person consents to %q, want the workspace's app", got)
		}
		back := decide(p, consent, "approve", nil).Redirect
		if !strings.HasPrefix(back, redirectURI+"?") {
			t.Fatalf("the platform sends to %s, want %s", back, redirectURI)
		}
		// The answer belongs to this app: at another's address it counts for nothing.
		for _, wrong := range []string{"/oauth/callback/x", fmt.Sprintf("/oauth/callback/x/%d", id+1), "/oauth/callback/linkedin"} {
			moved := strings.Replace(back, redirectURI, w.URL+wrong, 1)
			if got := p.Open(moved); !strings.Contains(e2e.Text(got), "Nothing has changed") {
				t.Errorf("%s: got status %d and %q, want a refusal", wrong, got.Status, e2e.Text(got))
			}
		}
		p.Open(back)
		if got := w.LinkStatus(t, link); got.ConnectStatus != "success" {
			t.Errorf("got %+v, want success", got)
		}

		// Retired, the instance's app serves again, and what was connected stays.
		w.Call(t, http.MethodDelete, fmt.Sprintf("/v1/apps/%d", id), nil)
		if got := choose(p, w.NewLink(t, "user-2", "").URL, "x").URL.Query().Get("client_id"); got != "lab-x" {
			t.Errorf("after it was retired the person consents to %q, want the instance's app", got)
		}
		if n := len(w.Channels(t)); n != 1 {
			t.Errorf("got %d channels, want 1", n)
		}
	})
}

// Another workspace's app is nobody else's: not used, not seen, and its answers are not taken.
func TestAnAppServesItsWorkspaceOnly(t *testing.T) {
	t.Parallel()
	w, p := e2e.Start(t, e2e.Options{}), e2e.NewPerson(t)
	ownApp(t, w, "x")
	var other struct {
		Key string `json:"key"`
	}
	w.Call(t, http.MethodPost, "/v1/workspaces", map[string]string{"name": "Other"}).Into(t, http.StatusCreated, &other)
	stranger := *w
	stranger.Key = other.Key
	if got := choose(p, stranger.NewLink(t, "user-1", "").URL, "x").URL.Query().Get("client_id"); got != "lab-x" {
		t.Errorf("the other workspace's people consent to %q, want the instance's app", got)
	}
}

// server asks the page of a platform with many servers for one of them.
func server(p *e2e.Person, link, name string) e2e.Page {
	asks := choose(p, link, "mastodon")
	return p.Submit(p.Form(asks, "/platform/mastodon", ""), url.Values{"input": {name}})
}

func TestAServerKnowsUsOnceAndKeepsUs(t *testing.T) {
	onBoth(t, func(t *testing.T, engine string) {
		w, p := e2e.Start(t, e2e.Options{Engine: engine}), e2e.NewPerson(t)
		connect := func(user, name string) (clientID string) {
			t.Helper()
			link := w.NewNative(t, user)
			consent := server(p, link, name)
			clientID = consent.URL.Query().Get("client_id")
			p.Open(decide(p, consent, "approve", nil).Redirect)
			return clientID
		}
		first := connect("user-1", "mastodon.example")
		if first == "" {
			t.Fatal("no client id at the server")
		}
		for _, typed := range []string{"https://Mastodon.Example/", "@creator@mastodon.example"} {
			if again := connect("user-2", typed); again != first {
				t.Errorf("%s: got client %s, want the kept one %s", typed, again, first)
			}
		}
		if old := connect("user-3", "old.mastodon.example"); old == first {
			t.Error("two servers have one client id")
		}
		w.Call(t, http.MethodPost, "/lab/mastodon/mastodon.example/forget", nil)
		if anew := connect("user-4", "mastodon.example"); anew == first || anew == "" {
			t.Errorf("after the server forgot us: got client %q, want a new one", anew)
		}
		if n := len(w.Channels(t)); n != 4 {
			t.Errorf("got %d channels, want 4", n)
		}
		if n := countOn(t, w, engine, `SELECT count(*) FROM apps WHERE platform = 'mastodon' AND retired_at IS NULL`); n != 2 {
			t.Errorf("got %d live apps, want one a server", n)
		}
	})
}

func TestAServerThatTakesNobodySaysSo(t *testing.T) {
	t.Parallel()
	w, p := e2e.Start(t, e2e.Options{}), e2e.NewPerson(t)
	for name, says := range map[string]string{
		"closed.mastodon.example": "cannot be used",
		"127.0.0.1":               "does not look like",
		"localhost":               "does not look like",
	} {
		link := w.NewNative(t, "user-1")
		if got := e2e.Text(server(p, link, name)); !strings.Contains(got, says) {
			t.Errorf("%s: the page says %q, want %q", name, got, says)
		}
	}
}
