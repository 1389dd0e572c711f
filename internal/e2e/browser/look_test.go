package browser

import (
	"fmt"
	"strings"
	"sync"

	"github.com/chromedp/chromedp"

	"patchbay/internal/testkit"
)

// examined holds what axe-core has already seen in this run, so that the first page
// of every journey is not examined forty times.
var examined sync.Map

// look holds the page to what every page must be, and takes its picture.
func (p *person) look() {
	p.t.Helper()
	p.pages++
	if strings.HasPrefix(p.location(), p.w.Receiver.URL) {
		return // the application's own page
	}
	testkit.Screenshot(p.t, p.ctx, fmt.Sprintf("%s-%s-%02d", strings.ReplaceAll(p.t.Name(), "/", "-"), p.name, p.pages))
	var seen struct {
		Page     string
		Overflow int
	}
	p.do("see the page", chromedp.Evaluate(appearance, &seen))
	if seen.Overflow > 0 {
		p.t.Errorf("%s: the page is %d points wider than the screen: %s", p.name, seen.Overflow, p.location())
	}
	if _, again := examined.LoadOrStore(seen.Page, true); !again {
		testkit.Axe(p.t, p.ctx)
	}
}

// appearance tells everything that axe-core could judge, without what is another on
// each run: tokens, ports, request ids. And by how much the page is too wide.
const appearance = `(() => {
	const page = document.documentElement.cloneNode(true);
	page.querySelectorAll("style, script, code, [name=form_token]").forEach(e => e.remove());
	const html = page.outerHTML.replace(/\/connect\/s\/[\w-]+/g, "").replace(/:\d{4,5}/g, "").replace(/connect_token=[\w-]+/g, "")
		.replace(/value="\d+"/g, "");
	const media = ["(prefers-color-scheme: dark)", "(scripting: none)"].map(m => matchMedia(m).matches);
	return {page: [innerWidth, media, html].join(), overflow: document.scrollingElement.scrollWidth - innerWidth};
})()`
