package custom

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPointer is RFC 6901 §5, and what is read at the place.
func TestPointer(t *testing.T) {
	t.Parallel()
	value, err := decode([]byte(`{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8,
		"big":1790000000000000123,"yes":true,"null":null,"link":"https://a.example/x","script":"javascript:alert(1)","list":["a","b",3],"text":"a b,c"}`))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"/foo/0": "bar", "/foo/1": "baz", "/": "0", "/a~1b": "1", "/c%d": "2", "/e^f": "3", "/g|h": "4", "/i\\j": "5", "/k\"l": "6", "/ ": "7", "/m~0n": "8",
		"/big": "1790000000000000123", // no float
		"":     "", "/foo": "", "/foo/2": "", "/foo/-1": "", "/foo/01": "", "/foo/x": "", "/yes": "", "/null": "", "/gone": "", "/gone/x": "", "/big/x": "",
	} {
		p, err := parsePointer(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if got := p.text(value); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{"/link": "https://a.example/x", "/script": "", "/foo": "", "/big": ""} {
		if p, _ := parsePointer(text); p.link(value) != want {
			t.Errorf("link at %q: got %q, want %q", text, p.link(value), want)
		}
	}
	for text, want := range map[string][]string{"/list": {"a", "b"}, "/text": {"a", "b", "c"}, "/big": nil, "/gone": nil} {
		if p, _ := parsePointer(text); !cmp.Equal(p.words(value), want) {
			t.Errorf("words at %q: got %v, want %v", text, p.words(value), want)
		}
	}
	if got := pointer(nil).text(value); got != "" {
		t.Errorf("nowhere: got %q", got)
	}
	for _, bad := range []string{"x", "x/y", "/~", "/~2", "/a~"} {
		if _, err := parsePointer(bad); err == nil {
			t.Errorf("%q: got no error", bad)
		}
	}
}

func TestDecode(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "<html>", "{", "{}{}", "hunter2"} {
		if _, err := decode([]byte(bad)); err == nil || fmt.Sprint(err) != "the answer is not JSON" {
			t.Errorf("%q: got %v", bad, err)
		}
	}
}
