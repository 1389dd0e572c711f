package smartlyq

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"patchbay/internal/connect"
	"patchbay/internal/vault"
)

func TestFaceMatchesTheLinks(t *testing.T) {
	t.Parallel()
	a, f, mux := &API{publicURL: "https://app.smartlyq.com"}, Face{}, http.NewServeMux()
	for _, path := range f.LinkPaths() {
		mux.HandleFunc("GET "+path, func(http.ResponseWriter, *http.Request) {})
	}
	for _, param := range []string{stateParam, tokenParam} {
		got := a.pageOf("gmb", param, vault.NewSecret("abc123"))
		u, err := url.Parse(got)
		if err != nil || got != "https://app.smartlyq.com/connect/gmb?"+param+"=abc123" || !slices.Contains(f.LinkParams(), param) {
			t.Errorf("got %s, %v", got, err)
		}
		if _, pattern := mux.Handler(&http.Request{Method: http.MethodGet, URL: u}); pattern == "" {
			t.Errorf("%s leads nowhere", got)
		}
	}
	if f.Origin() != connect.OriginSmartlyQ {
		t.Errorf("got the origin %s", f.Origin())
	}
}

// The golden files play what the guide shows; these are its silences.
func TestReturnWhereTheGuideIsSilent(t *testing.T) {
	t.Parallel()
	two := []connect.Channel{{ID: 1}, {ID: 2}}
	for name, c := range map[string]struct {
		outcome connect.Outcome
		want    string
	}{
		"into a query":      {outcome("succeeded", "x", "", two), "https://a.example/?b=1&connected=2&platform=twitter#top"},
		"denied":            {outcome("failed", "google_business", "denied", nil), "https://a.example/?b=1&connected=0&platform=gmb&error=denied#top"},
		"given up":          {outcome("canceled", "", "", nil), "https://a.example/?b=1&connected=0&platform=bluesky&error=canceled#top"},
		"out of time":       {outcome("expired", "instagram_login", "", nil), "https://a.example/?b=1&connected=0&platform=instagram&error=link_expired#top"},
		"failed after some": {outcome("failed", "facebook", "code_expired", two), "https://a.example/?b=1&connected=0&platform=facebook&error=code_expired#top"},
	} {
		if got := connect.AppendParams("https://a.example/?b=1#top", Face{}.Return(c.outcome)); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c.want)
		}
	}
}

func outcome(status connect.SessionStatus, platform, reason string, channels []connect.Channel) connect.Outcome {
	return connect.Outcome{
		Session:  connect.Session{Status: status, Platforms: []string{"bluesky"}, Platform: platform, Reason: reason},
		Channels: channels,
	}
}

func TestEveryPlatformHasItsWord(t *testing.T) {
	t.Parallel()
	const want = "facebook instagram twitter linkedin youtube tiktok threads bluesky pinterest reddit snapchat tumblr gmb discord telegram whatsapp"
	if got := strings.Join(words(), " "); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for _, word := range append(words(), "google_business", "googlebusiness") {
		if _, ok := offerOf(word); !ok {
			t.Errorf("%s is not known", word)
		}
	}
	for _, word := range []string{"", "x", "Facebook", "mastodon", "slack", "instagram_login", "google-business"} {
		if _, ok := offerOf(word); ok {
			t.Errorf("%q is known, want UNSUPPORTED_PLATFORM", word)
		}
	}
}
