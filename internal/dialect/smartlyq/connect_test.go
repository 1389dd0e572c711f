package smartlyq_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/vault"
)

const (
	validation = "VALIDATION_ERROR"
	notFound   = "RESOURCE_NOT_FOUND"
)

func TestConnectURLIsThePlatformsWithTheStateToPollWith(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for word, host := range map[string]string{
		"facebook": "www.facebook.com", "instagram": "www.facebook.com", "twitter": "x.com", "linkedin": "www.linkedin.com",
	} {
		u, err := url.Parse(w.link(word, `{"return_url":null,"unknown":[]}`))
		if err != nil || u.Host != host || !tokenForm(w.state.Reveal()) {
			t.Errorf("%s: got %s, %v, want %s with a state of base64url characters", word, u, err, host)
		}
		w.poll().wants(t, http.StatusOK, `{"platform":"`+word+`","status":"pending","expires_at":"2026-06-06T12:15:00Z"}`)
	}
}

func tokenForm(s string) bool {
	return len(s) == 43 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == ""
}

func TestConnectRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, c := range map[string]struct {
		word, body    string
		status        int
		code, details string
	}{
		"no JSON":              {"facebook", `{"return_url"`, 400, "BAD_REQUEST", `{}`},
		"an array":             {"facebook", `[]`, 400, "BAD_REQUEST", `{}`},
		"too large":            {"facebook", `{"x":"` + strings.Repeat("x", 1<<20) + `"}`, 413, "PAYLOAD_TOO_LARGE", `{}`},
		"a number":             {"facebook", `{"return_url":5}`, 422, validation, `{"fields":{"return_url":"must be a string"}}`},
		"NUL":                  {"facebook", `{"return_url":"https://a.example/\u0000"}`, 422, validation, `{"fields":{"return_url":"must not hold a NUL character"}}`},
		"telegram":             {"telegram", `{"bot_token":"t","chat":"c"}`, 422, "PROVIDER_NOT_CONFIGURED", `{}`},
		"whatsapp":             {"whatsapp", ``, 422, "PROVIDER_NOT_CONFIGURED", `{}`},
		"gmb":                  {"googlebusiness", ``, 422, "PROVIDER_NOT_CONFIGURED", `{}`},
		"no app":               {"tiktok", ``, 422, "PROVIDER_NOT_CONFIGURED", `{}`},
		"handle only":          {"bluesky", `{"identifier":"a.test"}`, 422, validation, `{"fields":{"app_password":"is required"}}`},
		"password only":        {"bluesky", `{"app_password":"x"}`, 422, validation, `{"fields":{"identifier":"is required"}}`},
		"blank credentials":    {"bluesky", `{"identifier":" ","app_password":""}`, 422, validation, `{"fields":{"app_password":"is required","identifier":"is required"}}`},
		"credentials of types": {"bluesky", `{"identifier":1,"app_password":[]}`, 422, validation, `{"fields":{"app_password":"must be a string","identifier":"must be a string"}}`},
		"wrong password": {
			"bluesky", `{"identifier":"acme.bsky.social","app_password":"wrong"}`, 422, validation,
			`{"fields":{"app_password":"The account and the app password do not belong together."}}`,
		},
		"platform down": {"bluesky", `{"identifier":"acme.bsky.social","app_password":"down"}`, 502, "PLATFORM_ERROR", `{}`},
	} {
		t.Run(name, func(t *testing.T) {
			w.call(http.MethodPost, "/connect/"+c.word, c.body).refuses(t, c.status, c.code, c.details)
		})
	}
	for _, bad := range []string{"", "/back", "javascript:alert(1)", "http://client.example.com/", "https://a@client.example.com/"} {
		got := w.call(http.MethodPost, "/connect/facebook", `{"return_url":"`+bad+`"}`)
		if bad == "" {
			got.into(t, http.StatusCreated, &struct{}{}) // as when it is left out
			continue
		}
		got.refuses(t, 422, validation, `{"fields":{"return_url":"must be an https URL, an http URL on loopback, or a custom scheme of an application; without user name, backslash, spaces or control characters"}}`)
	}
	w.call(http.MethodGet, "/accounts", "").wants(t, http.StatusOK, `[]`)
}

func TestInstagramTakesTheWayThatHasAnApp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, without("instagram"))
	if got := w.link("instagram", ""); !strings.HasPrefix(got, "https://www.instagram.com/oauth/authorize?") {
		t.Errorf("got %s, want the login of Instagram itself", got)
	}
	w.connected("instagram", "instagram_login")
	w.call(http.MethodGet, "/accounts", "").wants(t, http.StatusOK, `[{"id":1,"platform":"instagram","name":"Acme"}]`)
}

func TestStateIsUsedOnceWhateverComesOfIt(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]connect.CallbackRequest{
		"approved": {Code: vault.NewSecret("code")}, "denied": {Error: "access_denied"}, "failed": {Error: "server_error"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.link("twitter", "")
			if err := w.comeBack("x", first); err != nil {
				t.Fatal(err)
			}
			before := w.poll()
			if err := w.comeBack("x", connect.CallbackRequest{Code: vault.NewSecret("code")}); err == nil {
				t.Error("a second arrival: got no error")
			}
			w.poll().wants(t, http.StatusOK, before.Data)
		})
	}
}

func TestCallbackAfterExpiresAtIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.link("twitter", "")
	w.wait(15*time.Minute - time.Millisecond)
	if !strings.Contains(w.poll().Data, `"status":"pending"`) {
		t.Errorf("before: got %s, want pending", w.poll().Data)
	}
	w.wait(time.Millisecond)
	w.poll().wants(t, http.StatusOK, `{"platform":"twitter","status":"expired","expires_at":"2026-06-06T12:15:00Z"}`)
	err := w.comeBack("x", connect.CallbackRequest{Code: vault.NewSecret("code")})
	if v := w.poll(); !strings.Contains(v.Data, `"status":"expired"`) {
		t.Errorf("after a late callback (%v): got %s, want expired", err, v.Data)
	}
	w.call(http.MethodGet, "/accounts", "").wants(t, http.StatusOK, `[]`)
}

func TestResultsArePolledForADay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wait(10 * time.Minute)
	w.connected("twitter", "x")
	want := w.poll().Data
	w.wait(24*time.Hour - time.Millisecond)
	w.poll().wants(t, http.StatusOK, want)
	w.wait(time.Millisecond)
	w.poll().refuses(t, http.StatusNotFound, notFound, `{}`)
}

func TestConnectedStaysConnected(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.connected("twitter", "x")
	want := w.poll().Data
	w.call(http.MethodDelete, at("/accounts/%d", id), "").wants(t, http.StatusOK, `null`)
	w.poll().wants(t, http.StatusOK, want)
}

func TestHeadlessOffLeavesPolling(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.link("twitter", "")
	w.setWorkspace(func(ws *connect.Workspace) { ws.NoHeadless = true })
	w.poll().wants(t, http.StatusOK, `{"platform":"twitter","status":"pending","expires_at":"2026-06-06T12:15:00Z"}`)
	w.call(http.MethodPost, "/connect/bluesky", `{"identifier":"a","app_password":"b"}`).refuses(t, http.StatusNotFound, "NOT_ENABLED", `{}`)
}

func TestForeignStatesAreUnknown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.link("twitter", "")
	poll := func(token string, headers ...string) answer {
		return w.callAs(token, http.MethodGet, "/connect/"+w.state.Reveal(), "", headers...)
	}
	other := w.newWorkspace(connect.Workspace{Name: "Other"})
	poll(w.newKey(connect.Key{WorkspaceID: other.ID, Scopes: connect.Scopes()})).refuses(t, http.StatusNotFound, notFound, `{}`)
	customer := w.newOwner("customer")
	poll(w.newKey(connect.Key{WorkspaceID: w.workspace.ID, OwnerID: customer, Scopes: connect.Scopes()})).refuses(t, http.StatusNotFound, notFound, `{}`)
	poll(w.token, "X-Profile-Id", at("%d", customer)).refuses(t, http.StatusNotFound, notFound, `{}`)

	native, err := w.svc.CreateSession(t.Context(), w.caller(), connect.NewSession{Origin: connect.OriginNative}, connect.Once[connect.CreatedSession]{})
	if err != nil {
		t.Fatal(err)
	}
	w.state = native.Link
	w.poll().refuses(t, http.StatusNotFound, notFound, `{}`)
	w.state = vault.NewSecret("twitter")
	w.poll().refuses(t, http.StatusNotFound, notFound, `{}`)
}

func TestReconnectResumesTheSameAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.connected("facebook", "facebook")
	w.change(id, func(c *connect.Channel) { c.Health, c.HealthReason = connect.HealthNeedsReauth, "revoked" })
	var told struct {
		ReconnectURL string `json:"reconnect_url"`
	}
	w.call(http.MethodGet, at("/accounts/%d/reconnect-url", id), "").into(t, http.StatusOK, &told)
	page, token, _ := strings.Cut(told.ReconnectURL, "?token=")
	if page != appOrigin+"/connect/facebook" || !tokenForm(token) {
		t.Fatalf("got %s", told.ReconnectURL)
	}
	link, browser := vault.NewSecret(token), vault.NewSecret("a browser")
	view, err := w.svc.OpenLink(t.Context(), link, browser)
	if err != nil || view.Session.ReconnectID != id || view.Session.ExpiresAt.Sub(w.now()) != 15*time.Minute {
		t.Fatalf("got %+v, %v, want a session of 15 minutes for account %d", view.Session, err, id)
	}
	address, err := w.svc.Begin(t.Context(), connect.BeginRequest{Link: link, Browser: browser, Platform: "facebook"})
	if err != nil || !w.learnState(address) {
		t.Fatal(address, err)
	}
	if err := w.comeBack("facebook", connect.CallbackRequest{Code: vault.NewSecret("code")}); err != nil {
		t.Fatal(err)
	}
	w.call(http.MethodGet, at("/accounts/%d/health", id), "").
		wants(t, http.StatusOK, `{"id":1,"platform":"facebook","account_name":"Acme Coffee","status":"connected","token_expired":false}`)
	w.wait(15 * time.Minute)
	if _, err := w.svc.Begin(t.Context(), connect.BeginRequest{Link: link, Browser: browser, Platform: "facebook"}); err == nil || errors.Is(err, connect.ErrLinkUnknown) {
		t.Errorf("the link again: got %v, want a refusal", err)
	}
}
