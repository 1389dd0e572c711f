package api_test

import (
	"strings"
	"testing"

	"patchbay/internal/connect"
)

// How often a request has an effect is proved in e2e/once; this is what the header may be.
func TestWhatAnIdempotencyKeyMayBe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	post := func(headers ...string) answer {
		return w.call(t, w.key, "POST", "/v1/owners", `{}`, headers...)
	}
	for _, key := range []string{"k", "!", "~", strings.Repeat("k", 255), `"8e03978e-40d5-43dd-bc93-6894a57f9324"`} {
		wantStatus(t, post("Idempotency-Key", key), 201)
		if got := wantStatus(t, post("Idempotency-Key", key), 201).header.Get("Idempotent-Replayed"); got != "true" {
			t.Errorf("%.20s: got Idempotent-Replayed %q, want true", key, got)
		}
	}
	for name, headers := range map[string][]string{
		"empty": {"Idempotency-Key", ""}, "too long": {"Idempotency-Key", strings.Repeat("k", 256)}, "blank": {"Idempotency-Key", "a b"},
		"not ASCII": {"Idempotency-Key", "schlüssel"}, "two": {"Idempotency-Key", "a", "Idempotency-Key", "b"},
	} {
		got := wantStatus(t, post(headers...), 422)
		if checkProblem(t, got); got.body["reason"] != connect.ErrOnceKey.Reason {
			t.Errorf("%s: got %s, want %s", name, got.text, connect.ErrOnceKey.Reason)
		}
	}
	if got := wantStatus(t, post(), 201).header.Values("Idempotent-Replayed"); got != nil {
		t.Errorf("got Idempotent-Replayed %q without a key", got)
	}
	same(t, "owners", len(w.get(t, "/v1/owners")["data"].([]any)), 7)
}
