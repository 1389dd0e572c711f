package ui

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"patchbay/internal/i18n"
)

func contains(s, part string) bool { return strings.Contains(s, part) }

// classes are what a button has beyond being one.
func classes(n *node) string {
	rest := strings.TrimSpace(strings.TrimPrefix(n.attrs["class"], "button"))
	if rest == "" {
		return ""
	}
	return rest + " "
}

// used lists the connect.* keys that this package's sources name, with those
// that say and plural put together from parts.
func used(t *testing.T) map[string]bool {
	t.Helper()
	keys := map[string]bool{}
	for _, source := range sources(t) {
		for _, m := range regexp.MustCompile(`(\bsay|\bplural|)\("([a-z_.]+)"|[ ,]"(connect\.[a-z_.]+)"`).FindAllStringSubmatch(source, -1) {
			switch {
			case m[1] == "say":
				keys["connect.input.handle."+m[2]], keys["connect.input.server."+m[2]] = true, true
			case m[1] == "plural":
				keys[m[2]+".many"], keys[m[2]+".one"] = true, true
			case strings.HasPrefix(m[2]+m[3], "connect."):
				keys[m[2]+m[3]] = true
			}
		}
	}
	delete(keys, "connect.input.")
	return keys
}

func sources(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, pattern := range []string{"*.templ", "*.go"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, "_templ.go") {
				continue
			}
			body, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, string(body))
		}
	}
	return out
}

func TestKeysAndCatalogAgree(t *testing.T) {
	t.Parallel()
	want := used(t)
	if len(want) < 40 {
		t.Fatalf("only %d keys found in the sources, want the search to work", len(want))
	}
	for key := range want {
		for _, lang := range i18n.Languages() {
			if !i18n.For(lang).Has(key) {
				t.Errorf("%s: key %q is used and missing", lang, key)
			}
		}
	}
	for _, key := range i18n.Keys() {
		if strings.HasPrefix(key, "connect.") && !want[key] {
			t.Errorf("key %q is in the catalog and unused", key)
		}
	}
}

func TestReasonsAndCatalogAgree(t *testing.T) {
	t.Parallel()
	want := map[string]bool{}
	for _, reason := range Reasons() {
		for _, part := range []string{"title", "body", "who", "next"} {
			want["reason."+reason+"."+part] = true
		}
		for n := range (OutcomeView{Reason: reason}).causes() {
			want[fmt.Sprintf("reason.%s.cause.%d", reason, n+1)] = true
		}
	}
	for key := range want {
		for _, lang := range i18n.Languages() {
			if !i18n.For(lang).Has(key) {
				t.Errorf("%s: key %q is missing", lang, key)
			}
		}
	}
	for _, key := range i18n.Keys() {
		if strings.HasPrefix(key, "reason.") && !want[key] {
			t.Errorf("key %q belongs to no reason", key)
		}
	}
}

// What the pages' callers pass in translated.
func TestCallersFindTheirKeys(t *testing.T) {
	t.Parallel()
	for _, key := range []string{
		"field.handle.required", "field.handle.invalid", "field.handle.unknown",
		"field.server.required", "field.server.invalid", "field.server.unknown", "field.server.refused",
		"field.password.required", "field.password.form", "field.password.wrong", "field.password.code",
		"field.target.required", "field.target.unknown",
		"target.no_task", "target.no_token", "target.taken",
		"kind.profile", "kind.page", "kind.organization", "coach.facebook", "coach.instagram",
		"tile.not_configured", "tile.unavailable", "tile.note.pages", "tile.note.profile",
		"feature.post", "feature.pages", "feature.profile", "feature.email", "feature.read", "feature.insights",
		"feature.comments", "feature.messages", "feature.media", "feature.offline", "feature.portfolio",
	} {
		if !slices.Contains(i18n.Keys(), key) {
			t.Errorf("key %q is missing", key)
		}
	}
}
