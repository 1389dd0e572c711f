package hosted

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// straight is a session whose link led straight to Plain.
func straight(status connect.SessionStatus, reason string, a connect.Attempt, redirectURL string) connect.LinkView {
	v := connect.LinkView{Workspace: connect.Workspace{Name: "Harbour Tools"}, Attempt: a}
	v.Session = connect.Session{
		ID: 7, Origin: connect.OriginNative, Status: status, Reason: reason, Display: connect.DisplayDirect, InitiatorCheck: connect.CheckNone,
		Platforms: []string{"plain"}, RedirectURL: redirectURL,
	}
	if a.ID != 0 {
		v.Session.Platform = "plain"
	}
	if status != connect.SessionPending {
		v.Session.EndedAt = time.Unix(1, 0)
	}
	return v
}

// Whoever comes back from the platform is led on at once, however it ended; without an
// address to lead to, a page tells it, and offers nothing that cannot work.
func TestDirectCallbackLeadsOn(t *testing.T) {
	t.Parallel()
	const back = "https://app.example.com/back"
	channel := connect.Channel{Facts: platform.Facts{Name: "Harbour Bakery"}}
	for name, tt := range map[string]struct {
		view connect.LinkView
		want string   // where the callback leads
		page []string // what stands there, where it is ours
	}{
		"success": {straight(connect.SessionSucceeded, "", connect.Attempt{ID: 1, State: connect.AttemptSucceeded}, back), back + "?session_id=7&status=succeeded", nil},
		"failure": {straight(connect.SessionFailed, "denied", connect.Attempt{ID: 1, State: connect.AttemptDenied, Reason: "denied"}, back), back + "?session_id=7&status=failed&reason=denied", nil},
		"expired": {straight(connect.SessionExpired, "", connect.Attempt{ID: 1, State: connect.AttemptExpired}, back), back + "?session_id=7&status=expired", nil},
		"success without redirect": {
			straight(connect.SessionSucceeded, "", connect.Attempt{ID: 1, State: connect.AttemptSucceeded}, ""), sessionAt,
			[]string{"All done", "Harbour Bakery", "You can close this window."},
		},
		"failure without redirect": {
			straight(connect.SessionFailed, "nothing_reached", connect.Attempt{ID: 1, State: connect.AttemptFailed, Reason: "nothing_reached"}, ""), sessionAt,
			[]string{"Nothing to connect was found", "ask it for a new one"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.view.Channels = []connect.Channel{channel}
			b := newBrowser(t, Config{Service: core{view: showing(tt.view), callback: func(r connect.CallbackRequest) (connect.Arrival, error) {
				if r.From != "192.0.2.1" { // httptest's
					t.Errorf("came from %q, want the person's address", r.From)
				}
				return connect.Arrival{Link: vault.NewSecret("link"), Session: tt.view.Session, Attempt: tt.view.Attempt}, nil
			}}})
			if got := b.get("/oauth/callback/plain?state=link&code=c").Header.Get("Location"); got != tt.want {
				t.Errorf("callback led to %q, want %q", got, tt.want)
			}
			text := textOf(t, b.get(sessionAt))
			for _, want := range tt.page {
				if !strings.Contains(text, want) {
					t.Errorf("the page lacks %q: %s", want, text)
				}
			}
			if tt.page != nil && (strings.Contains(text, "Try again") || strings.Contains(text, "<form")) {
				t.Errorf("the page offers what cannot work: %s", text)
			}
		})
	}
}

func TestDirectLinkWorksOnce(t *testing.T) {
	t.Parallel()
	done := connect.Attempt{ID: 1, State: connect.AttemptSucceeded}
	busy := connect.Attempt{ID: 1, State: connect.AttemptExchanging}
	for name, tt := range map[string]struct {
		arrived connect.Attempt
		mine    connect.Attempt // of the browser that comes now
		status  connect.SessionStatus
		err     error
		want    string // text, or location
	}{
		"again":                   {done, done, connect.SessionSucceeded, connect.ErrReplayed, "This link was already used"},
		"by somebody else":        {done, connect.Attempt{}, connect.SessionSucceeded, connect.ErrReplayed, "This link was already used"},
		"after it was given up":   {connect.Attempt{ID: 1, State: connect.AttemptSuperseded}, connect.Attempt{}, connect.SessionCanceled, connect.ErrReplayed, "This link was already used"},
		"a reload":                {busy, busy, connect.SessionPending, connect.ErrReplayed, sessionAt},
		"somebody else meanwhile": {busy, connect.Attempt{}, connect.SessionPending, connect.ErrReplayed, "This link was already used"},
		"without a code":          {connect.Attempt{ID: 1, State: connect.AttemptAway}, connect.Attempt{}, connect.SessionPending, connect.ErrCallbackInvalid, "The answer is incomplete"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := straight(tt.status, "", tt.mine, "https://app.example.com/back")
			b := newBrowser(t, Config{Service: core{view: showing(v), callback: func(connect.CallbackRequest) (connect.Arrival, error) {
				return connect.Arrival{Link: vault.NewSecret("link"), Session: v.Session, Attempt: tt.arrived}, tt.err
			}}})
			resp := b.get("/oauth/callback/plain?state=link&code=c")
			text := textOf(t, resp) + resp.Header.Get("Location")
			if !strings.Contains(text, tt.want) || strings.Contains(text, "Start again here") {
				t.Errorf("got %d, want %q and no way to begin again: %s", resp.StatusCode, tt.want, text)
			}
			if own := tt.mine.ID != 0 && tt.mine.State.Final(); strings.Contains(text, "app.example.com") != own {
				t.Errorf("a way into the application: got %v, want %v", !own, own)
			}
		})
	}
}

// Opened by hand the link's page shows how things stand. Nothing there begins anything.
func TestDirectLinkOpenedByHand(t *testing.T) {
	t.Parallel()
	late := straight(connect.SessionPending, "", connect.Attempt{}, "")
	late.Expired = true
	for want, v := range map[string]connect.LinkView{
		"This link leads to Plain":    straight(connect.SessionPending, "", connect.Attempt{}, "https://app.example.com/back"),
		"Still finishing":             straight(connect.SessionPending, "", connect.Attempt{ID: 1, Platform: "plain", State: connect.AttemptVerifying}, ""),
		"This link has expired":       late,
		"All done":                    straight(connect.SessionSucceeded, "", connect.Attempt{}, "https://app.example.com/back"),
		"You did not give permission": straight(connect.SessionFailed, "denied", connect.Attempt{}, ""),
	} {
		b := newBrowser(t, Config{Service: core{
			view: showing(v), begin: func(connect.BeginRequest) (string, error) { return "", connect.ErrReplayed },
		}})
		for _, path := range []string{sessionAt, sessionAt + "?choose=1", sessionAt + "/platform/many"} {
			resp := b.get(path)
			text := textOf(t, resp)
			if resp.StatusCode != http.StatusOK || !strings.Contains(text, want) || strings.Contains(text, "<form") || strings.Contains(text, "Start over") {
				t.Errorf("%s: got %d, want %q and nothing to press: %s", path, resp.StatusCode, want, text)
			}
		}
		if got := b.post(sessionAt+"/platform", url.Values{"platform": {"plain"}}).Header.Get("Location"); got != sessionAt {
			t.Errorf("a click from elsewhere led to %q, want %q", got, sessionAt)
		}
	}
}
