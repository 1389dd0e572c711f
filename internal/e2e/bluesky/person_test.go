package bluesky_test

import (
	"context"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"patchbay/internal/testkit"
)

// person is somebody at a browser.
type person struct {
	t   *testing.T
	ctx context.Context
}

func newPerson(t *testing.T, options ...testkit.BrowserOption) person {
	t.Helper()
	return person{t: t, ctx: testkit.Chromium(t, options...)}
}

// do runs actions; what says which step of the journey they are. A step that takes
// long has led to another page than it should, which is then shown.
func (p person) do(what string, actions ...chromedp.Action) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 30*time.Second)
	defer cancel()
	err := chromedp.Run(ctx, actions...)
	if err == nil {
		return
	}
	var location, text string
	_ = chromedp.Run(p.ctx, chromedp.Location(&location), chromedp.Evaluate(`document.body.innerText`, &text))
	p.t.Fatalf("%s: %v\nat %s:\n%s", what, err, location, text)
}

// openHandlePage opens the link and chooses Bluesky.
func (p person) openHandlePage(connectURL string) {
	p.t.Helper()
	p.do("open the link", chromedp.Navigate(connectURL), chromedp.WaitVisible(`button[name="platform"][value="bluesky"]`, chromedp.ByQuery))
	p.do("choose Bluesky", chromedp.Click(`button[name="platform"][value="bluesky"]`, chromedp.ByQuery), chromedp.WaitVisible(`#field`, chromedp.ByQuery))
}

// typeHandle sends the handle in place of what the field held.
func (p person) typeHandle(handle string) {
	p.t.Helper()
	p.do("type "+handle,
		chromedp.Evaluate(`document.getElementById("field").select()`, nil),
		chromedp.SendKeys(`#field`, kb.Backspace+handle, chromedp.ByQuery),
		chromedp.Click(`main button[type="submit"]`, chromedp.ByQuery))
}

// signIn proves on the server's own page who it is, up to the consent.
func (p person) signIn(who testkit.AtprotoAccount) {
	p.t.Helper()
	p.do("sign in as "+who.Handle,
		chromedp.WaitVisible(`input[name="password"]`, chromedp.ByQuery),
		chromedp.SendKeys(`input[name="password"]`, who.Password, chromedp.ByQuery),
		chromedp.Click(`//button[@type="submit"]`, chromedp.BySearch),
		chromedp.WaitVisible(button("Authorize"), chromedp.BySearch))
}

// press clicks a button and waits for the page it leads to, told by its heading.
func (p person) press(name, heading string) {
	p.t.Helper()
	p.do("press "+name, chromedp.Click(button(name), chromedp.BySearch),
		chromedp.WaitVisible(`//h1[normalize-space()="`+heading+`"]`, chromedp.BySearch))
}

func button(name string) string { return `//button[normalize-space()="` + name + `"]` }

// approve goes from the handle page to the application.
func (p person) approve(who testkit.AtprotoAccount) {
	p.t.Helper()
	p.typeHandle(who.Handle)
	p.signIn(who)
	p.press("Authorize", "Back at the application")
}

// look checks the page for everybody and keeps a picture of it.
func (p person) look(name string) {
	p.t.Helper()
	testkit.Axe(p.t, p.ctx)
	testkit.Screenshot(p.t, p.ctx, "bluesky-"+name)
}
