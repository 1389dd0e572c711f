package api_test

import "testing"

func TestARevokedKeyStopsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.call(t, w.key, "POST", "/v1/keys", `{"name":"short-lived","scopes":["channels:read","keys:read"]}`)
	key, _ := made.body["key"].(string)
	read := func(want int) {
		t.Helper()
		if got := w.call(t, key, "GET", "/v1/channels", ""); got.status != want {
			t.Errorf("got %d %s, want %d", got.status, got.text, want)
		}
	}
	read(200)
	read(200) // remembered by now
	if got := w.call(t, w.key, "DELETE", "/v1/keys/"+idOf(made.body), ""); got.status != 200 {
		t.Fatalf("revoke: got %d %s, want 200", got.status, got.text)
	}
	read(401)
}
