package browser

import (
	"net/http"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"patchbay/internal/e2e"
	"patchbay/internal/testkit"
)

// nativeLink offers every platform, also those that need something typed first.
func (w *place) nativeLink() string {
	w.t.Helper()
	var session struct {
		ConnectURL string `json:"connect_url"`
	}
	w.call(http.MethodPost, "/v1/sessions", `{}`, &session)
	return session.ConnectURL
}

// The tour shows every kind of page on both screens and in both colour schemes. The
// other journeys see most of them on a light desktop.
func TestTour(t *testing.T) {
	t.Parallel()
	for name, options := range map[string][]testkit.BrowserOption{
		"desktop dark": {testkit.Desktop(), testkit.Dark()},
		"phone light":  {testkit.Phone(), testkit.Light()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := begin(t, e2e.Options{})
			p := w.person("tour", options...)
			p.tourOfTheLab()
			p.tourOfAJourney(w.nativeLink())
			p.tourOfRefusals(w.nativeLink())
		})
	}
}

func (p *person) tourOfTheLab() {
	p.t.Helper()
	p.open(p.w.LabURL + "/lab/")
	p.at("Platforms to practise on")
	p.open(p.w.LabURL + "/lab/facebook/www.facebook.com/v26.0/dialog/oauth?client_id=nobody")
	p.at("Facebook would refuse this request")
}

func (p *person) tourOfAJourney(address string) {
	p.t.Helper()
	p.open(address)
	p.at(choosePage)
	p.step("choose Bluesky", chromedp.Click(platformButton("bluesky"), chromedp.ByQuery))
	p.at("Connect Bluesky")
	p.click("Continue")
	p.at("Connect Bluesky")
	p.reads("Type your handle.")
	p.click("Choose another platform")
	p.choosePlatform("x")
	p.click("Deny")
	p.at(deniedPage)
	p.click("Choose another platform")
	p.choosePlatform("facebook")
	p.consent("nopages")
	p.at(nothingPage)
	p.click("Try again")
	p.consent("analyst", "read_insights", "pages_messaging")
	p.click("Connect")
	p.at(pickerPage)
	p.reads("Choose at least one entry.", "You did not allow everything")
	p.click("Start over")
	p.choosePlatform("facebook")
	p.consent("creator", "read_insights")
	p.pick("Harbour Bakery", "Paper Kites")
	p.at(closePage)
	p.reads("2 accounts connected", "read statistics")
	p.open(p.callback())
	p.at(replayedPage)
}

func (p *person) tourOfRefusals(address string) {
	p.t.Helper()
	p.open(p.w.URL + "/connect/s/nothing")
	p.at("This link is not valid")
	p.open(p.w.URL + "/")
	p.at("Patchbay is running here")
	p.open(p.w.URL + "/somewhere")
	p.at("This page does not exist")
	p.open(p.w.URL + "/oauth/callback/facebook")
	p.at("The answer is incomplete")
	p.open(address)
	p.do("refuse cookies", network.ClearBrowserCookies())
	p.step("choose X", chromedp.Click(platformButton("x"), chromedp.ByQuery))
	p.at("Cookies are needed here")
	p.click("Start again here")
	p.at(choosePage)
	p.do("become another browser", network.ClearBrowserCookies())
	p.open(p.callback())
	p.at(mismatchPage)
	p.open(address)
	p.click("Cancel")
	p.at(canceledPage)
}
