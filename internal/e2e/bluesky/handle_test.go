package bluesky_test

import (
	"net/url"
	"testing"

	"github.com/chromedp/chromedp"

	"patchbay/internal/testkit"
)

// The page that asks for the handle, as people with different devices see it.
func TestHandlePage(t *testing.T) {
	t.Parallel()
	w := start(t, "sqlite")
	english := []string{
		"Type your handle.",
		"This does not look like a handle. Leave out spaces; it has at least one dot, as in alice.bsky.social.",
		"There is no account with this handle. Check the spelling.",
	}
	german := []string{
		"Geben Sie Ihr Handle ein.",
		"Das sieht nicht nach einem Handle aus. Es hat keine Leerzeichen und mindestens einen Punkt, wie alice.bsky.social.",
		"Es gibt kein Konto mit diesem Handle. Prüfen Sie die Schreibweise.",
	}
	for name, who := range map[string]struct {
		options []testkit.BrowserOption
		texts   []string
	}{
		"desktop-light": {[]testkit.BrowserOption{testkit.Desktop(), testkit.Light()}, english},
		"desktop-dark":  {[]testkit.BrowserOption{testkit.Desktop(), testkit.Dark(), testkit.Language("de"), testkit.NoScript()}, german},
		"phone-light":   {[]testkit.BrowserOption{testkit.Phone(), testkit.Light(), testkit.NoScript()}, english},
		"phone-dark":    {[]testkit.BrowserOption{testkit.Phone(), testkit.Dark(), testkit.Language("de")}, german},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPerson(t, who.options...)
			p.openHandlePage(w.newSession(t).ConnectURL)
			p.look("handle-" + name)
			p.checkNoLab()
			for i, wrong := range []string{"", "alice smith", "nobody.test"} {
				p.typeHandle(wrong)
				p.checkExplained(wrong, who.texts[i])
			}
			p.look("handle-unknown-" + name)
			p.typeHandle("@Alice.test ")
			p.checkAt(w.servers.PDS)
		})
	}
}

// checkNoLab checks that the page does not call these accounts pretended: they are real.
func (p person) checkNoLab() {
	p.t.Helper()
	var lab bool
	p.do("look for the Lab's note", chromedp.Evaluate(`document.querySelector("header.lab") !== null`, &lab))
	if lab {
		p.t.Error("handle page: got the Lab's note, want none for a real server")
	}
}

// checkExplained checks that the field keeps what was typed and says what is wrong with it.
func (p person) checkExplained(typed, want string) {
	p.t.Helper()
	var kept, label string
	p.do("see what is wrong with "+typed,
		chromedp.WaitVisible(`//*[@id="error" and normalize-space()="`+want+`"]`, chromedp.BySearch),
		chromedp.Value(`#field[aria-invalid="true"]`, &kept, chromedp.ByQuery),
		chromedp.AttributeValue(`#field`, "aria-describedby", &label, nil, chromedp.ByQuery))
	if kept != typed {
		p.t.Errorf("field after a wrong handle: got %q, want %q", kept, typed)
	}
	if label != "error hint" {
		p.t.Errorf("aria-describedby: got %q, want the error and the hint", label)
	}
}

// checkAt waits for the server's page, which without JavaScript is an empty #root, and looks where it is.
func (p person) checkAt(origin string) {
	p.t.Helper()
	var location string
	p.do("arrive at "+origin, chromedp.WaitReady(`#root`, chromedp.ByQuery), chromedp.Location(&location))
	u, err := url.Parse(location)
	if err != nil || u.Scheme+"://"+u.Host != origin {
		p.t.Errorf("location: got %s, want a page of %s", location, origin)
	}
}
