package bluesky_test

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"patchbay/internal/e2e"
	"patchbay/internal/testkit"
)

const (
	signedIn      = "succeeded: begun credentials_stored succeeded"
	wrongPassword = "failed (password_wrong): begun failed"
	passwordPage  = "Connect Bluesky with an app password"
)

// A wrong app password, then the right one: a channel, whose stored session reads the
// profile without a DPoP key.
func TestAppPassword(t *testing.T) {
	t.Parallel()
	for _, engine := range e2e.Engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			w := start(t, engine)
			made := w.newSession(t)
			p := newPerson(t)
			p.openPasswordPage(made.ConnectURL)
			p.typePassword(w.alice.Handle, "aaaa-bbbb-cccc-dddd")
			p.checkPasswordRefused(w.alice.Handle, "This app password does not fit this account. Check both, or make a new one.")
			p.typePassword(w.alice.Handle, w.servers.AppPassword(t, w.alice, rand.Text()))
			p.arrive("Back at the application")
			w.checkReturn(t, fmt.Sprintf("/callback?session_id=%d&status=succeeded", made.ID))

			got := w.session(t, made.ID)
			w.checkStatus(t, made.ID, "succeeded", "")
			if diff := cmp.Diff([]string{wrongPassword, signedIn}, w.timeline(t, made.ID)); diff != "" {
				t.Errorf("attempts (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]channelJSON{w.channel(got, w.alice)}, w.channels(t)); diff != "" {
				t.Errorf("channels (-want +got):\n%s", diff)
			}
			w.checkStoredSession(t, w.alice)
			if stored := w.storedSession(t, w.alice.DID); stored.Credentials.Refresh.Empty() || strings.Contains(stored.Credentials.Extra.Reveal(), "key") {
				t.Error("stored session: got a key or no refresh token, want Bearer tokens")
			}
		})
	}
}

// The account's own password stays in the browser, and where that has no scripts it
// ends at the form.
func TestOwnPasswordIsNotSentOn(t *testing.T) {
	t.Parallel()
	w := start(t, "sqlite")
	for name, tt := range map[string]struct {
		options []testkit.BrowserOption
		want    []string // attempts
	}{
		"scripts":    {[]testkit.BrowserOption{testkit.Phone(), testkit.Dark()}, nil},
		"no scripts": {[]testkit.BrowserOption{testkit.Phone(), testkit.Light(), testkit.NoScript()}, []string{"failed (password_form): begun failed"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			made := w.newSession(t)
			p := newPerson(t, tt.options...)
			p.openPasswordPage(made.ConnectURL)
			p.look("password-" + name)
			p.typePassword(w.bob.Handle, w.bob.Password)
			p.do("see the refusal", chromedp.WaitVisible(`#password-error`, chromedp.ByQuery))
			p.look("password-form-" + name)
			if diff := cmp.Diff(tt.want, w.timeline(t, made.ID)); diff != "" {
				t.Errorf("attempts (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPasswordPageExplainsTheAccount(t *testing.T) {
	t.Parallel()
	w := start(t, "sqlite")
	p := newPerson(t, testkit.Phone(), testkit.Dark(), testkit.Language("de"), testkit.NoScript())
	made := w.newSession(t)
	p.do("open the page", chromedp.Navigate(made.ConnectURL+"/platform/bluesky/password"), chromedp.WaitVisible(`#account`, chromedp.ByQuery))
	for _, tt := range []struct{ account, want string }{
		{"", "Geben Sie Ihr Handle ein."},
		{"alice@example.com", "Das sieht nicht nach einem Handle aus. Es hat keine Leerzeichen und mindestens einen Punkt, wie alice.bsky.social."},
		{"nobody.test", "Es gibt kein Konto mit diesem Handle. Prüfen Sie die Schreibweise."},
	} {
		p.typePassword(tt.account, "aaaa-bbbb-cccc-dddd")
		p.checkError("account", tt.want)
	}
	p.look("password-account-wrong")
}

// Five wrong ones are enough for one link; the server's own page still works.
func TestTooManyAppPasswords(t *testing.T) {
	t.Parallel()
	w := start(t, "sqlite")
	p := newPerson(t, testkit.Phone())
	p.openPasswordPage(w.newSession(t).ConnectURL)
	for range 5 {
		p.typePassword(w.bob.Handle, "aaaa-bbbb-cccc-dddd")
		p.checkPasswordRefused(w.bob.Handle, "This app password does not fit this account. Check both, or make a new one.")
	}
	p.typePassword(w.bob.Handle, w.servers.AppPassword(t, w.bob, rand.Text()))
	p.arrive("Too many wrong app passwords")
	p.look("too-many-tries")
	p.do("start again", chromedp.Click(`//a[normalize-space()="Start again here"]`, chromedp.BySearch))
	p.arrive("Connect Bluesky")
	p.typeHandle(w.bob.Handle)
	p.checkAt(w.servers.PDS)
}

func TestOnlyBlueskyHasAPasswordPage(t *testing.T) {
	t.Parallel()
	w := start(t, "sqlite")
	session := call[sessionJSON](t, w, http.MethodPost, "/v1/sessions", `{"owner":{"external_id":"u1"}}`)
	for platform, want := range map[string]int{"bluesky": http.StatusOK, "x": http.StatusNotFound, "facebook": http.StatusNotFound, "none": http.StatusNotFound} {
		resp, err := http.Get(session.ConnectURL + "/platform/" + platform + "/password")
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s: got %s, want %d", platform, resp.Status, want)
		}
	}
}

// openPasswordPage takes the quiet way from the page that asks for the handle.
func (p person) openPasswordPage(connectURL string) {
	p.t.Helper()
	p.openHandlePage(connectURL)
	p.do("use an app password", chromedp.Click(`//a[normalize-space()="Use an app password instead"]`, chromedp.BySearch))
	p.arrive(passwordPage)
}

// arrive waits for the page with the heading.
func (p person) arrive(heading string) {
	p.t.Helper()
	p.do("arrive at "+heading, chromedp.WaitVisible(`//h1[normalize-space()="`+heading+`"]`, chromedp.BySearch))
}

// typePassword sends both in place of what the fields held. The form that was sent is
// gone afterwards, unless a script kept it.
func (p person) typePassword(account, password string) {
	p.t.Helper()
	actions := []chromedp.Action{chromedp.SetAttributeValue(`main form`, "data-typed", "", chromedp.ByQuery)}
	for field, text := range map[string]string{`#account`: account, `#password`: password} {
		actions = append(actions, chromedp.Clear(field, chromedp.ByQuery))
		if text != "" {
			actions = append(actions, chromedp.SetValue(field, text, chromedp.ByQuery))
		}
	}
	p.do("type an app password of "+account, append(actions, chromedp.Click(`main button[type="submit"]`, chromedp.ByQuery))...)
}

// checkPasswordRefused waits for the answer and checks that the form keeps the account,
// shows no password, and says what is wrong.
func (p person) checkPasswordRefused(account, want string) {
	p.t.Helper()
	p.checkError("password", want)
	var kept, shown string
	p.do("see what the form kept", chromedp.Value(`#account`, &kept, chromedp.ByQuery), chromedp.Value(`#password`, &shown, chromedp.ByQuery))
	if kept != account || shown != "" {
		p.t.Errorf("form after a refusal: got %q and %q, want %q and no password", kept, shown, account)
	}
}

func (p person) checkError(field, want string) {
	p.t.Helper()
	p.do("see what is wrong with the "+field, chromedp.WaitVisible(
		`//form[not(@data-typed)]//*[@id="`+field+`-error" and normalize-space()="`+want+`"]`, chromedp.BySearch))
}
