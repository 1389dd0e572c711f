package api_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/connect"
	"patchbay/internal/platform"
)

// lease asks for a token with the key that may do everything.
func (w *world) lease(t *testing.T, channel, body string, headers ...string) answer {
	t.Helper()
	return w.call(t, w.key, "POST", channel+"/token", body, headers...)
}

func TestTokenIsLeased(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.garden.set(func(g *garden) { g.life = time.Hour })
	channel := w.channel(t, "user_42")
	got := wantStatus(t, w.lease(t, channel, ""), 200)
	if cache := got.header.Get("Cache-Control"); cache != "no-store" {
		t.Errorf("got Cache-Control %q, want no-store", cache)
	}
	expires := when(t, got.body["expires_at"])
	delete(got.body, "expires_at")
	want := map[string]any{
		"channel_id": 1.0, "access_token": "access-1-canary", "token_type": "DPoP", "server": "https://plot.garden.example",
		"dpop_key": map[string]any{"kty": "EC", "d": "key-canary"}, "version": got.body["version"],
	}
	if diff := cmp.Diff(want, got.body); diff != "" {
		t.Errorf("token (-want +got):\n%s", diff)
	}
	if left := expires.Sub(w.clock.Now()); left < 59*time.Minute || left > time.Hour {
		t.Errorf("got a token for %s, want an hour", left)
	}
	if strings.Contains(w.log.String(), "canary") {
		t.Errorf("the log holds a secret: %s", w.log.String())
	}
}

// A token that does not live long enough, or that the platform refused, is refreshed
// first; any other is lent again.
func TestTokenIsAsFreshAsAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.garden.set(func(g *garden) { g.life = time.Hour })
	channel := w.channel(t, "user_42")
	first := wantStatus(t, w.lease(t, channel, `{"min_lifetime_s":600}`), 200).body
	again := wantStatus(t, w.lease(t, channel, `{"min_lifetime_s":600,"newer_than":0}`), 200).body
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("lent again (-first +again):\n%s", diff)
	}
	w.clock.advance(51 * time.Minute)
	renewed := wantStatus(t, w.lease(t, channel, `{"min_lifetime_s":600}`), 200).body
	if renewed["access_token"] != "access-2-canary" || renewed["version"].(float64) <= first["version"].(float64) {
		t.Errorf("got %v, want a newer token than %v", renewed, first)
	}
	older := wantStatus(t, w.lease(t, channel, `{"newer_than":`+strings.TrimSuffix(idOfVersion(first), ".0")+`}`), 200).body
	if older["access_token"] != "access-2-canary" {
		t.Errorf("got %v, want the token that is newer already", older)
	}
	newer := wantStatus(t, w.lease(t, channel, `{"newer_than":`+idOfVersion(renewed)+`}`), 200).body
	if newer["access_token"] != "access-3-canary" {
		t.Errorf("got %v, want another one than was refused", newer)
	}
}

func idOfVersion(token map[string]any) string { return idOf(map[string]any{"id": token["version"]}) }

func TestWhyNoTokenIsLent(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		class  platform.Class
		why    string
		body   string
		status int
		code   string
		reason string
	}{
		"withdrawn":            {platform.ClassPermanent, platform.ReasonRevoked, "", 409, "reauth_required", "revoked"},
		"password changed":     {platform.ClassPermanent, platform.ReasonPasswordChanged, "", 409, "reauth_required", "password_changed"},
		"platform away":        {platform.ClassTransient, "", "", 503, "platform_unavailable", connect.ErrRefreshing.Reason},
		"asked too often":      {platform.ClassRateLimited, "", "", 503, "platform_unavailable", connect.ErrRefreshing.Reason},
		"app refused":          {platform.ClassConfiguration, "", "", 502, "platform_rejected", "platform_rejected"},
		"nobody lives so long": {"", "", `{"min_lifetime_s":86400}`, 409, "conflict", connect.ErrTokenShort.Reason},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.garden.set(func(g *garden) { g.life = time.Hour })
			channel := w.channel(t, "user_42")
			w.clock.advance(time.Hour - 10*time.Second) // the last token is still good, for too little time
			if test.class != "" {
				w.garden.refuse(test.class, test.why)
			}
			got := wantStatus(t, w.lease(t, channel, test.body), test.status)
			checkProblem(t, got)
			if got.body["code"] != test.code || got.body["reason"] != test.reason {
				t.Errorf("got %s, want %s for %s", got.text, test.code, test.reason)
			}
			if wait := got.header.Get("Retry-After"); (wait != "") != (test.status == 503) {
				t.Errorf("got Retry-After %q with %d", wait, test.status)
			}
			if strings.Contains(got.text+w.log.String(), "canary") {
				t.Errorf("a secret is told: %s", got.text)
			}
		})
	}
}

func TestLeaseRequestsThatAreWrong(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	channel := w.channel(t, "user_42")
	for body, want := range map[string][2]string{
		`{"min_lifetime_s":0}`:            {"min_lifetime_s", "range"},
		`{"min_lifetime_s":-5}`:           {"min_lifetime_s", "range"},
		`{"min_lifetime_s":86401}`:        {"min_lifetime_s", "range"},
		`{"min_lifetime_s":"60"}`:         {"min_lifetime_s", "type"},
		`{"min_lifetime_s":1.5}`:          {"min_lifetime_s", "type"},
		`{"newer_than":99}`:               {"newer_than", "unknown"},
		`{"newer_than":-1}`:               {"newer_than", "range"},
		`{"newer_than":"` + canary + `"}`: {"newer_than", "type"},
	} {
		w.refuse(t, "POST", channel+"/token", body, 422, want[0], want[1])
	}
	weak := w.newKey(t, connect.Key{WorkspaceID: w.space.ID, Scopes: []connect.Scope{connect.ScopeChannelsRead, connect.ScopeChannelsWrite, connect.ScopeAuditRead}})
	for path, want := range map[string]int{channel + "/token": 403, "/v1/channels/4711/token": 403} {
		if got := wantStatus(t, w.call(t, weak, "POST", path, "{}"), want); got.body["reason"] != "scope_missing" {
			t.Errorf("%s: got %s, want scope_missing", path, got.text)
		}
	}
	w.refuse(t, "POST", "/v1/channels/4711/token", "{}", 404, "", "not_found")
}

// Each lease and each check stands in the audit log, with whose key it was and no secret;
// what was refused does not. An Idempotency-Key keeps no token.
func TestLeasesAndChecksAreAudited(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	channel := w.channel(t, "user_42")
	before := w.get(t, "/v1/audit")["next"].(float64)
	var version string
	for range 2 {
		got := wantStatus(t, w.lease(t, channel, "", "Idempotency-Key", "once"), 200)
		version = idOfVersion(got.body)
		if got.header.Get("Idempotent-Replayed") != "" {
			t.Error("a token was kept under an Idempotency-Key")
		}
	}
	w.check(t, channel)
	w.refuse(t, "POST", channel+"/token", `{"newer_than":`+version+`}`, 409, "", connect.ErrNoNewerToken.Reason)
	var actions []string
	next := before
	for {
		page := w.get(t, "/v1/audit?limit=2&after="+idOf(map[string]any{"id": next}))
		entries := page["data"].([]any)
		if len(entries) == 0 {
			if page["next"] != next {
				t.Errorf("got next %v at the end, want %v as it was", page["next"], next)
			}
			break
		}
		for _, e := range entries {
			e := e.(map[string]any)
			actions = append(actions, e["action"].(string))
			when(t, e["at"])
			if e["channel_id"] != 1.0 || e["owner_id"] == nil || e["key_id"] != 1.0 || e["data"].(map[string]any)["platform"] != "garden" {
				t.Errorf("got %v, want who did it to whose channel", e)
			}
		}
		if next = page["next"].(float64); strings.Contains(w.call(t, w.key, "GET", "/v1/audit", "").text, "canary") {
			t.Fatal("the audit log holds a secret")
		}
	}
	if diff := cmp.Diff([]string{"token.leased", "token.leased", "channel.checked"}, actions); diff != "" {
		t.Errorf("actions (-want +got):\n%s", diff)
	}
	other := w.newKey(t, connect.Key{WorkspaceID: w.workspace(t, "Other").ID, Scopes: connect.Scopes()})
	if got := wantStatus(t, w.call(t, other, "GET", "/v1/audit", ""), 200); strings.Contains(got.text, "token.leased") {
		t.Errorf("got %s in another workspace, want nothing of this one's", got.text)
	}
}
