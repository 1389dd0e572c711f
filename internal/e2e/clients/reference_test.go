package clients_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"patchbay/internal/e2e"
	"patchbay/internal/testkit"
)

func TestReferencePageLooksRight(t *testing.T) {
	t.Parallel()
	w := e2e.Start(t, e2e.Options{NoLab: true})
	for name, options := range map[string][]testkit.BrowserOption{
		"light": nil, "dark": {testkit.Dark()}, "phone": {testkit.Phone()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := openReference(t, w, options...)
			r.look("reference-" + name)
			r.goTo("post-/v1/sessions", "Ask for a connect link")
			r.look("reference-operation-" + name)
			r.goTo("auth", "pb_")
			r.look("reference-key-" + name)
		})
	}
}

// A developer goes by keyboard alone, pastes a key and tries two operations.
func TestReferencePageTriesWithAKey(t *testing.T) {
	t.Parallel()
	w := e2e.Start(t, e2e.Options{})
	r := openReference(t, w)
	r.run("go to the key by keyboard", focus("#link-auth"), chromedp.KeyEvent(kb.Enter))
	r.sees("pb_")
	r.run("paste the key", focus(".api-key-input"), chromedp.KeyEvent(w.Key+kb.Tab+kb.Enter))
	r.run("go to an operation by keyboard", focus(`[id="link-get-/v1/platforms"]`), chromedp.KeyEvent(kb.Enter))
	r.sees("List platforms")
	r.run("try it", focus(`[part~="btn-try"]`), chromedp.KeyEvent(kb.Enter))
	r.sees("Response Status: OK")
	r.look("reference-try")
	r.goTo("post-/v1/sessions", "Ask for a connect link")
	for range 2 { // no key of the document's makes the second one a repetition
		r.run("try it", focus(`[part~="btn-try"]`), chromedp.KeyEvent(kb.Enter))
		r.sees("/connect/s/")
		r.run("clear", focus(`[part~="btn-clear-response"]`), chromedp.KeyEvent(kb.Enter))
	}
	if got := len(w.Events(t)); got != 2 {
		t.Errorf("got %d events, want those of two new sessions", got)
	}
}

// reference is the page at /docs in a browser.
type reference struct {
	t    *testing.T
	ctx  context.Context
	mu   sync.Mutex
	told []string // to the console, thrown, or against a policy
}

func openReference(t *testing.T, w *e2e.World, options ...testkit.BrowserOption) *reference {
	t.Helper()
	r := &reference{t: t, ctx: testkit.Chromium(t, options...)}
	chromedp.ListenTarget(r.ctx, r.listen)
	r.run("open the page", log.Enable(), chromedp.Navigate(w.URL+"/docs"))
	r.sees("Every request carries an API key")
	return r
}

func (r *reference) listen(event any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		for _, arg := range e.Args {
			r.told = append(r.told, fmt.Sprintf("console.%s: %s", e.Type, arg.Value))
		}
	case *runtime.EventExceptionThrown:
		r.told = append(r.told, "exception: "+e.ExceptionDetails.Error())
	case *log.EventEntryAdded:
		r.told = append(r.told, fmt.Sprintf("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL))
	}
}

func (r *reference) run(what string, actions ...chromedp.Action) {
	r.t.Helper()
	if err := chromedp.Run(r.ctx, actions...); err != nil {
		r.t.Fatalf("%s: %v", what, err)
	}
}

// look takes the page's picture and holds it to what every page must be.
func (r *reference) look(name string) {
	r.t.Helper()
	testkit.Screenshot(r.t, r.ctx, name)
	testkit.Axe(r.t, r.ctx)
	var wider int
	r.run("measure", chromedp.Evaluate(`document.scrollingElement.scrollWidth - innerWidth`, &wider))
	if wider > 0 {
		r.t.Errorf("%s: the page is %d points wider than the screen", name, wider)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.told) > 0 {
		r.t.Errorf("%s: got complaints, want none:\n%s", name, strings.Join(r.told, "\n"))
	}
}

// goTo opens a part of the reference as the list on a phone does, until it shows a text.
func (r *reference) goTo(part, text string) {
	r.t.Helper()
	r.run("go to "+part, chromedp.Evaluate(fmt.Sprintf(`{
		const list = document.querySelector("#goto");
		list.value = %q;
		list.dispatchEvent(new Event("change"));
	}`, part), nil))
	r.sees(text)
}

// The component draws below shadow roots of its own.
const below = `(function below(root) {
	return [root, ...[...root.querySelectorAll("*")].filter(e => e.shadowRoot).flatMap(e => below(e.shadowRoot))];
})(document)`

// sees waits until the page shows a text.
func (r *reference) sees(text string) {
	r.t.Helper()
	if err := chromedp.Run(r.ctx, chromedp.Poll(fmt.Sprintf(`%s.some(root => root !== document && [...root.children].some(e => e.innerText?.includes(%q) || e.value?.includes(%q)))`, below, text, text), nil)); err != nil {
		var shown string
		_ = chromedp.Run(r.ctx, chromedp.Evaluate(below+`.flatMap(root => [...root.children].filter(e => e.tagName != "STYLE").map(e => e.innerText)).join(" ")`, &shown))
		r.t.Fatalf("the page does not show %q (%v): %s", text, err, shown)
	}
}

// focus moves the keyboard to what a selector finds, as Tab would in the end.
func focus(selector string) chromedp.Action {
	return chromedp.Poll(fmt.Sprintf(`(() => {
		const found = %s.map(root => root.querySelector(%q)).find(e => e);
		found?.focus();
		return found !== undefined && found.matches(":focus");
	})()`, below, selector), nil)
}

func TestFirstPageLeadsToTheReference(t *testing.T) {
	t.Parallel()
	w, p := e2e.Start(t, e2e.Options{NoLab: true}), e2e.NewPerson(t)
	if page := p.Open(w.URL + "/"); !strings.Contains(page.Body, `href="/docs"`) {
		t.Errorf("got %s, want a link to /docs", e2e.Text(page))
	}
	if page := p.Open(w.URL + "/docs"); !strings.Contains(e2e.Text(page), "Patchbay API") {
		t.Errorf("got status %d and %s, want the reference", page.Status, e2e.Text(page))
	}
}
