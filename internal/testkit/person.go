package testkit

import (
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// A BrowserOption describes the person at the browser.
type BrowserOption func(*person)

// person is what the options say, to be told to a tab.
type person struct {
	actions  []chromedp.Action
	noScript bool
}

// personKey finds the person in a tab's context.
type personKey struct{}

func personOf(options []BrowserOption) person {
	var p person
	for _, option := range append([]BrowserOption{Desktop(), Light()}, options...) {
		option(&p)
	}
	return p
}

// Phone gives the page 390×844 points, two pixels each, and a finger.
func Phone() BrowserOption {
	return does(chromedp.EmulateViewport(390, 844, chromedp.EmulateScale(2), chromedp.EmulateMobile, chromedp.EmulateTouch))
}

// Desktop gives the page 1280×800 points. It is what a test gets without an option.
func Desktop() BrowserOption { return does(chromedp.EmulateViewport(1280, 800)) }

// Dark lets the page see a person who prefers dark colors.
func Dark() BrowserOption { return colorScheme("dark") }

// Light lets the page see a person who prefers light colors. It is what a test gets without an option.
func Light() BrowserOption { return colorScheme("light") }

func colorScheme(value string) BrowserOption {
	feature := &emulation.MediaFeature{Name: "prefers-color-scheme", Value: value}
	return does(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{feature}))
}

// NoScript switches JavaScript off for the page. The test's own chromedp.Evaluate still works, but timers and
// promises do not.
func NoScript() BrowserOption {
	return func(p *person) {
		p.noScript = true
		does(emulation.SetScriptExecutionDisabled(true))(p)
	}
}

// Language sets Accept-Language, as in "de" or "pt-BR, pt;q=0.8".
func Language(accept string) BrowserOption {
	return does(network.SetExtraHTTPHeaders(network.Headers{"Accept-Language": accept}))
}

func does(action chromedp.Action) BrowserOption {
	return func(p *person) { p.actions = append(p.actions, action) }
}
