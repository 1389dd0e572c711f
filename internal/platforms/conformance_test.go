package platforms_test

import (
	"net/url"
	"testing"

	"patchbay/internal/platform"
	"patchbay/internal/platform/platformtest"
	"patchbay/internal/platforms"
)

// harnesses says for each platform how a person uses it in the Lab.
func harnesses() map[string]platformtest.Harness {
	return map[string]platformtest.Harness{
		"facebook": {
			Switch: url.Values{"auth_type": {"reauthenticate"}}, TellsApp: true,
			Loses: "page", OwnToken: true,
			Creator: "creator", Targets: 3, Nobody: "nopages",
			Others:  map[string]int{"portfolio": 2, "analyst": 2},
			Blocked: map[string]string{"analyst": "no_task"},
		},
		"instagram": {
			Switch: url.Values{"auth_type": {"reauthenticate"}}, TellsApp: true,
			Loses: "profile", Unlisted: true, OwnToken: true,
			Creator: "creator", Targets: 2, Nobody: "nopages",
			Others:  map[string]int{"portfolio": 2, "analyst": 2},
			Blocked: map[string]string{"analyst": "no_task"},
		},
		"linkedin": {
			SubjectUntold: true, TellsApp: true,
			Creator: "creator", Targets: 4, AllOrNothing: true, Loses: "organization", Unlisted: true,
			Others:  map[string]int{"member": 1, "analyst": 3},
			Blocked: map[string]string{"analyst": "no_task"},
		},
		"mastodon": {
			Creator: "creator", Targets: 1, Others: map[string]int{"second": 1}, AllOrNothing: true,
			Extra: url.Values{"force_login": {"true"}}, TellsApp: true, Silent: []string{"old.mastodon.example"},
			Servers: map[string]func(*platform.Spec){
				"mastodon.example": func(s *platform.Spec) {
					s.AuthorizeURL, s.TokenURL = "https://mastodon.example/oauth/authorize", "https://mastodon.example/oauth/token"
				},
				"old.mastodon.example": func(s *platform.Spec) { // before 4.3
					s.AuthorizeURL, s.TokenURL = "https://old.mastodon.example/oauth/authorize", "https://old.mastodon.example/oauth/token"
					s.PKCE, s.Scopes[0].Name = platform.PKCENone, "read:accounts"
				},
			},
		},
		"x": {Creator: "creator", Targets: 1, Others: map[string]int{"second": 1}, AllOrNothing: true},
	}
}

// TestConformance holds every platform to the same checks. One that the Lab does not
// imitate is proved against a real server in its own package, and here by its Spec.
func TestConformance(t *testing.T) {
	t.Parallel()
	for _, p := range platforms.All(platforms.Config{}) {
		t.Run(p.Spec().ID, func(t *testing.T) {
			t.Parallel()
			h, inLab := harnesses()[p.Spec().ID]
			if !inLab {
				platformtest.Spec(t, p, h.Day)
				return
			}
			platformtest.Run(t, p, h)
		})
	}
}

// TestAnotherAccount: people who came back as the wrong one are told a way out everywhere.
func TestAnotherAccount(t *testing.T) {
	t.Parallel()
	for _, p := range platforms.All(platforms.Config{}) {
		if s := p.Spec(); !s.Switch.Asks && s.Switch.SignOutURL == "" {
			t.Errorf("%s has no way to another account", s.ID)
		}
	}
}

func TestOrder(t *testing.T) {
	t.Parallel()
	got := ""
	for _, p := range platforms.All(platforms.Config{}) {
		got += p.Spec().ID + " "
	}
	if want := "facebook instagram x linkedin mastodon bluesky "; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
