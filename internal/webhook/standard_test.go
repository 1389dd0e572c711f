package webhook_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"patchbay/internal/connect"
	"patchbay/internal/vault"
	"patchbay/internal/webhook"
)

// TestVectors are those of the reference repository: TestWebhookSign of
// https://github.com/standard-webhooks/standard-webhooks/blob/main/libraries/go/webhook_test.go.
func TestVectors(t *testing.T) {
	t.Parallel()
	h := webhook.Standard("test").Sign(webhook.Signing{
		ID: "msg_p5jXN8AQM9LWM0D4loKWxJek", Body: []byte(`{"test": 2432232314}`), At: time.Unix(1614265330, 0),
		Secrets: []vault.Secret{vault.NewSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), vault.NewSecret("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")},
	})
	signatures := strings.Split(h.Get("webhook-signature"), " ")
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; len(signatures) != 2 || signatures[0] != want || signatures[1] == want {
		t.Errorf("got %q, want %s and another one", signatures, want)
	}
	for name, want := range map[string]string{
		"webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": "1614265330", "Content-Type": "application/json", "User-Agent": "Patchbay/test",
	} {
		if got := h.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestWhatTheStandardSchemeHears(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]bool{
		"": true, "*": true, "channel.*": true, "channel.connected": true, "endpoint.disabled": true, "grant.*": true,
		"channel": false, "channel.": false, "channel*": false, "*.connected": false, "**": false, "chan.*": false, ".*": false, "channel.conected": false, "channel.connected.*": false, "CHANNEL.*": false,
	} {
		if _, got := webhook.Standard("").Hears(word); got != want {
			t.Errorf("%q: got %t, want %t", word, got, want)
		}
	}
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	for code := range 600 {
		want := webhook.VerdictRetry
		switch {
		case code >= 200 && code < 300:
			want = webhook.VerdictDelivered
		case code == 410:
			want = webhook.VerdictDisable
		}
		if got := webhook.Standard("").Accept(webhook.Reply{Status: code}); got != want {
			t.Errorf("%d: got %s, want %s", code, got, want)
		}
	}
}

// TestAnEventReachesAReceiver verifies as a receiver does.
func TestAnEventReachesAReceiver(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		r := newReceiver(t, w)
		made := w.endpoint(t, webhook.NewEndpoint{URL: r.url, Types: []string{"channel.*"}})
		channel := w.channel(t, "page-1")
		w.emit(t, connect.Event{Type: connect.EventSessionCreated}, connect.Event{Type: connect.EventChannelConnected, ChannelID: channel, Data: []byte(`{"name":"Tea & <Cake>"}`)})
		if got := w.pump(t); got != 1 {
			t.Fatalf("got %d requests, want 1", got)
		}
		m := r.messages()[0]
		verifies(t, made.Secret, m, true)
		var body struct {
			Type, Timestamp string
			Data            json.RawMessage
		}
		must(t, json.Unmarshal([]byte(m.body), &body))
		events, err := w.store.Events(t.Context(), w.caller.WorkspaceID, 1, 1)
		must(t, err)
		want, err := webhook.EncodeJSON(webhook.ToJSON(events[0]))
		must(t, err)
		if body.Type != "channel.connected" || body.Timestamp != "2026-03-01T09:30:00.000Z" || string(body.Data) != string(want) || !strings.Contains(m.body, "Tea & <Cake>") {
			t.Errorf("got %s, want the event as it is listed: %s", m.body, want)
		}
		if id := m.header.Get("webhook-id"); id != "evt_1_2" {
			t.Errorf("message id: got %q, want evt_1_2", id)
		}
		d := w.deliveries(t, webhook.DeliveryFilter{})[0]
		if d.State != webhook.DeliveryDelivered || d.Attempts != 1 || d.Status != 200 || d.Error != "" || d.EndedAt.IsZero() {
			t.Errorf("got %+v, want it delivered at the first attempt", d)
		}
		if e := w.read(t, made.ID); !e.SucceededAt.Equal(w.clock.now()) || e.Failures != 0 {
			t.Errorf("endpoint: got %+v, want its success", e)
		}
	})
}

// verifies tells a receiver's secret from one that it does not know.
func verifies(t *testing.T, secret vault.Secret, m message, want bool) {
	t.Helper()
	w, err := standardwebhooks.NewWebhook(secret.Reveal())
	must(t, err)
	if err := w.Verify([]byte(m.body), m.header); (err == nil) != want {
		t.Errorf("verify: got %v, want %t; %s", err, want, m.header.Get("webhook-signature"))
	}
}

func TestSecretsOverlap(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		r := newReceiver(t, w)
		first := w.endpoint(t, webhook.NewEndpoint{URL: r.url})
		send := func() message {
			w.emit(t, connect.Event{})
			w.pump(t)
			all := r.messages()
			return all[len(all)-1]
		}
		rotate := func(overlap time.Duration) webhook.CreatedEndpoint {
			made, err := w.hooks.RotateSecret(t.Context(), w.caller, first.ID, overlap)
			must(t, err)
			return made
		}
		second := rotate(time.Hour)
		if want := w.clock.now().Add(time.Hour); !second.PreviousUntil.Equal(want) {
			t.Errorf("previous until: got %s, want %s", second.PreviousUntil, want)
		}
		m := send()
		verifies(t, first.Secret, m, true)
		verifies(t, second.Secret, m, true)
		third := rotate(2 * time.Hour) // who rotates twice breaks nobody
		m = send()
		verifies(t, first.Secret, m, true)
		verifies(t, second.Secret, m, true)
		verifies(t, third.Secret, m, true)
		w.clock.move(time.Hour)
		m = send()
		verifies(t, first.Secret, m, false)
		verifies(t, second.Secret, m, true)
		w.clock.move(time.Hour)
		m = send()
		verifies(t, second.Secret, m, false)
		verifies(t, third.Secret, m, true)
		last := rotate(0)
		m = send()
		verifies(t, third.Secret, m, false)
		verifies(t, last.Secret, m, true)
		if got := len(strings.Split(m.header.Get("webhook-signature"), " ")); got != 1 || !last.PreviousUntil.IsZero() {
			t.Errorf("got %d signatures and %s, want one and no time", got, last.PreviousUntil)
		}
	})
}

func TestATestMessage(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		r := newReceiver(t, w)
		made := w.endpoint(t, webhook.NewEndpoint{URL: r.url, Types: []string{"channel.*"}})
		tested, err := w.hooks.TestEndpoint(t.Context(), w.caller, made.ID)
		must(t, err)
		m := r.messages()[0]
		verifies(t, made.Secret, m, true)
		if id := m.header.Get("webhook-id"); id != tested.Delivery.MessageID() || !strings.Contains(m.body, `"type":"endpoint.test"`) {
			t.Errorf("got %s %s, want a test with the id %s", id, m.body, tested.Delivery.MessageID())
		}
		if tested.Delivery.State != webhook.DeliveryDelivered || tested.Attempt.Status != 200 {
			t.Errorf("got %+v, want it delivered", tested)
		}
		r.answers(func(rw http.ResponseWriter, _ *http.Request) {
			rw.WriteHeader(http.StatusGone)
			_, _ = rw.Write([]byte("no\x00 \x1b[31mthanks"))
		})
		tested, err = w.hooks.TestEndpoint(t.Context(), w.caller, made.ID)
		must(t, err)
		if tested.Delivery.State != webhook.DeliveryFailed || tested.Attempt.Status != 410 || tested.Attempt.Answer != "no [31mthanks" || tested.Attempt.Error != "It answered 410 Gone." {
			t.Errorf("got %+v, want its failure with the answer, printable", tested)
		}
		d, attempts, err := w.hooks.Delivery(t.Context(), w.caller, tested.Delivery.ID)
		must(t, err)
		if len(attempts) != 1 || d.EventNumber != 0 || len(d.Body) == 0 {
			t.Errorf("got %+v with %d attempts, want one, kept with its body", d, len(attempts))
		}
		if e := w.read(t, made.ID); e.State != webhook.StateActive || e.Failures != 0 {
			t.Errorf("endpoint: got %+v, want it untouched by tests", e)
		}
		if w.pump(t) != 0 {
			t.Error("a test was sent again")
		}
	})
}
