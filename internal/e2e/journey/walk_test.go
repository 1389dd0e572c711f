// Package journey walks the connect journey as a browser without JavaScript does,
// over HTTP, and holds what must be true of it at its edges.
package journey_test

import (
	"net/url"
	"testing"

	"patchbay/internal/e2e"
)

// choose opens a link and clicks on a platform; it answers the platform's page.
func choose(p *e2e.Person, linkURL, platform string) e2e.Page {
	page := p.Open(linkURL)
	form := p.Form(page, "/platform", "platform="+platform)
	return p.Submit(form, url.Values{"platform": {platform}})
}

// decide answers the platform's consent page without following where it leads.
func decide(p *e2e.Person, consent e2e.Page, decision string, set url.Values) e2e.Page {
	form := p.Form(consent, "", "decision="+decision)
	fields := form.With(set)
	fields.Set("decision", decision)
	return p.Fetch(form.Method, form.Action, fields)
}

// pick chooses the first n targets of the picker.
func pick(t *testing.T, p *e2e.Person, picker e2e.Page, n int) e2e.Page {
	t.Helper()
	ids := e2e.Values(picker, "target")
	if len(ids) < n {
		t.Fatalf("got %d targets, want at least %d: %s", len(ids), n, e2e.Text(picker))
	}
	return p.Submit(p.Form(picker, "/targets", ""), url.Values{"target": ids[:n]})
}
