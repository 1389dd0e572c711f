package browser

import (
	"fmt"

	"github.com/chromedp/chromedp"
)

// Headings of the pages, as far as journeys meet them.
const (
	choosePage   = "Harbour Tools would like to connect one of your social accounts"
	pickerPage   = "Choose what Harbour Tools may use"
	closePage    = "All done"
	successPage  = "Connected"
	deniedPage   = "You did not give permission"
	missingPage  = "A permission is missing"
	nothingPage  = "Nothing to connect was found"
	mismatchPage = "This began in another browser"
	replayedPage = "This answer was already used"
	lateTabPage  = "Finished elsewhere"
	canceledPage = "This request was canceled"
	returnedPage = "Back at the application"
)

// choosePlatform presses a platform on the first page and arrives at the Lab.
func (p *person) choosePlatform(id string) {
	p.t.Helper()
	p.step("choose "+id, chromedp.Click(platformButton(id), chromedp.ByQuery, chromedp.NodeVisible))
	p.atLab()
}

func platformButton(id string) string { return fmt.Sprintf(`button[name=platform][value=%q]`, id) }

// atLab fails unless this is the Lab's consent page.
func (p *person) atLab() {
	p.t.Helper()
	p.do("see the consent page", chromedp.WaitVisible(`button[name=decision][value=approve]`, chromedp.ByQuery))
	p.wantOrigin(p.w.LabURL)
}

// consent signs in at the Lab as a persona and allows all but what is unticked:
// permissions by their names, pages by theirs.
func (p *person) consent(persona string, untick ...string) {
	p.t.Helper()
	p.atLab()
	p.do("sign in", chromedp.Click(fmt.Sprintf(`input[name=persona][value=%q]`, persona), chromedp.ByQuery, chromedp.NodeVisible))
	for _, what := range untick {
		p.do("untick "+what, chromedp.Click(fmt.Sprintf(`//label[.//*[contains(., %q)]]`, what), chromedp.BySearch, chromedp.NodeVisible))
	}
	p.click("Allow")
}

// pick ticks the rows with these names and connects them.
func (p *person) pick(names ...string) {
	p.t.Helper()
	p.at(pickerPage)
	for _, name := range names {
		p.do("tick "+name, chromedp.Click(row(name), chromedp.BySearch, chromedp.NodeVisible))
	}
	p.click("Connect")
}

func row(name string) string {
	return fmt.Sprintf(`//label[.//input[@name="target"]][.//*[contains(@class,"name")][normalize-space()=%q]]`, name)
}
