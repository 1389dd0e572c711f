package crash_test

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"patchbay/internal/e2e"
)

// goOn does what the pages offer from page on, until the person is back at the
// application, which then confirms what it has to, or waits for somebody else: then it
// says false.
func (v *visit) goOn(t testing.TB, page e2e.Page) (arrived bool) {
	t.Helper()
	for range 20 {
		if strings.HasPrefix(page.URL.String(), v.w.home) {
			v.back(t, page.URL.Query())
			return true
		}
		ways := waysOf(page)
		switch {
		case ways.link(v.w.home) != "": // back to the application
			page = v.p.Open(ways.link(v.w.home))
		case ways.waits:
			return false
		case ways.form("/targets"):
			page = v.p.Submit(v.p.Form(page, "/targets", ""), v.choice(page))
		case ways.form("/losses"): // it would take pages from under another owner's channels
			page = v.p.Submit(v.p.Form(page, "/losses", ""), nil)
		case ways.form("/platform"): // the choice of a platform, or "Try again"
			page = v.begin(t, v.p.Form(page, "/platform", ""))
		case ways.link(v.w.url+"/connect/s/") != "": // of a callback that is of no use any more
			page = v.p.Open(ways.link(v.w.url + "/connect/s/"))
		default:
			t.Fatalf("%s (%d) offers nothing: %s", page.URL.Path, page.Status, e2e.Text(page))
		}
	}
	t.Fatalf("the pages lead in a circle, now %s: %s", page.URL.Path, e2e.Text(page))
	return false
}

// choice is the first targets of a picker. There can be more or fewer than the person
// left ticked: at Facebook the last consent of an account is what counts, and others
// sign in as the same one.
func (v *visit) choice(picker e2e.Page) url.Values {
	ids := e2e.Values(picker, "target")
	return url.Values{"target": ids[:min(max(v.picks, 1), len(ids))]}
}

// again reloads where the person was and goes on from there; false where a page waits.
// Where the application wanted the session canceled it asks for that again, and the
// person finds what is left.
func (v *visit) again(t testing.TB) (arrived bool) {
	t.Helper()
	v.ask(t)
	if v.cancels {
		v.cancel(t)
		v.p.Open(v.whereabouts())
		return true
	}
	return v.goOn(t, v.p.Open(v.whereabouts()))
}

// whereabouts is what the person's browser would reload.
func (v *visit) whereabouts() string { return cmp.Or(v.callback, v.link.URL) }

// arrive is again until the person is back, looking again where a page waits.
func (v *visit) arrive(t testing.TB) {
	t.Helper()
	v.ask(t)
	if v.cancels {
		v.again(t)
		return
	}
	address := v.whereabouts()
	for deadline := time.Now().Add(patience); !v.goOn(t, v.p.Open(address)); {
		if time.Now().After(deadline) {
			t.Fatalf("session %d still waits after %s: %+v", v.id, patience, v.session(t))
		}
		pause(t, 100*time.Millisecond)
		address = v.link.URL
	}
}

// retry sends the form of the page that is still open, without looking at where the
// first attempt stands.
func (v *visit) retry(t testing.TB) {
	t.Helper()
	if !v.goOn(t, v.begin(t, v.chooser)) {
		t.Fatalf("session %d waits after a second attempt, want it to succeed at once: %+v", v.id, v.session(t))
	}
}

// begin sends the form that leads to a platform, approves there and comes back. What
// it answers is the form's own answer where the link was of no use any more: a first
// attempt may have been finished meanwhile.
func (v *visit) begin(t testing.TB, form e2e.Form) e2e.Page {
	t.Helper()
	v.consent = v.p.Submit(form, v.chosen(form))
	if v.server != "" && waysOf(v.consent).form("/platform/"+v.platform) {
		form = v.p.Form(v.consent, "/platform/"+v.platform, "")
		v.consent = v.p.Submit(form, v.chosen(form))
	}
	if !strings.HasPrefix(v.consent.URL.Path, "/lab/") {
		return v.consent
	}
	v.decide(t, "approve")
	return v.p.Open(v.callback)
}

// rest waits until no attempt of the visit is under way.
func (v *visit) rest(t testing.TB) session {
	t.Helper()
	return v.leave(t, "exchanging", "verifying", "confirming")
}

// leave waits until no attempt of the visit is in one of the states.
func (v *visit) leave(t testing.TB, states ...string) session {
	t.Helper()
	for deadline := time.Now().Add(patience); ; pause(t, 100*time.Millisecond) {
		s := v.session(t)
		open := false
		for _, a := range s.Attempts {
			open = open || slices.Contains(states, a.Status)
		}
		if !open || time.Now().After(deadline) {
			return s
		}
	}
}

// pause is time between two looks, or before a kill; never what a test relies on.
func pause(t testing.TB, d time.Duration) {
	select {
	case <-time.After(d):
	case <-t.Context().Done():
	}
}

// ways are what a page offers.
type ways struct {
	forms []string // the paths of its actions
	links []string
	waits bool // it looks again by itself
}

func waysOf(page e2e.Page) (w ways) {
	root, err := html.Parse(strings.NewReader(page.Body))
	if err != nil {
		return w
	}
	for n := range root.Descendants() {
		for _, a := range n.Attr {
			u, err := page.URL.Parse(a.Val)
			switch {
			case a.Key == "data-refresh":
				w.waits = true
			case err != nil:
			case n.Data == "form" && a.Key == "action":
				w.forms = append(w.forms, u.Path)
			case n.Data == "a" && a.Key == "href":
				w.links = append(w.links, u.String())
			}
		}
	}
	return w
}

func (w ways) form(suffix string) bool {
	for _, path := range w.forms {
		if strings.HasSuffix(path, suffix) {
			return true
		}
	}
	return false
}

func (w ways) link(prefix string) string {
	for _, link := range w.links {
		if strings.HasPrefix(link, prefix) {
			return link
		}
	}
	return ""
}
