package smartlyq_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/e2e"
)

// hooks is a receiver as the guide shows one: it verifies, and keeps what arrived.
type hooks struct {
	t        *testing.T
	secret   string
	messages chan message
}

type message struct {
	ID        string
	Event     string
	CreatedAt string `json:"created_at"`
	Data      map[string]any
}

func (h *hooks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var m message
	if err == nil {
		err = json.Unmarshal(body, &m)
	}
	switch {
	case err != nil:
		h.t.Errorf("a delivery: %v: %s", err, body)
	case !verified(string(body), r.Header.Get("X-SmartlyQ-Signature"), h.secret):
		h.t.Errorf("the signature %q is not of this body and secret", r.Header.Get("X-SmartlyQ-Signature"))
	case r.Header.Get("X-SmartlyQ-Event") != m.Event || r.Header.Get("X-SmartlyQ-Event-Id") != m.ID || r.UserAgent() != "SmartlyQ-Webhook/1.0":
		h.t.Errorf("the headers %v do not fit %s", r.Header, body)
	}
	h.messages <- m
}

// verified is the guide's own verifySignature.
func verified(body, header, secret string) bool {
	parts := map[string]string{}
	for _, kv := range strings.Split(header, ",") {
		name, value, _ := strings.Cut(kv, "=")
		parts[name] = value
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(parts["t"] + "." + body))
	return hmac.Equal([]byte(parts["v1"]), []byte(hex.EncodeToString(mac.Sum(nil))))
}

// next waits for the next message, which must be this event, and answers its data.
func (h *hooks) next(event string) map[string]any {
	h.t.Helper()
	select {
	case m := <-h.messages:
		if m.Event != event || !strings.HasPrefix(m.ID, "evt_") || len(m.CreatedAt) != len("2026-07-26T14:30:00Z") {
			h.t.Fatalf("got %+v, want %s", m, event)
		}
		return m.Data
	case <-time.After(30 * time.Second):
		h.t.Fatalf("%s did not come", event)
		return nil
	}
}

// The three account events and the test, each once for what happened.
func TestWebhooks(t *testing.T) {
	t.Parallel()
	w := world{e2e.Start(t, e2e.Options{})}
	h := &hooks{t: t, messages: make(chan message, 100)}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	var made struct {
		ID     int64
		Secret string
	}
	w.Call(t, http.MethodPost, "/v1/endpoints", map[string]any{"url": server.URL, "scheme": "smartlyq"}).Into(t, http.StatusCreated, &made)
	h.secret = made.Secret
	w.Call(t, http.MethodPost, fmt.Sprintf("/v1/endpoints/%d/test", made.ID), nil).Into(t, http.StatusOK, &struct{}{})
	h.next("webhook.test")

	id := w.connects(t, "twitter", "second")
	wants(t, h.next("account.connected"), map[string]any{"account_id": float64(id), "platform": "twitter", "account_name": "Second account", "account_username": "lab_second"})
	w.connects(t, "twitter", "second") // it was there: nothing to tell
	check := fmt.Sprintf("/v1/channels/%d/check", id)
	w.Call(t, http.MethodPost, "/lab/revoke", map[string]any{"platform": "x", "persona": "second"})
	w.Call(t, http.MethodPost, check, nil).Into(t, http.StatusOK, &struct{}{})
	w.Call(t, http.MethodPost, check, nil).Into(t, http.StatusOK, &struct{}{}) // the same incident
	wants(t, h.next("account.token_expired"), map[string]any{"account_id": float64(id), "platform": "twitter", "account_name": "Second account", "account_username": "lab_second", "reason": "token_refused"})
	data[any](t, w, http.MethodDelete, fmt.Sprintf("/accounts/%d", id), nil, http.StatusOK)
	gone := h.next("account.disconnected")
	if gone["account_id"] != float64(id) || gone["reason"] == "" {
		t.Errorf("account.disconnected: got %v", gone)
	}
	w.connects(t, "twitter", "second")
	if again := h.next("account.connected"); again["account_id"] != float64(id) {
		t.Errorf("connected again: got %v, want the id %d", again, id)
	}
	w.connects(t, "facebook", "creator")
	for range 3 {
		h.next("account.connected")
	}
	var owners struct {
		Data []struct {
			ID         int64
			ExternalID string `json:"external_id"`
		}
	}
	w.Call(t, http.MethodGet, "/v1/owners", nil).Into(t, http.StatusOK, &owners)
	w.Call(t, http.MethodPost, fmt.Sprintf("/v1/owners/%d/erase", owners.Data[0].ID), map[string]any{"confirm": owners.Data[0].ExternalID}).Into(t, http.StatusOK, &struct{}{})
	for range 4 {
		if gone := h.next("account.disconnected"); gone["reason"] != "owner_erased" || gone["account_id"] == float64(0) || gone["account_name"] != "" {
			t.Errorf("erased: got %v, want the account and no name", gone)
		}
	}
	if len(h.messages) > 0 {
		t.Errorf("got %d more messages, want none", len(h.messages))
	}
}

func wants(t *testing.T, got, want map[string]any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("data (-want +got):\n%s", diff)
	}
}

// connects connects headlessly, without a browser, and answers the first account.
func (w world) connects(t *testing.T, word, persona string) int64 {
	t.Helper()
	l, p := w.asks(t, word), e2e.NewPerson(t)
	p.Open(decide(p, l.ConnectURL, persona, "approve"))
	got := w.polls(t, l)
	if got.Status != "connected" {
		t.Fatalf("connect %s: got %+v", word, got)
	}
	return got.Account.AccountID
}
