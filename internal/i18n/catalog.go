package i18n

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"sync"

	goi18n "github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

//go:embed locales/*.json
var files embed.FS

// catalogs are the parsed languages. Nothing changes them after load, so every
// goroutine may read them.
type catalogs struct {
	bundle     *goi18n.Bundle
	matcher    language.Matcher
	tags       []language.Tag // English first: what the matcher falls back to
	keys       map[language.Tag]map[string]bool
	localizers map[language.Tag]*goi18n.Localizer
}

// loaded parses the embedded files when the first page asks for them, so that
// the program's start does not wait for its translations.
var loaded = sync.OnceValue(load)

func load() *catalogs {
	c := &catalogs{
		bundle:     goi18n.NewBundle(language.English),
		keys:       map[language.Tag]map[string]bool{},
		localizers: map[language.Tag]*goi18n.Localizer{},
	}
	c.bundle.RegisterUnmarshalFunc("json", json.Unmarshal)
	names, err := fs.Glob(files, "locales/*.json")
	must(err)
	for _, name := range names {
		c.add(name)
	}
	c.tags = c.bundle.LanguageTags()
	c.matcher = language.NewMatcher(c.tags)
	return c
}

func (c *catalogs) add(name string) {
	body, err := files.ReadFile(name)
	must(err)
	file, err := c.bundle.ParseMessageFileBytes(body, name)
	must(err)
	keys := make(map[string]bool, len(file.Messages))
	for _, m := range file.Messages {
		keys[m.ID] = true
	}
	c.keys[file.Tag] = keys
	c.localizers[file.Tag] = goi18n.NewLocalizer(c.bundle, file.Tag.String())
}

// must panics, because the files are part of the program: a broken one is a
// broken build, which the package's tests find.
func must(err error) {
	if err != nil {
		panic(fmt.Errorf("embedded translations: %w", err))
	}
}

// Languages lists the tags of the languages there are, English first.
func Languages() []string {
	var out []string
	for _, tag := range loaded().tags {
		out = append(out, tag.String())
	}
	return out
}

// Keys lists every key of the English catalog, sorted. Tests of the rooms hold
// it against the keys they use.
func Keys() []string {
	keys := make([]string, 0, len(loaded().keys[language.English]))
	for key := range loaded().keys[language.English] {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
