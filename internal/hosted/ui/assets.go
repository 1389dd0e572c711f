package ui

import (
	_ "embed"

	"github.com/a-h/templ"
)

//go:embed page.css
var css string

//go:embed page.js
var script string

// styles is the stylesheet as an element that the policy's nonce lets in.
func (f Frame) styles() templ.Component {
	return templ.Raw(`<style nonce="` + templ.EscapeString(f.Nonce) + `">` + css + `</style>`)
}

// scripts is the enhancement that no page depends on.
func (f Frame) scripts() templ.Component {
	return templ.Raw(`<script nonce="` + templ.EscapeString(f.Nonce) + `">` + script + `</script>`)
}

// glyph is a line drawing of our own, 24 units square, in currentColor.
func glyph(name string) templ.Component {
	paths := map[string]string{
		"check":   `<path d="m5 12.5 4.5 4.5L19 7.5"/>`,
		"cross":   `<path d="m7 7 10 10M17 7 7 17"/>`,
		"alert":   `<path d="M12 7v6M12 16.8v.2"/>`,
		"info":    `<path d="M12 11v6M12 7v.2"/>`,
		"pause":   `<path d="M9 8v8M15 8v8"/>`,
		"plug":    `<path d="M9 3v5M15 3v5M7 8h10v3a5 5 0 0 1-10 0zM12 16v5"/>`,
		"chevron": `<path d="m9 5 7 7-7 7"/>`,
		"back":    `<path d="m15 5-7 7 7 7"/>`,
		"lock":    `<rect x="5" y="11" width="14" height="9" rx="2.5"/><path d="M8 11V8a4 4 0 0 1 8 0v3"/>`,
		"eye":     `<path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z"/><circle cx="12" cy="12" r="2.8"/>`,
		"undo":    `<path d="M8.5 14 4 9.5 8.5 5M4 9.5h10.5a5 5 0 0 1 0 10H11"/>`,
		"away":    `<path d="M14 5h5v5M19 5l-8 8M17 14v4a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1h4"/>`,
		"unplug":  `<path d="M9 3v5M15 3v5M7 8h10v3a5 5 0 0 1-10 0zM12 16v5M4 4l16 16"/>`,
		"flask":   `<path d="M10 3v6L4.6 18.2A1.9 1.9 0 0 0 6.2 21h11.6a1.9 1.9 0 0 0 1.6-2.8L14 9V3M8.5 3h7M7.5 15h9"/>`,
	}
	return templ.Raw(`<svg class="glyph" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">` + paths[name] + `</svg>`)
}
