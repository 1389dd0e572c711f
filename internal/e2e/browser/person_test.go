package browser

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"patchbay/internal/testkit"
)

// person is somebody at one tab of one browser. Every step waits until the page it
// leads to has loaded, and has a look at it.
type person struct {
	t       testing.TB
	w       *place
	ctx     context.Context
	watch   *watch
	name    string // of the screenshots
	options []testkit.BrowserOption
	pages   int
}

// person opens a browser that nobody used before.
func (w *place) person(name string, options ...testkit.BrowserOption) *person {
	w.t.Helper()
	return w.at(testkit.Chromium(w.t, options...), name, options)
}

// tab opens another tab of the person's browser.
func (p *person) tab(name string) *person {
	p.t.Helper()
	return p.w.at(testkit.Tab(p.t, p.ctx, p.options...), name, p.options)
}

func (w *place) at(ctx context.Context, name string, options []testkit.BrowserOption) *person {
	p := &person{t: w.t, w: w, ctx: ctx, watch: &watch{}, name: name, options: options}
	p.watch.tab(ctx)
	w.t.Cleanup(func() {
		for _, trouble := range p.watch.complaints() {
			w.t.Errorf("%s: the browser complains: %s", name, trouble)
		}
		receiver := strings.TrimSuffix(w.Receiver.URL, "/callback")
		local := strings.Replace(w.URL, "127.0.0.1", "localhost", 1)
		for _, stray := range p.watch.strays(w.URL, local, w.LabURL, receiver) {
			w.t.Errorf("%s: a page fetched %s, which is none of the three origins", name, stray)
		}
	})
	return p
}

// step does what leads to another page and waits for that.
func (p *person) step(what string, actions ...chromedp.Action) {
	p.t.Helper()
	if _, err := chromedp.RunResponse(p.ctx, actions...); err != nil {
		p.t.Fatalf("%s: %s: %v (on %s)", p.name, what, err, p.location())
	}
	p.look()
}

// do does what stays on the page.
func (p *person) do(what string, actions ...chromedp.Action) {
	p.t.Helper()
	if err := chromedp.Run(p.ctx, actions...); err != nil {
		p.t.Fatalf("%s: %s: %v (on %s)", p.name, what, err, p.location())
	}
}

func (p *person) open(address string) {
	p.t.Helper()
	p.step("open "+address, chromedp.Navigate(address))
}

// click presses the button or link with this text.
func (p *person) click(text string) {
	p.t.Helper()
	p.step("click "+text, chromedp.Click(control(text), chromedp.BySearch, chromedp.NodeVisible))
}

func control(text string) string {
	return fmt.Sprintf(`//*[self::button or self::a][normalize-space()=%q]`, text)
}

// at fails unless the page has this heading.
func (p *person) at(heading string) {
	p.t.Helper()
	if got := p.heading(); got != heading {
		p.t.Fatalf("%s: got the page %q (%s), want %q", p.name, got, p.location(), heading)
	}
}

func (p *person) heading() string {
	p.t.Helper()
	var text string
	p.do("read the heading", chromedp.Text("h1", &text, chromedp.ByQuery))
	return strings.TrimSpace(text)
}

// text is what the page says, in one line.
func (p *person) text() string {
	p.t.Helper()
	var text string
	p.do("read the page", chromedp.Text("body", &text, chromedp.ByQuery))
	return strings.Join(strings.Fields(text), " ")
}

func (p *person) reads(parts ...string) {
	p.t.Helper()
	text := p.text()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			p.t.Errorf("%s: %q is missing on %s: %s", p.name, part, p.location(), text)
		}
	}
}

func (p *person) doesNotRead(parts ...string) {
	p.t.Helper()
	text := p.text()
	for _, part := range parts {
		if strings.Contains(text, part) {
			p.t.Errorf("%s: %q stands on %s: %s", p.name, part, p.location(), text)
		}
	}
}

func (p *person) location() string {
	var address string
	_ = chromedp.Run(p.ctx, chromedp.Location(&address))
	return address
}

// wantOrigin fails unless the tab is on the origin.
func (p *person) wantOrigin(origin string) {
	p.t.Helper()
	u, err := url.Parse(p.location())
	if err != nil || u.Scheme+"://"+u.Host != origin {
		p.t.Fatalf("%s: got %s, want a page of %s", p.name, p.location(), origin)
	}
}
