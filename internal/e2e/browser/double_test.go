package browser

import (
	"context"
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"patchbay/internal/e2e"
	"patchbay/internal/testkit"
)

// twice clicks two times as fast as a hand does by mistake.
func twice(selector string) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		var x, y float64
		if err := chromedp.Run(ctx, center(selector, &x, &y)); err != nil {
			return err
		}
		for click := range int64(2) {
			for _, event := range []input.MouseType{input.MousePressed, input.MouseReleased} {
				do := input.DispatchMouseEvent(event, x, y).WithButton(input.Left).WithClickCount(click + 1)
				if err := do.Do(ctx); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// center finds the middle of an element on the screen.
func center(selector string, x, y *float64) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		var box *dom.BoxModel
		err := chromedp.Run(ctx,
			chromedp.ScrollIntoView(selector, chromedp.ByQuery),
			chromedp.Dimensions(selector, &box, chromedp.ByQuery, chromedp.NodeVisible))
		if err != nil {
			return err
		}
		if len(box.Content) != 8 {
			return fmt.Errorf("%s: no box", selector)
		}
		*x, *y = (box.Content[0]+box.Content[4])/2, (box.Content[1]+box.Content[5])/2
		return nil
	})
}

func TestDoubleClicks(t *testing.T) {
	t.Parallel()
	for name, options := range map[string][]testkit.BrowserOption{"with JavaScript": nil, "without": {testkit.NoScript()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := begin(t, e2e.Options{})
			p := w.person("person", options...)
			l := w.newLink()
			p.open(l.URL)
			p.do("double-click Facebook", twice(platformButton("facebook")))
			p.atLab()
			p.consent("creator")
			p.at(pickerPage)
			p.do("tick two", chromedp.Click(row("Harbour Bakery"), chromedp.BySearch), chromedp.Click(row("Paper Kites"), chromedp.BySearch))
			p.do("double-click Connect", twice(`form button.primary`),
				chromedp.WaitVisible(`//h1[not(contains(., "Choose"))]`, chromedp.BySearch))
			p.look()
			if p.heading() != returnedPage { // the second click overtook the answer to the first
				p.at(successPage)
				p.click("Back to Harbour Tools")
			}
			p.at(returnedPage)
			w.wantConnected(l, "facebook", "Harbour Bakery", "Paper Kites")
			w.wantTimes(2, "channel.connected")
			w.wantTimes(1, "session.succeeded")
			if got := w.codesPosted(); got != 1 {
				t.Errorf("codes posted: got %d, want 1", got)
			}
		})
	}
}
