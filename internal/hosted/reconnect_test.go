package hosted

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/connect"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// switching is a core whose platforms have ways to another account.
type switching struct {
	core
	spec platform.Spec
}

func (s switching) Platforms() *platform.Registry {
	return platform.NewRegistry([]platform.Platform{&consenting{spec: s.spec}})
}

// bakery is a session that connects one page again.
func bakery(spec platform.Spec, a connect.Attempt) connect.LinkView {
	v := connect.LinkView{
		Workspace: connect.Workspace{Name: "Harbour Tools"}, Attempt: a, Offered: []connect.Offered{{Spec: spec, Configured: true}},
		Reconnect: &connect.Channel{
			ID: 5, Platform: spec.ID, Kind: "page", Lifecycle: connect.LifecycleActive,
			Facts: platform.Facts{Name: "Harbour Bakery", Username: "bakery@my.example"},
		},
	}
	v.Session = connect.Session{
		ID: 7, Origin: connect.OriginNative, Status: connect.SessionPending, Platforms: []string{spec.ID}, ReconnectID: 5, RedirectURL: "https://app.example.com/back",
	}
	return v
}

func showing(v connect.LinkView) func(vault.Secret) connect.LinkView {
	return func(vault.Secret) connect.LinkView { return v }
}

func TestPinnedPageNamesTheAccount(t *testing.T) {
	t.Parallel()
	spec := platform.Spec{ID: "plain", Name: "Plain"}
	v := bakery(spec, connect.Attempt{})
	b := newBrowser(t, Config{Service: core{view: showing(v)}})
	text := textOf(t, b.get(sessionAt))
	for _, want := range []string{
		"Connect Harbour Bakery again", "@bakery@my.example · Page", "Continue to Plain", `name="platform" value="plain"`,
		"the account that Harbour Bakery belongs to", "Nothing else changes",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(text, "disconnected at the moment") {
		t.Error("the page calls a living channel disconnected")
	}
	v.Reconnect.Lifecycle = connect.LifecycleDisconnected
	if text := textOf(t, b.get(sessionAt)); !strings.Contains(text, "disconnected at the moment") {
		t.Error("the page does not tell that the channel is disconnected")
	}
}

// What is known already need not be typed.
func TestPinnedPageFillsIn(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{"many": "my.example", "second": "bakery@my.example"} {
		p, _ := core{}.Platforms().Get(id)
		b := newBrowser(t, Config{Service: core{view: showing(bakery(p.Spec(), connect.Attempt{}))}})
		paths := []string{sessionAt + "/platform/" + id}
		if text := textOf(t, b.get(paths[0])); !strings.Contains(text, "Connect Harbour Bakery again") {
			t.Errorf("%s does not name the account", paths[0])
		}
		if id == "second" {
			paths = append(paths, sessionAt+"/platform/second/password")
		}
		for _, path := range paths {
			text := textOf(t, b.get(path))
			if !strings.Contains(text, `value="`+want+`"`) {
				t.Errorf("%s: %q is not filled in", path, want)
			}
		}
	}
}

func TestPinnedChannelIsGone(t *testing.T) {
	t.Parallel()
	v := bakery(platform.Spec{ID: "many", Name: "Many", Input: platform.InputServer}, connect.Attempt{ID: 1, State: connect.AttemptFailed, Reason: "other_account"})
	v.Reconnect = nil
	b := newBrowser(t, Config{Service: core{view: showing(v)}})
	for _, path := range []string{sessionAt, sessionAt + "?choose=1", sessionAt + "/platform/many"} {
		resp := b.get(path)
		text := textOf(t, resp)
		if resp.StatusCode != http.StatusOK || !strings.Contains(text, "This account is no longer here") || strings.Contains(text, `name="platform"`) {
			t.Errorf("%s: got %d, want a page that begins nothing: %s", path, resp.StatusCode, text)
		}
	}
}

// Each platform's ways to another account are offered, and no other.
func TestOtherAccountConsented(t *testing.T) {
	t.Parallel()
	const out = "https://plain.example/logout"
	for name, tt := range map[string]struct {
		way   platform.Switch
		inLab []string
		want  []string
		not   []string
	}{
		"asks":      {platform.Switch{Asks: true}, nil, []string{"Try again with another account", `name="switch" value="1"`}, []string{"Sign out at"}},
		"signs out": {platform.Switch{SignOutURL: out}, nil, []string{"Try again", `href="` + out + `" target="_blank" rel="noreferrer"`, "come back to this page"}, []string{`name="switch"`}},
		"both":      {platform.Switch{Asks: true, SignOutURL: out}, nil, []string{`name="switch" value="1"`, `href="` + out + `"`, "If it does not ask"}, nil},
		"neither":   {platform.Switch{}, nil, []string{"Try again", "Sign out of that account at Plain first"}, []string{`name="switch"`, `target="_blank"`}},
		"lab":       {platform.Switch{Asks: true, SignOutURL: out}, []string{"plain"}, []string{`name="switch" value="1"`}, []string{out}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec := platform.Spec{ID: "plain", Name: "Plain", Switch: tt.way}
			v := bakery(spec, connect.Attempt{ID: 1, Platform: "plain", State: connect.AttemptFailed, Reason: "other_account"})
			b := newBrowser(t, Config{Service: switching{core{view: showing(v)}, spec}, InLab: tt.inLab})
			text := textOf(t, b.get(sessionAt))
			for _, want := range append(tt.want, "That was another account", "Harbour Bakery", "@bakery@my.example · Page") {
				if !strings.Contains(text, want) {
					t.Errorf("the page lacks %q", want)
				}
			}
			for _, not := range tt.not {
				if strings.Contains(text, not) {
					t.Errorf("the page holds %q", not)
				}
			}
		})
	}
}

// Without a pinned channel the same reason speaks of what the person typed.
func TestOtherAccountThanTyped(t *testing.T) {
	t.Parallel()
	v := bakery(platform.Spec{ID: "plain", Name: "Plain"}, connect.Attempt{ID: 1, Platform: "plain", State: connect.AttemptFailed, Reason: "other_account"})
	v.Session.ReconnectID, v.Reconnect = 0, nil
	b := newBrowser(t, Config{Service: core{view: showing(v)}})
	if text := textOf(t, b.get(sessionAt)); !strings.Contains(text, "another account than the one you named") {
		t.Errorf("the page does not speak of what was typed: %s", text)
	}
}

func TestSwitchIsPassedOn(t *testing.T) {
	t.Parallel()
	var got []connect.BeginRequest
	b := newBrowser(t, Config{Service: core{begin: func(r connect.BeginRequest) (string, error) {
		got = append(got, connect.BeginRequest{Platform: r.Platform, Input: r.Input, Switch: r.Switch})
		return "https://plain.example/authorize", nil
	}}})
	b.post(sessionAt+"/platform", url.Values{"platform": {"plain"}, "switch": {"1"}})
	b.post(sessionAt+"/platform", url.Values{"platform": {"plain"}})
	asked := b.post(sessionAt+"/platform", url.Values{"platform": {"many"}, "switch": {"1"}}).Header.Get("Location")
	text := textOf(t, b.get(asked))
	if !strings.Contains(text, `name="switch" value="1"`) {
		t.Errorf("%s forgets the switch", asked)
	}
	b.post(sessionAt+"/platform/many", url.Values{"input": {"my.example"}, "switch": {"1"}})
	want := []connect.BeginRequest{{Platform: "plain", Switch: true}, {Platform: "plain"}, {Platform: "many", Input: "my.example", Switch: true}}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(vault.Secret{}), cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".NewServer" }, cmp.Ignore())); d != "" {
		t.Errorf("begun (-want +got):\n%s", d)
	}
}

func TestTargetMissing(t *testing.T) {
	t.Parallel()
	spec := platform.Spec{ID: "facebook", Name: "Facebook"}
	v := bakery(spec, connect.Attempt{ID: 1, Platform: "facebook", State: connect.AttemptFailed, Reason: "target_missing"})
	b := newBrowser(t, Config{Service: switching{core{view: showing(v)}, spec}})
	text := textOf(t, b.get(sessionAt))
	for _, want := range []string{"Harbour Bakery was not included", "It was not ticked", "role there has ended", "choose “Edit settings”", "Try again"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

// A mismatch is shown to somebody who may have no part in it.
func TestMismatchNamesNoPinnedAccount(t *testing.T) {
	t.Parallel()
	v := bakery(platform.Spec{ID: "plain", Name: "Plain"}, connect.Attempt{})
	b := newBrowser(t, Config{Service: core{view: showing(v), callback: func(connect.CallbackRequest) (connect.Arrival, error) {
		return connect.Arrival{Link: vault.NewSecret("link"), Session: v.Session}, connect.ErrMismatch
	}}})
	text := textOf(t, b.get("/oauth/callback/plain?state=s&code=c"))
	if !strings.Contains(text, "This began in another browser") || strings.Contains(text, "Harbour Bakery") {
		t.Errorf("got %s, want a refusal that names nobody", text)
	}
}
