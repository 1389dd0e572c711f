// Package i18n owns the text that people read: one catalog a language, embedded,
// each complete, and the choice of a language for a browser. It knows no page and
// no brand: names of platforms and applications are passed in.
package i18n

import (
	"maps"

	goi18n "github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// Args are the values of a text's placeholders: {{.App}} is Args{"App": …}.
type Args = map[string]any

// Printer prints texts in one language. It is immutable and may be shared; the
// zero value prints English.
type Printer struct{ tag language.Tag }

// For returns the printer that fits an Accept-Language value, or a plain tag
// such as "de", best; the English one when none fits or the value is unreadable.
func For(acceptLanguage string) Printer {
	c := loaded()
	wanted, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil {
		return Printer{language.English}
	}
	_, index, _ := c.matcher.Match(wanted...)
	return Printer{c.tags[index]}
}

// T prints the text of key. A key that this language lacks prints in English,
// and one that no catalog has prints as the key itself.
func (p Printer) T(key string, args ...Args) string {
	return p.print(&goi18n.LocalizeConfig{MessageID: key, TemplateData: merge(args)}, key)
}

// N prints the form of key's text that fits the number n, which the text may
// show as {{.N}}.
func (p Printer) N(key string, n int, args ...Args) string {
	data := merge(args)
	data["N"] = n
	return p.print(&goi18n.LocalizeConfig{MessageID: key, TemplateData: data, PluralCount: n}, key)
}

// Has reports whether this very language has a text for key.
func (p Printer) Has(key string) bool { return loaded().keys[p.language()][key] }

// Lang is the language's tag, "en" or "de", as <html lang> wants it.
func (p Printer) Lang() string { return p.language().String() }

// Dir is the direction in which the language is written, "ltr" or "rtl", as
// <html dir> wants it.
func (p Printer) Dir() string {
	script, _ := p.language().Script()
	switch script.String() {
	case "Arab", "Hebr", "Thaa", "Syrc", "Adlm":
		return "rtl"
	}
	return "ltr"
}

func (p Printer) language() language.Tag {
	if p.tag == language.Und {
		return language.English
	}
	return p.tag
}

// print ignores go-i18n's error where there is a text all the same: that is a
// key which fell back to English.
func (p Printer) print(config *goi18n.LocalizeConfig, key string) string {
	text, err := loaded().localizers[p.language()].Localize(config)
	if err != nil && text == "" {
		return key
	}
	return text
}

func merge(args []Args) Args {
	data := Args{}
	for _, a := range args {
		maps.Copy(data, a)
	}
	return data
}
