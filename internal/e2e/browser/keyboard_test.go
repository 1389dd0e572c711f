package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"patchbay/internal/e2e"
)

// focused tells what has the focus: its label or text, and whether it can be seen
// to have it.
const focused = `(() => {
	const e = document.activeElement;
	if (!e || e === document.body) { return {text: "", seen: true}; }
	const words = (e.labels && e.labels[0] || e).innerText || e.value || "";
	const shows = n => n && (getComputedStyle(n).outlineStyle !== "none" || getComputedStyle(n).boxShadow !== "none");
	return {text: words.replace(/\s+/g, " ").trim(), seen: !!(shows(e) || shows(e.closest("label")))};
})()`

// tabTo presses Tab until the control with this text has the focus.
func (p *person) tabTo(text string) {
	p.t.Helper()
	var passed []string
	for range 60 {
		var focus struct {
			Text string
			Seen bool
		}
		p.do("press Tab", chromedp.KeyEvent(kb.Tab), chromedp.Evaluate(focused, &focus))
		if !focus.Seen {
			p.t.Errorf("%s: nobody sees that %q has the focus (%s)", p.name, focus.Text, p.location())
		}
		if strings.Contains(focus.Text, text) {
			return
		}
		passed = append(passed, focus.Text)
	}
	p.t.Fatalf("%s: Tab does not lead to %q on %s, only to %q", p.name, text, p.location(), passed)
}

func TestKeyboardOnly(t *testing.T) {
	t.Parallel()
	w := begin(t, e2e.Options{})
	p := w.person("person")
	p.do("hold the focus", emulation.SetFocusEmulationEnabled(true)) // as the window in front has it
	l := w.newLink()
	p.open(l.URL)
	p.tabTo("Facebook")
	p.step("press Enter", chromedp.KeyEvent(kb.Enter))
	p.atLab()
	p.tabTo("Deny")
	p.step("press Space", chromedp.KeyEvent(" "))
	p.at(deniedPage)
	p.tabTo("Try again")
	p.step("press Enter", chromedp.KeyEvent(kb.Enter))
	p.atLab()
	p.tabTo("Paper Kites")
	p.do("untick it", chromedp.KeyEvent(" "))
	p.tabTo("Allow")
	p.step("press Enter", chromedp.KeyEvent(kb.Enter))
	p.at(pickerPage)
	p.doesNotRead("Paper Kites")
	p.tabTo("Harbour Bakery")
	p.do("tick it", chromedp.KeyEvent(" "))
	p.tabTo("Night Market")
	p.do("tick it", chromedp.KeyEvent(" "))
	p.tabTo("Connect")
	p.step("press Enter", chromedp.KeyEvent(kb.Enter))
	p.at(returnedPage)
	w.wantConnected(l, "facebook", "Harbour Bakery", "Night Market")
}
