package browser

import (
	"context"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// back presses the browser's button. The page is either loaded anew or comes out of
// the browser's memory as it was left.
func (p *person) back() {
	p.t.Helper()
	ctx, stop := context.WithCancel(p.ctx)
	defer stop()
	remembered, loaded := make(chan struct{}, 1), make(chan struct{}, 1)
	navigated := false
	chromedp.ListenTarget(ctx, func(event any) {
		switch e := event.(type) {
		case *page.EventFrameNavigated:
			navigated = true
			if e.Type == page.NavigationTypeBackForwardCacheRestore {
				remembered <- struct{}{}
			}
		case *page.EventLoadEventFired:
			if navigated {
				loaded <- struct{}{}
			}
		}
	})
	p.do("go back", chromedp.ActionFunc(stepBack))
	select {
	case <-remembered:
		p.attachAgain()
	case <-loaded:
	case <-p.ctx.Done():
		p.t.Fatalf("%s: go back: %v", p.name, p.ctx.Err())
	}
	p.look()
}

func stepBack(ctx context.Context) error {
	current, entries, err := page.GetNavigationHistory().Do(ctx)
	if err != nil {
		return err
	}
	return page.NavigateToHistoryEntry(entries[current-1].ID).Do(ctx)
}

// attachAgain makes chromedp forget what it knows of the tab: it is not told about
// a document that comes back.
func (p *person) attachAgain() {
	p.t.Helper()
	tab := chromedp.FromContext(p.ctx).Target.TargetID
	ctx, cancel := chromedp.NewContext(p.ctx, chromedp.WithTargetID(tab))
	p.t.Cleanup(cancel)
	p.ctx = ctx
	p.watch.tab(ctx)
	p.do("attach again")
}
