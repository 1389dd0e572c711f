package sqlstore

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestPlainFactsAreReadAsEncodingJSONReadsThem(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		text  string
		plain bool // false: left to encoding/json
	}{
		{`{}`, true},
		{`{"name":"Corner bakery"}`, true},
		{`{"name":"","username":"a,b}c:d","url":"https://a.example/?x=1&y={2}","avatar_url":"ü日本","category":"Bakery","followers":-3,"verified":false}`, true},
		{`{"verified":true,"followers":9007199254740991}`, true},
		{`{"name":"\u003cb\u003e"}`, false},
		{`{"name":"say \"hi\""}`, false},
		{`{"name": "spaced"}`, false},
		{`{"followers":null}`, false},
		{`{"followers":1.5}`, false},
		{`{"verified":"true"}`, false},
		{`{"name":7}`, false},
		{`{"later":"unknown"}`, false},
		{`{"later":{"name":"inner"}}`, false},
		{`{"name":"a",}`, false},
		{`{"name":"a"}}`, false},
		{`{"name":"a"`, false},
		{`{"name`, false},
		{`{"name":`, false},
		{`{"name":"a"}x`, false},
		{`null`, false},
		{``, false},
	} {
		got, plain := readFacts(tc.text)
		if plain != tc.plain {
			t.Errorf("%s: got plain %v, want %v", tc.text, plain, tc.plain)
		}
		var want factsJSON
		if err := json.Unmarshal([]byte(tc.text), &want); plain && err != nil {
			t.Errorf("%s: got facts, want the error %v", tc.text, err)
		}
		if diff := cmp.Diff(want, got); plain && diff != "" {
			t.Errorf("%s: (-want +got)\n%s", tc.text, diff)
		}
	}
}

func FuzzFacts(f *testing.F) {
	f.Add(`{"name":"Corner bakery","followers":3,"verified":true}`)
	f.Add(`{"name":"a","name":"b"}`)
	f.Fuzz(func(t *testing.T, text string) {
		got, plain := readFacts(text)
		var want factsJSON
		if !plain || !utf8.ValidString(text) || json.Unmarshal([]byte(text), &want) != nil {
			return // nothing that we write: the store refuses such text, and factsText escapes control characters
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: (-want +got)\n%s", text, diff)
		}
	})
}
