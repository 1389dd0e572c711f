package smartlyq_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"patchbay/internal/testkit"
)

// browser is somebody at a browser.
type browser struct {
	t   testing.TB
	ctx context.Context
}

func newBrowser(t testing.TB) browser {
	t.Helper()
	return browser{t, testkit.Chromium(t)}
}

// step does what leads to another page, and waits for that.
func (b browser) step(what string, actions ...chromedp.Action) {
	b.t.Helper()
	if _, err := chromedp.RunResponse(b.ctx, actions...); err != nil {
		b.t.Fatalf("%s: %v (on %s)", what, err, b.read("location.href"))
	}
}

func (b browser) open(address string) {
	b.t.Helper()
	b.step("open a link", chromedp.Navigate(address))
}

func (b browser) click(text string) {
	b.t.Helper()
	b.step("click "+text, chromedp.Click(fmt.Sprintf(`//*[self::button or self::a][normalize-space()=%q]`, text), chromedp.BySearch, chromedp.NodeVisible))
}

// at signs in at the Lab as a persona.
func (b browser) as(persona string) browser {
	b.t.Helper()
	if err := chromedp.Run(b.ctx, chromedp.Click(fmt.Sprintf(`input[name=persona][value=%q]`, persona), chromedp.ByQuery, chromedp.NodeVisible)); err != nil {
		b.t.Fatalf("sign in as %s: %v (on %s)", persona, err, b.read("location.href"))
	}
	return b
}

func (b browser) read(expression string) (value string) {
	_ = chromedp.Run(b.ctx, chromedp.Evaluate(expression, &value))
	return value
}

// reads fails unless the page says each part.
func (b browser) reads(parts ...string) {
	b.t.Helper()
	text := strings.Join(strings.Fields(b.read("document.body.innerText")), " ")
	for _, part := range parts {
		if !strings.Contains(text, part) {
			b.t.Errorf("%q is missing on %s: %s", part, b.read("location.href"), text)
		}
	}
}

func clickButton(name, value string) chromedp.Action {
	return chromedp.Click(fmt.Sprintf(`button[name=%q][value=%q]`, name, value), chromedp.ByQuery, chromedp.NodeVisible)
}

// signInAtBluesky types the handle on our page, and proves and allows on the server's.
func (b browser) signInAtBluesky(who testkit.AtprotoAccount) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	const submit, authorize, back = `//button[@type="submit"]`, `//button[normalize-space()="Authorize"]`, `//h1[normalize-space()="Back at the application"]`
	err := chromedp.Run(ctx,
		chromedp.SendKeys(`#field`, who.Handle, chromedp.ByQuery), chromedp.Click(`main button[type="submit"]`, chromedp.ByQuery),
		chromedp.WaitVisible(`input[name="password"]`, chromedp.ByQuery),
		chromedp.SendKeys(`input[name="password"]`, who.Password, chromedp.ByQuery), chromedp.Click(submit, chromedp.BySearch),
		chromedp.WaitVisible(authorize, chromedp.BySearch), chromedp.Click(authorize, chromedp.BySearch),
		chromedp.WaitVisible(back, chromedp.BySearch))
	if err != nil {
		b.t.Fatalf("connect Bluesky: %v (on %s: %s)", err, b.read("location.href"), b.read("document.body.innerText"))
	}
}
