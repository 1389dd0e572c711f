package bluesky

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"patchbay/internal/testkit"
)

// person signs in on the server's own pages, presses the consent button of that
// name, and returns the query of the callback that the browser was sent to. The
// browser need not reach it.
func person(t *testing.T, authorizeURL, redirectURI string, who testkit.AtprotoAccount, button string) url.Values {
	t.Helper()
	ctx := testkit.Chromium(t)
	callback := make(chan string, 10)
	chromedp.ListenTarget(ctx, func(event any) {
		if sent, ok := event.(*network.EventRequestWillBeSent); ok && strings.HasPrefix(sent.Request.URL, redirectURI+"?") {
			callback <- sent.Request.URL
		}
	})
	err := chromedp.Run(ctx,
		network.Enable(),
		chromedp.Navigate(authorizeURL),
		chromedp.WaitVisible(`input[name="password"]`, chromedp.ByQuery),
		chromedp.SendKeys(`input[name="password"]`, who.Password, chromedp.ByQuery),
		chromedp.Click(`//button[@type="submit"]`, chromedp.BySearch),
		chromedp.WaitVisible(buttonNamed(button), chromedp.BySearch),
	)
	if err != nil {
		t.Fatalf("sign in as %s: %v", who.Handle, err)
	}
	// The last click leads to an address where nobody may listen: its outcome is the
	// request, not a page.
	if err := chromedp.Run(ctx, chromedp.Click(buttonNamed(button), chromedp.BySearch)); err != nil {
		t.Fatalf("press %q: %v", button, err)
	}
	return awaitQuery(t, ctx, callback)
}

func buttonNamed(name string) string { return `//button[normalize-space()="` + name + `"]` }

func awaitQuery(t *testing.T, ctx context.Context, callback <-chan string) url.Values {
	t.Helper()
	select {
	case address := <-callback:
		u, err := url.Parse(address)
		if err != nil {
			t.Fatalf("callback address: %v", err)
		}
		return u.Query()
	case <-ctx.Done():
		t.Fatalf("the browser was not sent back: %v", ctx.Err())
		return nil
	}
}
