package client_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"patchbay/client"
)

func TestTokenIsLeasedAndDoesNotPrint(t *testing.T) {
	t.Parallel()
	s := &server{answer: func(int, *http.Request) (*http.Response, error) {
		return reply(200, `{"channel_id":5,"access_token":"hidden token","token_type":"DPoP","server":"https://pds.example",
			"dpop_key":{"kty":"EC","d":"hidden key"},"expires_at":"2026-03-01T11:30:00.000Z","version":8}`)
	}}
	token, err := s.client(t).Channels.Token(t.Context(), 5, client.TokenRequest{MinLifetime: 1500 * time.Millisecond, NewerThan: 7})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := s.requests[0].body, `{"min_lifetime_s":2,"newer_than":7}`; got != want {
		t.Errorf("request: got %s, want %s: rounded up", got, want)
	}
	if token.AccessToken.Reveal() != "hidden token" || token.DPoPKey.Reveal() != `{"kty":"EC","d":"hidden key"}` || token.Version != 8 || token.ExpiresAt.Hour() != 11 {
		t.Errorf("got %+v of type %s, want what was answered", token, token.TokenType)
	}
	var out strings.Builder
	for _, value := range []any{token, &token, struct{ in client.Token }{token}} {
		fmt.Fprintf(&out, "%v %+v %#v %s", value, value, value, value)
		_ = json.NewEncoder(&out).Encode(value)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("value", "value", value)
	}
	if strings.Contains(out.String(), "hidden") {
		t.Errorf("a secret is printed: %s", out.String())
	}
}

func TestTokenWithoutExtrasHasNone(t *testing.T) {
	t.Parallel()
	s := &server{answer: func(int, *http.Request) (*http.Response, error) {
		return reply(200, `{"channel_id":5,"access_token":"t","token_type":"Bearer","server":null,"dpop_key":null,"expires_at":null,"version":1}`)
	}}
	token, err := s.client(t).Channels.Token(t.Context(), 5, client.TokenRequest{})
	if err != nil || !token.DPoPKey.IsZero() || token.Server != "" || !token.ExpiresAt.IsZero() {
		t.Errorf("got %+v (%v), want neither key, server nor end", token, err)
	}
	if got := s.requests[0].body; got != "{}" {
		t.Errorf("request: got %s, want {}", got)
	}
}

func TestDeadConsentIsTyped(t *testing.T) {
	t.Parallel()
	s := &server{answer: func(int, *http.Request) (*http.Response, error) {
		return reply(409, `{"status":409,"code":"reauth_required","reason":"revoked","detail":"The consent is over."}`)
	}}
	_, err := s.client(t).Channels.Token(t.Context(), 5, client.TokenRequest{})
	if p := client.AsProblem(err); !errors.Is(err, client.ReauthRequired) || p == nil || p.Reason != "revoked" || len(s.requests) != 1 {
		t.Errorf("got %v after %d requests, want reauth_required for the reason revoked after one", err, len(s.requests))
	}
}
