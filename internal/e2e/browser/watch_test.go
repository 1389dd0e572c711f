package browser

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// watch takes down what a tab does behind the person's back.
type watch struct {
	mu        sync.Mutex
	documents []string // addresses of pages, redirects included, in order
	others    []string // addresses of everything else that was fetched
	troubles  []string // script errors, console complaints, policy violations
}

// tab listens to a tab.
func (w *watch) tab(ctx context.Context) {
	chromedp.ListenTarget(ctx, func(event any) {
		w.mu.Lock()
		defer w.mu.Unlock()
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			w.request(e)
		case *runtime.EventExceptionThrown:
			w.troubles = append(w.troubles, e.ExceptionDetails.Error())
		case *runtime.EventConsoleAPICalled:
			if e.Type == runtime.APITypeError || e.Type == runtime.APITypeWarning {
				w.troubles = append(w.troubles, fmt.Sprintf("console.%s", e.Type))
			}
		case *log.EventEntryAdded:
			w.entry(e.Entry)
		}
	})
}

func (w *watch) request(e *network.EventRequestWillBeSent) {
	if e.Type == network.ResourceTypeDocument {
		w.documents = append(w.documents, e.Request.URL)
	} else {
		w.others = append(w.others, e.Request.URL)
	}
}

// entry keeps complaints. Chromium also reports every page whose status is 4xx or
// 5xx, and an honest page about an error has such a status.
func (w *watch) entry(e *log.Entry) {
	if e.Level != log.LevelError && e.Level != log.LevelWarning {
		return
	}
	address, _, _ := strings.Cut(e.URL, "#")
	if e.Source == log.SourceNetwork && slices.Contains(w.documents, address) {
		return
	}
	w.troubles = append(w.troubles, fmt.Sprintf("%s %s: %s (%s)", e.Source, e.Level, e.Text, e.URL))
}

// visited lists the addresses of pages that contain part.
func (w *watch) visited(part string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var found []string
	for _, address := range w.documents {
		if strings.Contains(address, part) {
			found = append(found, address)
		}
	}
	return found
}

// strays lists the addresses that are on none of the origins.
func (w *watch) strays(origins ...string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var found []string
	for _, address := range append(slices.Clone(w.documents), w.others...) {
		known := slices.ContainsFunc(origins, func(o string) bool { return strings.HasPrefix(address, o+"/") })
		if !known && !strings.HasPrefix(address, "data:") && address != "about:blank" {
			found = append(found, address)
		}
	}
	return found
}

func (w *watch) complaints() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.troubles)
}
