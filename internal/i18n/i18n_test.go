package i18n

import (
	"encoding/json"
	"regexp"
	"slices"
	"testing"

	"golang.org/x/text/language"
)

func TestForChoosesTheBestLanguage(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"":                             "en",
		"de":                           "de",
		"de-AT":                        "de",
		"gsw, fr;q=0.5":                "de",
		"fr;q=0.9, de;q=0.8, en;q=0.7": "de",
		"en-GB, de;q=0.9":              "en",
		"ja":                           "en",
		"*":                            "en",
		";;;q=":                        "en",
	} {
		if got := For(header).Lang(); got != want {
			t.Errorf("For(%q).Lang() = %q, want %q", header, got, want)
		}
	}
}

func TestZeroPrinterPrintsEnglish(t *testing.T) {
	t.Parallel()
	var p Printer
	if got, want := p.T("connect.retry"), "Try again"; got != want {
		t.Errorf("T = %q, want %q", got, want)
	}
	if p.Lang() != "en" || p.Dir() != "ltr" || !p.Has("connect.retry") {
		t.Errorf("Lang, Dir = %q, %q, want en, ltr", p.Lang(), p.Dir())
	}
}

func TestPlaceholdersAndPlurals(t *testing.T) {
	t.Parallel()
	de := For("de")
	if got, want := de.T("connect.back_to", Args{"App": "A & B"}), "Zurück zu A & B"; got != want {
		t.Errorf("T = %q, want %q", got, want)
	}
	for n, want := range map[int]string{0: "0 Konten verbunden", 1: "1 Konto verbunden", 3: "3 Konten verbunden"} {
		if got := de.N("connect.outcome.channels", n); got != want {
			t.Errorf("N(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestMissingKeyPrintsTheKey(t *testing.T) {
	t.Parallel()
	if got := For("de").T("no.such.key"); got != "no.such.key" {
		t.Errorf("T = %q, want the key", got)
	}
	if got := For("de").N("no.such.key", 2); got != "no.such.key" {
		t.Errorf("N = %q, want the key", got)
	}
	if For("de").Has("no.such.key") {
		t.Error("Has(no.such.key) = true, want false")
	}
}

// Every language has every key, no empty text, and in each text the very
// placeholders that the English one has.
func TestCatalogsAreComplete(t *testing.T) {
	t.Parallel()
	all := map[string]map[string][]string{}
	union := map[string]bool{}
	for _, lang := range Languages() {
		all[lang] = placeholders(t, lang)
		for key := range all[lang] {
			union[key] = true
		}
	}
	for lang, texts := range all {
		for key := range union {
			got, ok := texts[key]
			if !ok {
				t.Errorf("%s: key %q is missing", lang, key)
				continue
			}
			if want := all["en"][key]; !slices.Equal(got, want) {
				t.Errorf("%s: key %q has placeholders %v, want %v as in English", lang, key, got, want)
			}
		}
	}
}

// placeholders reads a catalog file as it lies there, so that the completeness
// test does not depend on what the library makes of it.
func placeholders(t *testing.T, lang string) map[string][]string {
	t.Helper()
	body, err := files.ReadFile("locales/" + lang + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var texts map[string]json.RawMessage
	if err := json.Unmarshal(body, &texts); err != nil {
		t.Fatalf("%s: %v", lang, err)
	}
	out := map[string][]string{}
	for key, text := range texts {
		if len(text) <= len(`""`) {
			t.Errorf("%s: key %q is empty", lang, key)
		}
		found := regexp.MustCompile(`\{\{\.\w+\}\}`).FindAllString(string(text), -1)
		slices.Sort(found)
		out[key] = slices.Compact(found)
	}
	return out
}

func TestKeysMatchTheParsedCatalogs(t *testing.T) {
	t.Parallel()
	if got, want := len(Keys()), len(placeholders(t, "en")); got != want {
		t.Errorf("%d keys parsed, want the file's %d", got, want)
	}
	if got, want := Languages()[0], language.English.String(); got != want {
		t.Errorf("first language = %q, want %q", got, want)
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		load()
	}
}
