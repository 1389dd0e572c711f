package badinput_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"patchbay/internal/httpx"
)

func (w *world) badBodies(t *testing.T, r httpx.Route, op *operation) (all []attempt) {
	s, target := w.native.body(op), w.ownAddress(t, r)
	whole := w.example(op)
	add := func(what string, body []byte, want int) {
		all = append(all, attempt{
			what: what, method: r.Method, target: target, header: w.bearer(w.Key), body: body, want: want,
			secrets: []string{"canary-client-secret", "canary-confirmation-code", "canary-access-token", "canary-refresh-token"},
		})
	}
	for what, body := range brokenBodies(w.validBody(op)) {
		add("a body that is "+what, body, http.StatusBadRequest)
	}
	for what, value := range brokenMembers {
		add("a body with "+what, verbatim(put(whole, []string{"x_unknown"}, "VERBATIM"), value), http.StatusBadRequest)
	}
	large := verbatim(put(whole, []string{"x_unknown"}, "VERBATIM"), `"`+strings.Repeat("a", httpx.MaxBody)+`"`)
	add("a body over 1 MiB", large, http.StatusRequestEntityTooLarge)
	all = append(all, attempt{what: "a body over 1 MiB of no told length", method: r.Method, target: target, header: w.bearer(w.Key), body: large, stream: true, want: http.StatusRequestEntityTooLarge})
	for _, contentType := range []string{"text/xml", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "application/octet-stream", "; ; ;"} {
		a := attempt{what: "a body of " + contentType, method: r.Method, target: target, header: w.bearer(w.Key), body: []byte("<a>1</a>"), want: http.StatusBadRequest}
		all = append(all, a.with("Content-Type", contentType))
	}
	for _, f := range w.native.fields(s) {
		for what, value := range f.wrong() {
			add(f.name()+" "+what, verbatim(put(whole, f.path, "VERBATIM"), value), 0)
			if len(f.path) == 1 { // said twice, the second time wrong
				text, _ := json.Marshal(put(whole, []string{"x_unknown"}, 1))
				add(f.name()+" twice, "+what, fmt.Appendf(nil, `{%s,%q:%s}`, text[1:len(text)-1], f.path[0], value), 0)
			}
		}
		if f.required {
			text, _ := json.Marshal(put(whole, f.path, gone))
			add(f.name()+" missing", text, 0)
		}
		for _, hostile := range f.hostileURLs() {
			text, _ := json.Marshal(put(whole, f.path, hostile))
			add(fmt.Sprintf("%s %.80q", f.name(), hostile), text, 0)
		}
	}
	return all
}

// wrong are JSON texts that a field must not hold.
func (f field) wrong() map[string]string {
	all := map[string]string{}
	kinds := map[string][]string{
		"string": {`5`, `true`, `{}`, `[]`, `["x"]`}, "integer": {`"5"`, `1.5`, `true`, `{}`, `[1]`}, "boolean": {`"true"`, `1`, `{}`, `[true]`},
		"array": {`{}`, `"x"`, `5`, `true`}, "object": {`[]`, `"x"`, `5`, `true`, `[{}]`},
	}
	for kind, values := range kinds {
		if f.schema.is(kind) {
			for _, v := range values {
				all["as "+v] = v
			}
		}
	}
	if f.required {
		all["null"] = "null"
	}
	switch s := f.schema; {
	case s.is("string"):
		maps.Copy(all, f.wrongTexts())
	case s.is("integer"):
		for _, v := range []string{"1e400", "-1e400", "9223372036854775808", "-9223372036854775809", "-1", "1" + strings.Repeat("0", 400), "0.1"} {
			all["as "+cut(v)] = v
		}
		if s.Maximum != nil {
			all["above its maximum"] = strconv.FormatFloat(*s.Maximum+1, 'f', 0, 64)
		}
	case s.is("array"):
		for _, v := range []string{`[5]`, `[null]`, `[[]]`, `[{}]`, `["\u0000"]`, `["` + strings.Repeat("z", 5000) + `"]`, "[" + strings.Repeat(`"z",`, 20_000) + `"z"]`} {
			all["as "+cut(v)] = v
		}
	}
	return all
}

func (f field) wrongTexts() map[string]string {
	all := map[string]string{
		"with NUL": `"a\u0000b"`, "with a bare NUL": "\"a\x00b\"", "not UTF-8": "\"a\xff\xfeb\"", "overlong UTF-8": "\"a\xc0\xafb\"",
		"very long": `"` + strings.Repeat("z", 100_000) + `"`, "half a surrogate": `"\ud800"`,
	}
	if s := f.schema; len(s.Enum) > 0 {
		all["unknown"], all["empty"], all["in capitals"] = `"unknown"`, `""`, strings.ToUpper(fmt.Sprintf("%q", s.Enum[0]))
	} else if s.MinLength != nil {
		all["empty"] = `""`
	}
	if n := f.schema.MaxLength; n != nil {
		all["one too long"] = `"` + strings.Repeat("z", *n+1) + `"`
	}
	return all
}

// hostileURLs are values of a field that takes redirect URLs or those of endpoints, which its
// name tells.
func (f field) hostileURLs() (all []any) {
	name := f.path[len(f.path)-1]
	if !strings.Contains(name, "redirect") && name != "url" {
		return nil
	}
	for _, raw := range hostileRedirects {
		switch {
		case name == "url" && strings.Contains(raw, "[::1"): // with a Lab, endpoints may be on this machine
		case f.schema.is("string"):
			all = append(all, raw)
		case f.schema.is("array"):
			all = append(all, []string{raw}, []string{"https://client.example.com/callback", raw})
		}
	}
	return all
}

// brokenBodies are not a JSON object, whatever the route.
func brokenBodies(valid []byte) map[string][]byte {
	deep := func(open, closed string, n int) []byte {
		return []byte(strings.Repeat(open, n) + strings.Repeat(closed, n))
	}
	all := map[string][]byte{
		"an array of it": append(append([]byte("["), valid...), ']'), "cut off": valid[:len(valid)-1], "it twice": append(slices.Clone(valid), valid...),
		"it and more": append(slices.Clone(valid), " x"...), "behind a BOM": append([]byte("\ufeff"), valid...), "UTF-16": utf16(valid),
		"10,000 arrays": deep("[", "]", 10_000), "10,001 objects": append(deep(`{"a":`, "", 10_001), append([]byte("1"), deep("", "}", 10_001)...)...),
		"100,000 open arrays": deep("[", "", 100_000), "bytes": {0, 1, 2, 0xff, 0xfe}, "gzip": {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff},
	}
	for _, text := range []string{`[]`, `[{}]`, `"text"`, `5`, `null`, `true`, `{`, `}`, `{"a":}`, `{'a':1}`, `{a:1}`, `{"a":1,}`, `{"a":01}`, `{"a":NaN}`, `{"a":1}}`, `<xml/>`, `a=b&c=d`, `nul`, "{\"a\":\"\n\"}", `{"a":"\x"}`, `{"a":"\ud8"}`, `/* */{}`, "--x\r\n\r\n--x--"} {
		all[text] = []byte(text)
	}
	return all
}

// brokenMembers break a whole body from inside a member that nobody knows.
var brokenMembers = map[string]string{
	"10,000 arrays in it": strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000), "10,000 objects in it": strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000),
	"text that is not UTF-8": "\"\xff\xfe\"", "an overlong NUL": "\"\xc0\x80\"", "half a UTF-8 letter": "\"\xe2\x82\"", "a bare control character": "\"\x01\"",
}

func utf16(text []byte) []byte {
	out := []byte{0xff, 0xfe}
	for _, b := range text {
		out = append(out, b, 0)
	}
	return out
}
