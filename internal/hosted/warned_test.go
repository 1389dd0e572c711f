package hosted

import (
	"net/url"
	"strings"
	"testing"

	"patchbay/internal/connect"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

func TestWarning(t *testing.T) {
	t.Parallel()
	spec := platform.Spec{ID: "facebook", Name: "Facebook"}
	v := bakery(spec, connect.Attempt{ID: 1, Platform: "facebook", State: connect.AttemptWarned})
	v.Losses = []connect.Channel{
		{Kind: "page", Facts: platform.Facts{Name: "Night Market"}}, {Kind: "page", Facts: platform.Facts{Name: "Paper Kites", Username: "kites"}},
	}
	accepted := ""
	service := switching{core{view: func(vault.Secret) connect.LinkView { return v }, losses: func(browser vault.Secret) (connect.Session, error) {
		accepted = browser.Reveal()
		return connect.Session{}, nil
	}}, spec}
	b := newBrowser(t, Config{Service: service})
	text := textOf(t, b.get(sessionAt))
	at := 0
	for _, want := range []string{
		"This would disconnect 2 accounts", "Night Market", "Page", "Paper Kites", "@kites · Page", "choose “Edit settings”",
		sessionAt + "/platform", `value="facebook"`, "Ask again and keep them", sessionAt + "/losses", "Go on without them",
	} {
		next := strings.Index(text[at:], want)
		if next < 0 {
			t.Fatalf("%q is not there, or not in its place", want)
		}
		at += next
	}
	if got := b.get(sessionAt + "/losses").Header.Get("Location"); got != sessionAt {
		t.Errorf("the form's address opened by hand leads to %q, want %q", got, sessionAt)
	}
	if accepted != "" {
		t.Error("looking accepted the losses")
	}
	v.Attempt.State, v.Session.Status = connect.AttemptSucceeded, connect.SessionSucceeded
	if got, want := b.post(sessionAt+"/losses", url.Values{}).Header.Get("Location"), "https://app.example.com/back?session_id=7&status=succeeded"; got != want {
		t.Errorf("accepting led to %q, want %q", got, want)
	}
	if accepted != b.cookie {
		t.Errorf("accepted by browser %q, want %q", accepted, b.cookie)
	}
}

func TestLateWarningAsksNothingAnew(t *testing.T) {
	t.Parallel()
	v := bakery(platform.Spec{ID: "plain", Name: "Plain"}, connect.Attempt{ID: 1, Platform: "plain", State: connect.AttemptWarned})
	v.Losses, v.Expired = []connect.Channel{{Kind: "page", Facts: platform.Facts{Name: "Night Market"}}}, true
	b := newBrowser(t, Config{Service: core{view: showing(v)}})
	text := textOf(t, b.get(sessionAt+"?choose=1"))
	if !strings.Contains(text, "Go on without it") || !strings.Contains(text, "cannot ask again") || strings.Contains(text, `name="platform"`) {
		t.Errorf("got %s, want only the way on", text)
	}
}
