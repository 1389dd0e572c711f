package bluesky

import (
	"net/http"
	"testing"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

func (w *world) exchange(t *testing.T) (platform.Token, error) {
	t.Helper()
	return w.platform.Exchange(t.Context(), w.env, platform.ExchangeRequest{
		App: platform.App{ClientID: "http://localhost"}, RedirectURI: "http://127.0.0.1/cb",
		Code: vault.NewSecret("c"), Verifier: platform.NewVerifier(), Private: w.session(t),
	})
}

func TestTokenAnswers(t *testing.T) {
	t.Parallel()
	const good = `{"access_token":"a","refresh_token":"r","token_type":"DPoP","scope":"atproto","sub":"` + worldDID + `"`
	for _, tt := range []struct {
		status int
		body   string
		want   string
	}{
		{200, good + `,"expires_in":60}`, ""},
		{200, `{"access_token":"a","token_type":"Bearer","scope":"atproto","sub":"` + worldDID + `"}`, "token_kind"},
		{200, `{"token_type":"DPoP","scope":"atproto","sub":"` + worldDID + `"}`, "token_kind"},
		{200, `{"access_token":"a","token_type":"DPoP","scope":"transition:generic","sub":"` + worldDID + `"}`, "scopes_missing"},
		{200, `{"access_token":"a","token_type":"DPoP","scope":"atproto","sub":"did:plc:bbbbbbbbbbbbbbbbbbbbbbbb"}`, "other_account"},
		{200, `{"access_token":"a","token_type":"DPoP","scope":"atproto"}`, "other_account"},
		{200, `<html>`, "platform_unavailable"},
		{302, ``, "platform_unavailable"},
		{400, `{"error":"invalid_grant"}`, "code_expired"},
		{401, `{"error":"invalid_client"}`, "platform_rejected"},
		{400, `{"error":"invalid_dpop_proof"}`, "platform_rejected"},
		{400, `{"error":"c"}`, "platform_unavailable"},
		{500, `{"error":"server_error"}`, "platform_unavailable"},
		{503, ``, "platform_unavailable"},
	} {
		w := newWorld(t)
		w.answer("/token", tt.status, tt.body)
		_, err := w.exchange(t)
		if got := fault.ReasonOf(err); got != tt.want {
			t.Errorf("%d %s: got %q, want %q (%v)", tt.status, tt.body, got, tt.want, err)
		}
	}
}

func TestAccessTokenWithoutALifetime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.answer("/token", http.StatusOK, `{"access_token":"a","token_type":"DPoP","scope":"atproto","sub":"`+worldDID+`"}`)
	token, err := w.exchange(t)
	if err != nil {
		t.Fatalf("exchange: %v", err)
	}
	if got, want := token.Credentials.ExpiresAt, w.env.Now().Add(30*time.Minute); !got.Equal(want) {
		t.Errorf("expires: got %v, want %v", got, want)
	}
}
