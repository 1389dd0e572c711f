package badinput_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"patchbay/internal/httpx"
	"patchbay/internal/vault"
)

// form is a POST of a page: whatever a browser should not send, and wrong values of one
// of its fields beside an otherwise honest form.
func form(honest url.Values, name string, wrong ...string) entry {
	return func(w *world, r httpx.Route) (all []attempt) {
		address := func(token, platform string) string {
			return strings.NewReplacer("{token}", token, "{platform}", platform).Replace(r.Path)
		}
		target := address(w.pending.link, "bluesky")
		whole := url.Values{"form_token": {w.formToken(w.browser)}}
		for k, v := range honest {
			whole[k] = v
		}
		post := func(what, target string, fields url.Values) attempt {
			return attempt{what: what, method: r.Method, target: target, body: []byte(fields.Encode()), secrets: []string{"canary-password"}}.
				with("Content-Type", "application/x-www-form-urlencoded").with("Cookie", "pb="+w.browser).with("Origin", w.URL)
		}
		good := post("", target, whole)
		for what, change := range map[string]func(attempt) attempt{
			"no cookie":      func(a attempt) attempt { delete(a.header, "Cookie"); return a },
			"another cookie": func(a attempt) attempt { return a.with("Cookie", "pb="+strings.Repeat("c", 43)) },
			"a short cookie": func(a attempt) attempt { return a.with("Cookie", "pb=short") },
			"another origin": func(a attempt) attempt { return a.with("Origin", "https://evil.example") },
			"no origin":      func(a attempt) attempt { return a.with("Origin", "null") },
			"another site": func(a attempt) attempt {
				return a.with("Sec-Fetch-Site", "cross-site").with("Origin", "https://evil.example")
			},
			"a sibling site": func(a attempt) attempt {
				return a.with("Sec-Fetch-Site", "same-site").with("Origin", "https://sibling.example")
			},
			"no form token": func(a attempt) attempt { a.body = []byte(without(whole, "form_token").Encode()); return a },
			"a wrong form token": func(a attempt) attempt {
				a.body = []byte(replaced(whole, "form_token", "canary-form-token").Encode())
				return a
			},
			"another's form token": func(a attempt) attempt {
				a.body = []byte(replaced(whole, "form_token", w.formToken(w.done.cookie)).Encode())
				return a
			},
			"the cookie as token":    func(a attempt) attempt { a.body = []byte(replaced(whole, "form_token", w.browser).Encode()); return a },
			"the token in the query": func(a attempt) attempt { a.body = nil; a.target += "?" + whole.Encode(); return a },
			"no body":                func(a attempt) attempt { a.body = nil; return a },
			"JSON": func(a attempt) attempt {
				a.body = []byte(`{"form_token":"x"}`)
				return a.with("Content-Type", "application/json")
			},
			"no content type":       func(a attempt) attempt { delete(a.header, "Content-Type"); return a },
			"another content type":  func(a attempt) attempt { return a.with("Content-Type", "text/plain") },
			"a multipart form":      func(a attempt) attempt { return a.with("Content-Type", "multipart/form-data; boundary=x") },
			"a broken content type": func(a attempt) attempt { return a.with("Content-Type", "application/x-www-form-urlencoded; =") },
			"broken escapes":        func(a attempt) attempt { a.body = append(a.body, "&a=%zz"...); return a },
			"semicolons":            func(a attempt) attempt { a.body = append(a.body, "&a;b"...); return a },
			"bytes":                 func(a attempt) attempt { a.body = []byte{0, 0xff, 0xfe, '=', 0}; return a },
		} {
			a := good
			a.header = good.header.Clone()
			a = change(a)
			a.what, a.want = what, http.StatusForbidden
			all = append(all, a)
		}
		large := good
		large.what, large.body, large.want = "a form over 1 MiB", append(append([]byte{}, good.body...), "&a="+strings.Repeat("a", httpx.MaxBody)...), http.StatusRequestEntityTooLarge
		all = append(all, large)
		large.stream, large.what = true, "a form over 1 MiB of no told length"
		all = append(all, large)
		for what, token := range w.badTokens() {
			a := post("a link that is "+what, address(url.PathEscape(token), "bluesky"), whole)
			a.want, a.secrets = http.StatusNotFound, secretly(token)
			all = append(all, a)
		}
		for _, value := range wrong {
			all = append(all, post(fmt.Sprintf("%s = %.80q", name, value), target, replaced(whole, name, value)))
		}
		if strings.Contains(r.Path, "{platform}") {
			for _, value := range append([]string{"unknown"}, junk...) {
				all = append(all, post("the platform "+cut(value), address(w.pending.link, value), replaced(whole, name, "@")))
			}
		}
		if name == "target" {
			all = append(all, w.foreignTargets(r)...)
		}
		return all
	}
}

// foreignTargets are choices that are not there to be made, at a picker that is open.
func (w *world) foreignTargets(r httpx.Route) (all []attempt) {
	fields := func(cookie string, targets ...string) []byte {
		return []byte(url.Values{"form_token": {w.formToken(cookie)}, "target": targets}.Encode())
	}
	for what, body := range map[string][]byte{
		"none": fields(w.picking.cookie), "one of nobody": fields(w.picking.cookie, nobody), "its own and one of nobody": fields(w.picking.cookie, w.picking.targets[0], nobody),
		"negative": fields(w.picking.cookie, "-"+w.picking.targets[0]), "no number": fields(w.picking.cookie, w.picking.targets[0], "x"),
		"of the account that was connected": fields(w.picking.cookie, "1"), "very many": fields(w.picking.cookie, strings.Split(strings.Repeat(nobody+",", 3000)+nobody, ",")...),
	} {
		all = append(all, attempt{what: "targets: " + what, method: r.Method, target: address(r, w.picking.link), body: body}.
			with("Content-Type", "application/x-www-form-urlencoded").with("Cookie", "pb="+w.picking.cookie).with("Origin", w.URL))
	}
	other := attempt{what: "its targets in another browser", method: r.Method, target: address(r, w.picking.link), body: fields(w.browser, w.picking.targets...)}
	return append(all, other.with("Content-Type", "application/x-www-form-urlencoded").with("Cookie", "pb="+w.browser).with("Origin", w.URL))
}

func without(fields url.Values, name string) url.Values {
	out := url.Values{}
	for k, v := range fields {
		if k != name {
			out[k] = v
		}
	}
	return out
}

func replaced(fields url.Values, name, value string) url.Values {
	out := without(fields, name)
	if name != "" {
		out.Set(name, value)
	}
	return out
}

func (w *world) formToken(cookie string) string { return httpx.FormToken(vault.NewSecret(cookie)) }
