package clients_test

import (
	"net/url"
	"regexp"
	"testing"

	"patchbay/internal/e2e"
)

// link finds a connect link in what a program says.
var link = regexp.MustCompile(`https?://[^\s"]+/connect/s/[A-Za-z0-9_-]+`)

// consent is what a person does with a link: Facebook, approve, the first two pages. It
// returns where that led.
func consent(t *testing.T, address string) e2e.Page {
	t.Helper()
	p := e2e.NewPerson(t)
	picker := p.Open(away(p, address, "approve").Redirect)
	targets := e2e.Values(picker, "target")
	if len(targets) < 2 {
		t.Fatalf("got %d targets, want at least 2: %s", len(targets), e2e.Text(picker))
	}
	form := p.Form(picker, "/targets", "")
	return p.Fetch(form.Method, form.Action, form.With(url.Values{"target": targets[:2]}))
}

// deny is a person who thinks better of it.
func deny(t *testing.T, address string) {
	t.Helper()
	p := e2e.NewPerson(t)
	p.Open(away(p, address, "deny").Redirect)
}

// away goes to Facebook and decides there.
func away(p *e2e.Person, address, decision string) e2e.Page {
	page := p.Open(address)
	page = p.Submit(p.Form(page, "/platform", "platform=facebook"), url.Values{"platform": {"facebook"}})
	form := p.Form(page, "", "decision="+decision)
	fields := form.With(nil)
	fields.Set("decision", decision)
	return p.Fetch(form.Method, form.Action, fields)
}

// codeOf is the code of a redirect to the application.
func codeOf(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil || u.Query().Get("code") == "" {
		t.Fatalf("got %q, want a redirect with a code", address)
	}
	return u.Query().Get("code")
}
