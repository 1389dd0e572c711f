package browser

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"patchbay/internal/e2e"
	"patchbay/internal/testkit"
)

const (
	finishPage  = "Almost done"
	waitingPage = "Waiting for Harbour Tools"
)

// The platform's app on a phone comes back in another browser: that one is led to the
// application, whose backend confirms. Nothing is connected before.
func TestConfirmedConsentOfAnotherBrowser(t *testing.T) {
	t.Parallel()
	for engine, options := range map[string][]testkit.BrowserOption{
		"sqlite": {testkit.Phone(), testkit.Dark()}, "postgres": {testkit.Phone(), testkit.Light(), testkit.NoScript()},
	} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			w := begin(t, e2e.Options{Engine: engine})
			session := w.checkedSession("confirm")
			first, other := w.person("first", options...), w.person("other", options...)
			first.open(session.ConnectURL)
			first.choosePlatform("x")
			other.open(first.answer(url.Values{"persona": {"creator"}}))
			other.at(returnedPage)
			code := w.confirmationCode(session)
			w.wantNoChannels()

			first.open(session.ConnectURL)
			first.at(waitingPage)
			first.doesNotRead("Creator account", "Start over")
			other.open(session.ConnectURL)
			other.at(finishPage)
			other.click("Go back to the application to finish")
			other.at(returnedPage)
			if got := w.confirmationCode(session); got != code {
				t.Errorf("code of the page: got %q, want the redirect's", got)
			}

			path := fmt.Sprintf("/v1/sessions/%d/confirm", session.ID)
			if got := w.Call(t, http.MethodPost, path, map[string]string{"code": "wrong"}); got.Status < 400 {
				t.Errorf("a wrong code: got %d, want a refusal", got.Status)
			}
			w.wantNoChannels()
			if got := w.Call(t, http.MethodPost, path, map[string]string{"code": code}); got.Status != http.StatusOK {
				t.Fatalf("confirm: got %d: %s", got.Status, got.Body)
			}
			w.wantChannels("x", []string{"Creator account"})
			other.open(session.ConnectURL)
			other.at(successPage)
			first.open(session.ConnectURL)
			first.at(closePage)
			first.doesNotRead("Creator account")
		})
	}
}

// With the choice among several targets in between.
func TestConfirmAfterAChoice(t *testing.T) {
	t.Parallel()
	w := begin(t, e2e.Options{})
	session := w.checkedSession("confirm")
	p := w.person("person")
	p.open(session.ConnectURL)
	p.choosePlatform("facebook")
	p.consent("creator")
	p.pick("Harbour Bakery", "Paper Kites")
	p.at(returnedPage)
	code := w.confirmationCode(session)
	w.wantNoChannels()
	w.call(http.MethodPost, fmt.Sprintf("/v1/sessions/%d/confirm", session.ID), fmt.Sprintf(`{"code":%q}`, code), &session)
	w.wantChannels("facebook", []string{"Harbour Bakery", "Paper Kites"})
}

// Without a check whoever brings the answer finishes.
func TestUncheckedConsentOfAnotherBrowser(t *testing.T) {
	t.Parallel()
	w := begin(t, e2e.Options{})
	session := w.checkedSession("none")
	first, other := w.person("first"), w.person("other")
	first.open(session.ConnectURL)
	first.choosePlatform("facebook")
	other.open(first.answer(allOfCreator()))
	other.pick("Night Market")
	other.at(returnedPage)
	w.wantReturn(fmt.Sprintf("?session_id=%d&status=succeeded", session.ID))
	w.wantChannels("facebook", []string{"Night Market"})
}

func TestNobodyConfirmed(t *testing.T) {
	t.Parallel()
	c := &clock{now: time.Now()}
	w := begin(t, e2e.Options{Now: c.Now})
	session := w.checkedSession("confirm")
	p := w.person("person", testkit.Phone())
	p.open(session.ConnectURL)
	p.choosePlatform("x")
	p.consent("creator")
	p.at(returnedPage)
	c.move(11 * time.Minute)
	w.wantSession(session.ID, "failed", "not_confirmed")
	p.open(session.ConnectURL)
	p.at("Harbour Tools did not confirm this")
	w.wantNoChannels()
}

// checkedSession is a session with this check of who finished.
func (w *place) checkedSession(check string) nativeSession {
	w.t.Helper()
	var s nativeSession
	w.call(http.MethodPost, "/v1/sessions", fmt.Sprintf(
		`{"owner":{"external_id":"customer-7"},"initiator_check":%q,"redirect_url":%q}`, check, w.Receiver.URL), &s)
	return s
}

// confirmationCode is what the last visit to the application brought.
func (w *place) confirmationCode(s nativeSession) string {
	w.t.Helper()
	arrivals := w.Receiver.Arrivals()
	if len(arrivals) == 0 {
		w.t.Fatal("nobody came back")
	}
	last := arrivals[len(arrivals)-1]
	u, err := url.Parse(last)
	if err != nil {
		w.t.Fatal(err)
	}
	q := u.Query()
	if want := fmt.Sprintf("/callback?session_id=%d&status=pending&code=", s.ID); !strings.HasPrefix(last, want) || q.Get("code") == "" {
		w.t.Fatalf("return: got %s, want %s and a code", last, want)
	}
	return q.Get("code")
}
