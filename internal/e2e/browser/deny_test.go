package browser

import (
	"testing"

	"patchbay/internal/e2e"
	"patchbay/internal/testkit"
)

func TestDenyThenTryAgain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		platform, account string
		options           []testkit.BrowserOption
	}{
		{"facebook", "Night Market", []testkit.BrowserOption{testkit.NoScript()}},
		{"x", "Creator account", nil},
	} {
		name := c.platform
		if c.options != nil {
			name += " without JavaScript"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := begin(t, e2e.Options{})
			p := w.person("person", c.options...)
			l := w.newLink()
			p.open(l.URL)
			p.choosePlatform(c.platform)
			p.click("Deny")
			p.at(deniedPage)
			if got := w.status(l); got.ConnectStatus != "failed" || got.Message != "User denied permissions" {
				t.Errorf("after the denial: got %+v, want failed with the reason", got)
			}
			p.click("Try again")
			if got := w.status(l).ConnectStatus; got != "pending" {
				t.Errorf("trying again: got %s, want pending", got)
			}
			if c.platform == "facebook" {
				p.consent("creator", "Harbour Bakery", "Paper Kites")
			} else {
				p.consent("creator")
			}
			p.at(returnedPage)
			w.wantConnected(l, c.platform, c.account)
		})
	}
}

func TestDenyThenBackToTheApplication(t *testing.T) {
	t.Parallel()
	for platform, word := range map[string]string{"facebook": "facebook", "x": "twitter"} {
		t.Run(platform, func(t *testing.T) {
			t.Parallel()
			w := begin(t, e2e.Options{})
			p := w.person("person")
			l := w.newLink()
			p.open(l.URL)
			p.choosePlatform(platform)
			p.click("Deny")
			p.at(deniedPage)
			p.click("Back to Harbour Tools")
			p.at(returnedPage)
			w.wantFailed(l, word, "User denied permissions")
			before := w.stand(l)
			p.open(l.URL) // the session is over: there is nothing to try again
			p.at(deniedPage)
			p.doesNotRead("Try again")
			w.wantUnchanged(l, before)
		})
	}
}

func TestCancelOnTheFirstPage(t *testing.T) {
	t.Parallel()
	w := begin(t, e2e.Options{})
	p := w.person("person")
	l := w.newLink()
	p.open(l.URL)
	p.click("Cancel")
	p.at(returnedPage)
	w.wantFailed(l, "", "User canceled the connection")
	before := w.stand(l)
	p.open(l.URL)
	p.at(canceledPage)
	w.wantUnchanged(l, before)
}

func TestCancelWithoutRedirect(t *testing.T) {
	t.Parallel()
	w := begin(t, e2e.Options{})
	p := w.person("person")
	p.open(w.newLinkWithoutReturn().URL)
	p.click("Cancel")
	p.at(canceledPage)
}

func TestDeniedPageLeadsToTheOtherPlatforms(t *testing.T) {
	t.Parallel()
	w := begin(t, e2e.Options{})
	p := w.person("person")
	l := w.newLink()
	p.open(l.URL)
	p.choosePlatform("facebook")
	p.click("Deny")
	p.click("Choose another platform")
	p.at(choosePage)
	p.choosePlatform("x")
	p.consent("creator")
	p.at(returnedPage)
	w.wantConnected(l, "x", "Creator account")
}
