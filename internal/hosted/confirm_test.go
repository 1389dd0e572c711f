package hosted

import (
	"net/http"
	"strings"
	"testing"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/vault"
)

const confirmAddress = "https://app.example.com/back?a=1&session_id=7&status=pending&code=c0de"

// Who comes back in a browser without our cookie gets one first, and is led to the
// application with the code to confirm with. Its page says the same; no other does.
func TestCallbackInABrowserWeNeverSaw(t *testing.T) {
	t.Parallel()
	came := vault.Secret{}
	service := core{
		callback: func(r connect.CallbackRequest) (connect.Arrival, error) {
			came = r.Browser
			return connect.Arrival{Link: vault.NewSecret("link")}, nil
		},
		view: func(browser vault.Secret) connect.LinkView {
			if browser.Reveal() == came.Reveal() {
				return pending(connect.Attempt{ID: 1, State: connect.AttemptConfirming}, "c0de")
			}
			return pending(connect.Attempt{}, "")
		},
	}
	b := newBrowser(t, Config{Service: service})
	b.cookie = ""
	resp := b.get("/oauth/callback/plain?state=s&code=c")
	if got := resp.Header.Get("Location"); got != confirmAddress {
		t.Errorf("callback led to %q, want %q", got, confirmAddress)
	}
	if came.Empty() || b.cookie != came.Reveal() {
		t.Error("the callback named another browser than the cookie, want the same")
	}
	text := textOf(t, b.get(sessionAt))
	if !strings.Contains(text, strings.ReplaceAll(confirmAddress, "&", "&amp;")) || !strings.Contains(text, "Go back to the application to finish") {
		t.Errorf("the page does not lead on: %s", text)
	}
	other := newBrowser(t, Config{Service: service})
	for _, path := range []string{sessionAt, sessionAt + "?choose=1"} {
		text = textOf(t, other.get(path))
		if strings.Contains(text, "c0de") || strings.Contains(text, "app.example.com") || !strings.Contains(text, "Waiting for Harbour Tools") {
			t.Errorf("another browser at %s does not only see that it waits: %s", path, text)
		}
	}
}

func TestCallbackOfAnotherApp(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]int64{"/plain": 0, "/plain/12": 12, "/plain/0": -1, "/plain/-1": -1, "/plain/01": -1, "/plain/x": -1, "/plain/9223372036854775808": -1} {
		got := int64(-1)
		b := newBrowser(t, Config{Service: core{callback: func(r connect.CallbackRequest) (connect.Arrival, error) {
			got = r.AppID
			return connect.Arrival{}, fault.New(fault.Invalid, "callback_invalid", "x")
		}}})
		resp := b.get("/oauth/callback" + path + "?state=s&code=c")
		if got != want || want < 0 && resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s: got app %d and %d, want %d", path, got, resp.StatusCode, want)
		}
	}
}
