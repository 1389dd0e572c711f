package shapes_test

import (
	"fmt"
	"slices"
	"strings"
)

// dress is the answer that all is well, as platforms and what stands before them wrap it.
func dress() []shape {
	return []shape{
		{name: "as-documented"},
		{name: "bom", body: func(a answer) string { return "\xef\xbb\xbf" + a.text(nil) }},
		{name: "blanks-around", body: func(a answer) string { return "\r\n\t " + a.text(nil) + " \n\n" }},
		{name: "text-plain", kind: "text/plain; charset=utf-8"},
		{name: "called-html", kind: "text/html"},
		{name: "no-content-type", kind: "-"},
		{name: "form-encoded", kind: "application/x-www-form-urlencoded", body: answer.form, acted: perhaps},
		{name: "further-fields", body: func(a answer) string {
			return a.text(func(f map[string]any) {
				f["id_token"], f["canary"], f["created_at"], f["token"] = false, []any{nil, map[string]any{"canary": 1e300}}, 1763800000, nil
			})
		}},
		{name: "names-in-upper-case", acted: perhaps, body: func(a answer) string {
			return a.text(func(f map[string]any) {
				for name, value := range f {
					delete(f, name)
					f[strings.ToUpper(name)] = value
				}
			})
		}},
		{name: "status-201", status: 201, acted: perhaps},
		{name: "error-null", body: func(a answer) string { return a.with("error", nil) }},
		{name: "error-empty", body: func(a answer) string { return a.with("error", "") }},
		{name: "error-false", body: func(a answer) string { return a.with("error", false) }},
		{name: "error-beside-tokens", acted: perhaps, body: func(a answer) string { return a.with("error", "canary_error") }},
	}
}

// lifetimes are the ways to say how long the access token lives.
func lifetimes() []shape {
	out := []shape{{name: "expires-missing", body: func(a answer) string { return a.without("expires_in") }}}
	for _, v := range []odd{
		{"text", "15000"},
		{"float", 15000.5},
		{"zero", 0},
		{"negative", -5000},
		{"huge", 1e18},
		{"beyond-numbers", "1e999"},
		{"not-a-number", "NaN"},
		{"word", "canary"},
		{"null", nil},
		{"object", map[string]any{"seconds": 15000}},
		{"date", "2027-01-01T00:00:00Z"},
	} {
		out = append(out, shape{name: "expires-" + v.name, body: func(a answer) string { return a.with("expires_in", v.value) }})
	}
	return out
}

// odd is a value that a field should not have.
type odd struct {
	name  string
	value any
}

// tokens are answers that leave a token out, or bring an odd one.
func tokens() []shape {
	var out []shape
	for _, v := range []odd{{"null", nil}, {"empty", ""}, {"number", 4242424242}} {
		out = append(out,
			shape{name: "refresh-" + v.name, keeps: true, acted: perhaps, body: func(a answer) string { return a.with("refresh_token", v.value) }},
			shape{name: "access-" + v.name, acted: perhaps, body: func(a answer) string { return a.with("access_token", v.value) }},
		)
	}
	for _, v := range []odd{{"bearer", "Bearer"}, {"upper-case", "BEARER"}, {"dpop", "DPoP"}, {"mac", "mac"}, {"canary", "canary"}, {"number", 4242424242}} {
		out = append(out, shape{name: "type-" + v.name, acted: perhaps, body: func(a answer) string { return a.with("token_type", v.value) }})
	}
	return append(out,
		shape{name: "refresh-missing", keeps: true, acted: perhaps, body: func(a answer) string { return a.without("refresh_token") }},
		shape{name: "access-missing", acted: perhaps, body: func(a answer) string { return a.without("access_token") }},
		shape{name: "access-two-lines", acted: perhaps, body: func(a answer) string { return a.with("access_token", "canary\r\nX-Canary: 1") }},
		shape{name: "type-missing", acted: perhaps, body: func(a answer) string { return a.without("token_type") }},
		shape{name: "subject-other", acted: perhaps, body: func(a answer) string { return a.with("sub", "did:plc:canarycanarycanarycanary") }},
		shape{name: "subject-missing", acted: perhaps, body: func(a answer) string { return a.without("sub") }},
	)
}

// scopes are the ways to say what is granted by now.
func scopes() []shape {
	scope := func(name string, value func(answer) any) shape {
		return shape{name: "scope-" + name, acted: perhaps, body: func(a answer) string { return a.with("scope", value(a)) }}
	}
	lacking := func(a answer, one string) []string {
		return slices.DeleteFunc(slices.Clone(a.granted), func(s string) bool { return s == one })
	}
	return []shape{
		{name: "scope-missing", acted: perhaps, body: func(a answer) string { return a.without("scope") }},
		scope("null", func(answer) any { return nil }),
		scope("empty", func(answer) any { return "" }),
		scope("empty-list", func(answer) any { return []string{} }),
		scope("fewer", func(a answer) any { return strings.Join(lacking(a, a.spare), " ") }),
		scope("lacks-required", func(a answer) any { return strings.Join(lacking(a, a.needed), " ") }),
		scope("more", func(a answer) any { return strings.Join(a.granted, " ") + " canary.read" }),
		scope("commas", func(a answer) any { return strings.Join(a.granted, ",") }),
		scope("list", func(a answer) any { return a.granted }),
		scope("number", func(answer) any { return 4242424242 }),
		scope("twice", func(a answer) any { return fmt.Sprint(strings.Join(a.granted, " "), " ", strings.Join(a.granted, " ")) }),
	}
}
