package journey_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"patchbay/internal/e2e"
)

// lent connects a platform as a person does, and borrows the token of its first channel.
func lent(t *testing.T, w *e2e.World, platform string) string {
	t.Helper()
	p, link := e2e.NewPerson(t), w.NewNative(t, "user-"+platform)
	var consent e2e.Page
	if platform == "mastodon" {
		consent = server(p, link, "mastodon.example")
	} else {
		consent = choose(p, link, platform)
	}
	if page := p.Open(decide(p, consent, "approve", nil).Redirect); len(e2e.Values(page, "target")) > 0 {
		pick(t, p, page, 1)
	}
	for _, ch := range w.Channels(t) {
		if ch.Platform != platform {
			continue
		}
		var token struct {
			Access string `json:"access_token"`
		}
		w.Call(t, http.MethodPost, fmt.Sprintf("/v1/channels/%d/token", ch.ID), map[string]any{}).Into(t, http.StatusOK, &token)
		return token.Access
	}
	t.Fatalf("%s: no channel was made", platform)
	return ""
}

// A token that cannot be imported is the caller's to mend, and they are told how: at no
// platform that is up is it answered as trouble of ours or of the platform.
func TestImportsSayWhatIsWrongWithAToken(t *testing.T) {
	onBoth(t, func(t *testing.T, engine string) {
		w := e2e.Start(t, e2e.Options{Engine: engine})
		refused := func(key, what string, body map[string]any, field, reason string) {
			t.Helper()
			for _, dry := range []bool{true, false} {
				body["dry_run"] = dry
				var problem struct {
					Errors []struct{ Field, Reason, Message string }
				}
				got := w.CallAs(t, key, http.MethodPost, "/v1/channels/import", body)
				got.Into(t, http.StatusUnprocessableEntity, &problem)
				if len(problem.Errors) != 1 || problem.Errors[0].Field != field || problem.Errors[0].Reason != reason {
					t.Errorf("%s, dry %t: got %s, want %s %s", what, dry, got.Body, field, reason)
				}
				if strings.Contains(string(got.Body), fmt.Sprint(body["access_token"])) {
					t.Errorf("%s: the answer tells the token: %s", what, got.Body)
				}
			}
		}
		brought := func(platform, token string) map[string]any {
			body := map[string]any{"platform": platform, "owner": "somebody", "access_token": token}
			if platform == "mastodon" {
				body["server"] = "mastodon.example"
			}
			return body
		}
		tokens := map[string]string{}
		for _, platform := range []string{"facebook", "instagram", "x", "linkedin", "mastodon"} {
			tokens[platform] = lent(t, w, platform)
			refused(w.Key, "garbage at "+platform, brought(platform, "garbage-canary"), "access_token", "refused")
		}
		for _, platform := range []string{"facebook", "instagram"} { // what is lent of a page is its own token
			refused(w.Key, "a page's token at "+platform, brought(platform, tokens[platform]), "access_token", "page_token")
		}
		var other struct {
			Key string `json:"key"`
		}
		w.Call(t, http.MethodPost, "/v1/workspaces", map[string]string{"name": "Other"}).Into(t, http.StatusCreated, &other)
		stranger := *w
		stranger.Key = other.Key
		for _, platform := range []string{"facebook", "instagram", "linkedin"} {
			ownApp(t, &stranger, platform)
			refused(other.Key, "another app's at "+platform, brought(platform, tokens[platform]), "access_token", "other_app")
		}
		w.Call(t, http.MethodPost, "/lab/clock", map[string]any{"advance_s": 70 * 24 * 3600})
		for _, platform := range []string{"x", "linkedin"} {
			refused(w.Key, "expired at "+platform, brought(platform, tokens[platform]), "access_token", "refused")
		}
	})
}
