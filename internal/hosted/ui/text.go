package ui

import (
	"fmt"
	"hash/fnv"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/a-h/templ"

	"patchbay/internal/i18n"
)

// clean makes a name that somebody else chose safe inside a sentence: without
// control characters, and without the bidirectional controls that could turn the
// rest of the line around (Unicode Standard Annex 9, section 2).
func clean(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, name)
}

// breakable is text as HTML that may go on in a new line before the server of an account
// such as @name@server, rather than anywhere in it.
func breakable(text string) string {
	name, server, found := strings.Cut(strings.TrimPrefix(text, "@"), "@")
	if !found {
		return templ.EscapeString(text)
	}
	if strings.HasPrefix(text, "@") {
		name = "@" + name
	}
	return templ.EscapeString(name) + "<wbr>@" + templ.EscapeString(server)
}

// text prints a key of the page, with the application's name at hand.
func (f Frame) text(key string) string { return f.P.T(key, f.args("")) }

// about prints a key that also speaks of a platform.
func (f Frame) about(platform, key string) string { return f.named(platform, nil, key) }

// named prints a key that also speaks of an account there.
func (f Frame) named(platform string, a *Account, key string) string {
	args := f.args(platform)
	args["Account"] = f.P.T("connect.the_account")
	if a != nil && clean(a.Name) != "" {
		args["Account"] = clean(a.Name)
	}
	return f.P.T(key, args)
}

func (f Frame) args(platform string) i18n.Args {
	app, platform := clean(f.App), clean(platform)
	if app == "" {
		app = f.P.T("connect.the_app")
	}
	if platform == "" {
		platform = f.P.T("connect.the_platform")
	}
	return i18n.Args{"App": app, "Platform": platform}
}

// backText names the application where it is known: a fallback noun would not
// fit the sentence in every language.
func (f Frame) backText() string {
	if clean(f.App) == "" {
		return f.P.T("connect.back")
	}
	return f.text("connect.back_to")
}

// documentTitle is what a tab shows and a screen reader says first, so that an
// error is heard before the page is read.
func (f Frame) documentTitle(heading string, wrong bool) string {
	if wrong {
		return f.P.T("connect.error_prefix", i18n.Args{"Title": heading})
	}
	return heading
}

// initials are one or two letters that stand for a picture: no picture is loaded,
// so that no platform's server learns who looks at this page.
func initials(name string) string {
	var letters []rune
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		letters = append(letters, unicode.ToUpper([]rune(word)[0]))
		if len(letters) == 2 {
			break
		}
	}
	if len(letters) == 0 {
		return "•"
	}
	return string(letters)
}

// hue gives a name one of six colours, always the same.
func hue(name string) string {
	sum := fnv.New32a()
	sum.Write([]byte(name))
	return fmt.Sprintf("hue-%d", sum.Sum32()%6)
}

// address lets a link leave by any scheme, because an application may be reached
// by one of its own (myapp://done), but never by one that runs code.
func address(link string) templ.SafeURL {
	parsed, err := url.Parse(link)
	if err != nil {
		return "#"
	}
	if slices.Contains([]string{"javascript", "data", "vbscript", "blob", "file", "about"}, parsed.Scheme) {
		return "#"
	}
	return templ.SafeURL(link)
}
