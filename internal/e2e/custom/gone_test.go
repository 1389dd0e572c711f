package custom_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"patchbay/internal/app"
	"patchbay/internal/config"
	"patchbay/internal/e2e"
	"patchbay/internal/vault"
)

// TestFileTakenAway: a program that no longer has the platform's file still knows its
// channels; it only cannot call the platform.
func TestFileTakenAway(t *testing.T) {
	t.Parallel()
	w := start(t, "postgres", variants[0])
	channel := w.connect(t, subject(t)).ID
	p := e2e.NewPerson(t)
	link := w.NewNative(t, "owner-"+subject(t))
	page := p.Open(link)
	p.Fetch(http.MethodPost, p.Form(page, "/platform", "platform=acme").Action, p.Form(page, "/platform", "platform=acme").With(url.Values{"platform": {"acme"}}))

	without := w
	without.World = e2e.Start(t, e2e.Options{Beside: w.World, NoLab: true, Now: w.now})
	if got := without.Channels(t); len(got) != 1 || got[0].ID != channel || got[0].Platform != "acme" {
		t.Errorf("channels: got %+v, want the one", got)
	}
	without.checkHealth(t, channel, "healthy", "")
	for what, got := range map[string]e2e.Answer{
		"a token":       without.askToken(t, channel, 0),
		"a newer token": without.askToken(t, channel, 1<<40),
		"a check":       without.Call(t, http.MethodPost, fmt.Sprintf("/v1/channels/%d/check", channel), nil),
		"the platform":  without.Call(t, http.MethodGet, "/v1/platforms/acme", nil),
	} {
		if got.Status < 400 || got.Status >= 500 && got.Status != http.StatusServiceUnavailable {
			t.Errorf("%s: got %d: %s, want an error that is nobody's fault here", what, got.Status, got.Body)
		}
	}
	elsewhere := without.URL + strings.TrimPrefix(link, w.URL)
	if got := e2e.NewPerson(t).Open(elsewhere); got.Status >= 500 {
		t.Errorf("link of a session that went there: got %d: %s", got.Status, e2e.Text(got))
	}
}

// TestBrokenFile: a file that cannot be read to the letter stops the start, and the
// message says where and what.
func TestBrokenFile(t *testing.T) {
	t.Parallel()
	keyset, err := vault.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	file := t.TempDir() + "/acme.yaml"
	write(t, file, "id: acme\nname: Acme\nclient_secret: hunter2\n")
	_, err = app.New(t.Context(), config.Config{
		PublicURL: "http://127.0.0.1:1", DatabaseURL: "sqlite:" + t.TempDir() + "/p.db", CustomPlatforms: []string{file},
	}, app.Options{Keyset: keyset})
	want := file + ":3: client_secret: a secret does not stand in this file"
	if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v, want %q and nothing of the value", err, want)
	}
}
