package api_test

import (
	"fmt"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/connect"
	"patchbay/internal/platform"
)

// channel connects one for an owner and returns the address of it.
func (w *world) channel(t *testing.T, owner string) string {
	t.Helper()
	return "/v1/channels/" + fmt.Sprint(w.connected(t, owner)["channel_ids"].([]any)[0])
}

// check asks for a check, which must be answered.
func (w *world) check(t *testing.T, channel string) map[string]any {
	t.Helper()
	return wantStatus(t, w.call(t, w.key, "POST", channel+"/check", ""), 200).body
}

func TestHealthIsExplained(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.garden.set(func(g *garden) { g.life = time.Hour })
	channel := w.channel(t, "user_42")
	got := w.get(t, channel+"/health")
	for _, member := range []string{"proven_at", "token_expires_at"} {
		when(t, got[member])
		delete(got, member)
	}
	want := map[string]any{
		"channel_id": 1.0, "health": "healthy", "reason": nil, "sentence": "The channel works.", "act": "nobody", "todo": nil,
		"scopes_wanted": []any{"plants.read", "plants.write"}, "scopes_granted": []any{"plants.read"}, "ends_at": nil, "lifecycle": "active",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("health (-want +got):\n%s", diff)
	}
	w.garden.set(func(g *garden) { g.coy = true })
	if got := w.get(t, w.channel(t, "user_43")+"/health"); got["scopes_granted"] != nil || got["health"] != "healthy" {
		t.Errorf("got %v where the platform does not tell, want null", got)
	}
}

// What a check finds is the channel's health from then on, wherever it is read.
func TestCheckFindsWhatIsTheMatter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.garden.reach(1)
	channel := w.channel(t, "user_42")
	for _, test := range []struct {
		what   string
		change func(*garden)
		health string
		reason any
		act    string
		event  string
	}{
		{"nothing", func(*garden) {}, "healthy", nil, "nobody", ""},
		{"the page is gone", func(g *garden) {
			g.proof.Broken = map[platform.TargetKey]string{{Kind: "page", ExternalID: "page-1-0"}: platform.ReasonTargetGone}
		}, "error", "target_gone", "page_administrator", connect.EventChannelError},
		{"it is back", func(g *garden) { g.proof = platform.Proof{} }, "healthy", nil, "nobody", connect.EventChannelRecovered},
		{"the consent was withdrawn", func(g *garden) { g.refusal = platform.Refuse(platform.ClassPermanent, platform.ReasonRevoked, nil) }, "needs_reauth", "revoked", "person", connect.EventChannelNeedsReauth},
	} {
		w.garden.set(test.change)
		w.clock.advance(time.Minute)
		checked := w.check(t, channel)
		if checked["health"] != test.health || checked["reason"] != test.reason || checked["act"] != test.act || checked["checked_now"] != true || (checked["todo"] == nil) != (test.act == "nobody") {
			t.Errorf("%s: got %v, want %s, %v and %s", test.what, checked, test.health, test.reason, test.act)
		}
		delete(checked, "checked_now")
		if diff := cmp.Diff(checked, w.get(t, channel+"/health")); diff != "" {
			t.Errorf("%s: health differs from what the check told (-check +health):\n%s", test.what, diff)
		}
		shown := w.get(t, channel)
		if diff := cmp.Diff(map[string]any{"status": test.health, "reason": test.reason}, shown["health"]); diff != "" || shown["health_at"] == nil {
			t.Errorf("%s: channel's health (-want +got):\n%s", test.what, diff)
		}
		events := w.get(t, "/v1/events?limit=200")["data"].([]any)
		if last := events[len(events)-1].(map[string]any); test.event != "" && last["type"] != test.event {
			t.Errorf("%s: got the event %v, want %s", test.what, last["type"], test.event)
		}
	}
}

// Trouble of the platform's is nobody's fault, and told with the platform and with the
// workspace's own app.
func TestTroubleIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.garden.set(func(g *garden) { g.life = time.Hour })
	channel := w.channel(t, "user_42")
	app := w.post(t, "/v1/apps", `{"platform":"garden","client_id":"c","client_secret":"s"}`)
	session := w.create(t, `{"owner":{"external_id":"user_43"}}`)
	w.comeBack(t, session, connect.CallbackRequest{AppID: int64(app["id"].(float64))}, func(url.Values) {})
	own := "/v1/channels/" + fmt.Sprint(w.get(t, "/v1/sessions/"+idOf(session))["channel_ids"].([]any)[0]) // consented at the workspace's app
	if got := w.get(t, "/v1/platforms/garden")["trouble"]; got != nil {
		t.Errorf("got %v before there was any trouble", got)
	}
	w.clock.advance(time.Hour - 10*time.Second) // the last tokens are still good, for too little time
	w.garden.refuse(platform.ClassConfiguration, "")
	for _, c := range []string{channel, own} {
		got := wantStatus(t, w.lease(t, c, ""), 502)
		if checkProblem(t, got); got.body["code"] != "platform_rejected" {
			t.Errorf("got %s, want platform_rejected", got.text)
		}
		if health := w.get(t, c+"/health"); health["health"] != "healthy" {
			t.Errorf("got %v: the app's trouble is not the channel's while its token lives", health)
		}
	}
	for path, row := range map[string]map[string]any{
		"/v1/platforms/garden": w.get(t, "/v1/platforms/garden"), "/v1/apps/" + idOf(app): w.get(t, "/v1/apps/"+idOf(app)),
	} {
		trouble, ok := row["trouble"].(map[string]any)
		if !ok || trouble["reason"] != "app_rejected" {
			t.Errorf("%s: got trouble %v, want app_rejected", path, row["trouble"])
			continue
		}
		when(t, trouble["since"])
	}
	listed := w.get(t, "/v1/platforms")["data"].([]any)
	if i := slices.IndexFunc(listed, func(p any) bool { return p.(map[string]any)["trouble"] != nil }); i < 0 || listed[i].(map[string]any)["id"] != "garden" {
		t.Errorf("the list of platforms does not tell whose trouble it is")
	}
}

// orphan is the address of a channel that stands without a consent.
func (w *world) orphan(t *testing.T) string { return w.save(t, "page", "orphan") }

// save makes a channel that stands without a consent.
func (w *world) save(t *testing.T, kind, externalID string) string {
	t.Helper()
	var made connect.SavedChannel
	must(t, w.store.InTx(t.Context(), func(tx connect.Tx) (err error) {
		made, err = tx.SaveChannel(t.Context(), connect.Channel{
			WorkspaceID: w.space.ID, OwnerID: 1, Platform: "garden", Kind: kind, ExternalID: externalID, Lifecycle: connect.LifecycleActive,
			Health: connect.HealthUnknown, Review: connect.ReviewNone, FactsAt: w.clock.Now(), CreatedAt: w.clock.Now(), UpdatedAt: w.clock.Now(),
		})
		return err
	}))
	return fmt.Sprintf("/v1/channels/%d", made.ID)
}
