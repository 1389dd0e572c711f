package badinput_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"patchbay/internal/httpx"
)

var placeholder = regexp.MustCompile(`\{[a-z_]+\}`)

// entry tells what bad input a route takes that is not of the native API.
type entry func(w *world, r httpx.Route) []attempt

// entries has every such route.
var entries = map[string]entry{
	"GET /healthz":      nothing,
	"GET /readyz":       nothing,
	"GET /metrics":      nothing,
	"GET /openapi.json": nothing,
	"GET /docs":         nothing, "GET /docs/page.css": nothing, "GET /docs/page.js": nothing, "GET /docs/rapidoc.js": nothing,
	"/v1/": strayNative,
	"/":    strayPage,

	"POST /api/v1/social-sparks/connect-channel": connectChannel,
	"GET /api/v1/social-sparks/connect-status":   connectStatus,
	"/api/v1/social-sparks/":                     strayEnvelope,

	"GET /{$}":                                             nothing,
	"GET /connect/s/{token}":                               linkPage,
	"GET /connect/channels":                                linkedPage,
	"GET /connect/{platform}":                              linkedPage,
	"GET /connect/s/{token}/platform":                      formAddress,
	"GET /connect/s/{token}/targets":                       formAddress,
	"GET /connect/s/{token}/losses":                        formAddress,
	"GET /connect/s/{token}/leave":                         formAddress,
	"GET /connect/s/{token}/platform/{platform}":           platformPage,
	"GET /connect/s/{token}/platform/{platform}/password":  platformPage,
	"POST /connect/s/{token}/platform":                     form(url.Values{"platform": {"x"}}, "platform", "", "X", "unknown", "x\x00", "../x", strings.Repeat("x", 5000)),
	"POST /connect/s/{token}/platform/{platform}":          form(url.Values{"input": {"alice.example"}}, "input", badHandles...),
	"POST /connect/s/{token}/platform/{platform}/password": form(url.Values{"account": {"@"}, "password": {"canary-password"}}, "account", badHandles...),
	"POST /connect/s/{token}/targets":                      form(url.Values{"target": {nobody}}, "target", "", "0", "-1", "abc", "1.5", "1e9", "9223372036854775808", "\x00", "1\x00", strings.Repeat("9", 5000)),
	"POST /connect/s/{token}/losses":                       form(nil, ""),
	"POST /connect/s/{token}/leave":                        form(nil, ""),
	"GET /oauth/callback/{platform}":                       callback,
	"GET /oauth/callback/{platform}/{app}":                 callback,
	"GET /oauth/{platform}/{document}":                     platformDocument,
}

// badHandles are what nobody is called anywhere; a well-formed one would be looked for.
var badHandles = []string{
	"", " ", "@", "a", ".", "..", "-.-", "a b.example", "127.0.0.1", "[::1]", "localhost", "did:", "did:plc:short", "did:web:", "did:web:127.0.0.1", "did:key:z6Mk",
	"https://", "javascript:alert(1)", "\x00", "a\x00.test", "\xff\xfe.test", "a..test", strings.Repeat("a", 64) + ".test", strings.Repeat("a.", 200) + "test", "x.invalid",
	"<script>alert(1)</script>", "' OR 1=1 --", strings.Repeat("z", 40_000), "me@", "@me@localhost", "@me@127.0.0.1", "me@x.invalid", "{{7*7}}", "%00", "../../etc/passwd",
}

// nothing of it reads any input: what every route is tried with is all.
func nothing(*world, httpx.Route) []attempt { return nil }

func strayNative(w *world, _ httpx.Route) (all []attempt) {
	for _, path := range []string{"/v1/", "/v1/nothing", "/v1/sessions/", "/v1/sessions/1/", "/v1/sessions//attempts", "/v1/%2e%2e/healthz", "/v1/sessions%2f1", "/v1/\xff", "/v1/%00", "/v1/" + strings.Repeat("a/", 2000)} {
		for _, method := range []string{"GET", "POST", "PATCH", "DELETE", "FOO"} {
			a := attempt{what: "a stray address", method: method, target: path, mild: strings.Contains(path, "//") || strings.Contains(path, "%2e")}
			all = append(all, a)
			a.header = w.bearer(w.Key)
			all = append(all, a)
		}
	}
	return all
}

func strayPage(w *world, _ httpx.Route) (all []attempt) {
	for _, path := range []string{"/nothing", "/connect", "/connect/", "/connect/s", "/connect/s/", "/oauth", "/oauth/callback", "/oauth/callback/", "/.git/config", "/%2e%2e/%2e%2e/etc/passwd", "/%00", "/\xff", "//evil.example", "///evil.example/%2e%2e", "/\\evil.example", "/%5cevil.example", "/index.php?a=%zz", "/" + strings.Repeat("a", 9000)} {
		for _, method := range []string{"GET", "POST", "PUT", "FOO"} {
			all = append(all, attempt{what: "a stray address", method: method, target: path, mild: strings.HasPrefix(path, "//") || strings.Contains(path, "%2e")})
		}
	}
	return all
}

func strayEnvelope(w *world, _ httpx.Route) (all []attempt) {
	for _, rest := range []string{"", "nothing", "connect-channel/", "connect-status/", "connect-channel/x", "CONNECT-CHANNEL", "connect%2dchannel/", "%2fconnect-channel", "\xff", "%00"} {
		for _, method := range []string{"GET", "POST", "DELETE", "FOO"} {
			all = append(all, attempt{what: "a stray address", method: method, target: "/api/v1/social-sparks/" + rest, header: w.bearer(w.Key), secrets: []string{w.Key}})
		}
	}
	return all
}

func connectChannel(w *world, r httpx.Route) (all []attempt) {
	add := func(what string, body []byte, want int) *attempt {
		all = append(all, attempt{what: what, method: r.Method, target: r.Path, header: w.bearer(w.Key), body: body, want: want})
		return &all[len(all)-1]
	}
	valid := map[string]any{"userId": "user-1", "redirectUrl": "https://client.example.com/callback"}
	for what, key := range w.dead {
		a := add("a key that is "+what, []byte(`{"userId":"user-1"}`), http.StatusUnauthorized)
		a.header, a.secrets = w.bearer(key), []string{key}
	}
	for what, body := range brokenBodies([]byte(`{"userId":"user-1"}`)) {
		add("a body that is "+what, body, http.StatusUnprocessableEntity)
	}
	for what, value := range brokenMembers {
		add("a body with "+what, verbatim(put(valid, []string{"x"}, "VERBATIM"), value), http.StatusUnprocessableEntity)
	}
	for _, f := range []field{{path: []string{"userId"}, schema: &schema{Type: "string"}, required: true}, {path: []string{"redirectUrl"}, schema: &schema{Type: "string"}}} {
		for what, value := range f.wrong() {
			add(f.name()+" "+what, verbatim(put(valid, f.path, "VERBATIM"), value), http.StatusUnprocessableEntity)
			add(f.name()+" twice, "+what, fmt.Appendf(nil, `{"userId":"user-1","redirectUrl":"https://client.example.com/",%q:%s}`, f.name(), value), http.StatusUnprocessableEntity)
		}
	}
	add("userId missing", []byte(`{"redirectUrl":"https://client.example.com/"}`), http.StatusUnprocessableEntity)
	add("userId blank", []byte(`{"userId":"  "}`), http.StatusUnprocessableEntity)
	add("userId too long", []byte(`{"userId":"`+strings.Repeat("z", 256)+`"}`), http.StatusUnprocessableEntity)
	add("no body", nil, http.StatusUnprocessableEntity)
	for _, raw := range hostileRedirects {
		body, _ := json.Marshal(put(valid, []string{"redirectUrl"}, raw))
		add(fmt.Sprintf("redirectUrl %.80q", raw), body, http.StatusUnprocessableEntity)
		form := url.Values{"userId": {"user-1"}, "redirectUrl": {raw}}.Encode()
		all = append(all, attempt{what: fmt.Sprintf("redirectUrl %.80q in a form", raw), method: r.Method, target: r.Path, header: w.bearer(w.Key), body: []byte(form), want: http.StatusUnprocessableEntity}.
			with("Content-Type", "application/x-www-form-urlencoded"))
	}
	for _, body := range []string{"userId=%zz", "userId=", "userId=a%00b", "userId=%ff%fe", "redirectUrl=x", ";", strings.Repeat("a=b&", 10_000), "userId=" + strings.Repeat("z", 300)} {
		all = append(all, attempt{what: "a form of " + cut(body), method: r.Method, target: r.Path, header: w.bearer(w.Key), body: []byte(body), want: http.StatusUnprocessableEntity}.
			with("Content-Type", "application/x-www-form-urlencoded"))
	}
	large := []byte(`{"userId":"user-1","x":"` + strings.Repeat("a", httpx.MaxBody) + `"}`)
	add("a body over 1 MiB", large, http.StatusRequestEntityTooLarge)
	add("a body over 1 MiB of no told length", large, http.StatusRequestEntityTooLarge).stream = true
	all = append(all, attempt{what: "a form over 1 MiB", method: r.Method, target: r.Path, header: w.bearer(w.Key), body: []byte("userId=" + strings.Repeat("a", httpx.MaxBody)), want: http.StatusRequestEntityTooLarge}.
		with("Content-Type", "application/x-www-form-urlencoded"))
	return all
}

func connectStatus(w *world, r httpx.Route) (all []attempt) {
	for what, key := range w.dead {
		all = append(all, attempt{what: "a key that is " + what, method: r.Method, target: r.Path + "?connect_token=" + w.pending.link, header: w.bearer(key), want: http.StatusUnauthorized, secrets: []string{key, w.pending.link}})
	}
	for _, query := range []string{"", "?", "?connect_token=", "?connect_token=%20", "?other=1"} {
		all = append(all, attempt{what: "no token: " + query, method: r.Method, target: r.Path + query, header: w.bearer(w.Key), want: http.StatusUnprocessableEntity})
	}
	for what, token := range w.badTokens() {
		all = append(all, attempt{what: "a link token that is " + what, method: r.Method, target: r.Path + "?connect_token=" + url.QueryEscape(token), header: w.bearer(w.Key), want: http.StatusNotFound, secrets: secretly(token)})
	}
	all = append(all, attempt{what: "a link of another workspace", method: r.Method, target: r.Path + "?connect_token=" + w.pending.link, header: w.bearer(w.foreign.Key), want: http.StatusNotFound, secrets: []string{w.pending.link}})
	return all
}

// badTokens are link tokens that nobody was given.
func (w *world) badTokens() map[string]string {
	link := w.pending.link
	return map[string]string{
		"unknown": strings.Repeat("canary", 7) + "x", "cut off": link[:42], "longer": link + "A", "in capitals": strings.ToUpper(link), "padded": link + "=",
		"behind a blank": " " + link, "with NUL": link + "\x00", "a state": w.away.state, "a key": w.Key, "not UTF-8": "\xff\xfe\xfd", "very long": strings.Repeat("A", 30_000), "markup": "<script>alert(1)</script>",
	}
}

// secretly is a token as a secret, where it is long enough to be told from chance.
func secretly(token string) []string {
	if len(token) < 16 || len(token) > 100 {
		return nil
	}
	return []string{token}
}

func linkPage(w *world, r httpx.Route) (all []attempt) {
	for what, token := range w.badTokens() {
		all = append(all, attempt{what: "a link that is " + what, method: r.Method, target: address(r, url.PathEscape(token)), want: http.StatusNotFound, secrets: secretly(token)})
	}
	return append(all, w.oddBrowsers(attempt{method: r.Method, target: address(r, w.pending.link)})...)
}

func linkedPage(w *world, r httpx.Route) (all []attempt) {
	for what, token := range w.badTokens() {
		for _, param := range []string{"connect_token", "state", "token"} {
			target := strings.Replace(r.Path, "{platform}", "facebook", 1) + "?" + param + "=" + url.QueryEscape(token)
			all = append(all, attempt{what: "a link that is " + what, method: r.Method, target: target, want: http.StatusNotFound, secrets: secretly(token)})
		}
	}
	return append(all, attempt{what: "no link", method: r.Method, target: strings.Replace(r.Path, "{platform}", "facebook", 1), want: http.StatusNotFound})
}

// oddBrowsers send headers that no browser sends; the page may come all the same.
func (w *world) oddBrowsers(a attempt) (all []attempt) {
	a.mild = true
	for _, cookie := range []string{"pb=", "pb=x", "pb=" + strings.Repeat("a", 42), "pb=\"" + w.browser + "\"", "pb=a; pb=b", "pb", "=;=;", strings.Repeat("a=b; ", 2000), "pb=\xff"} {
		a.what = "a cookie of " + cut(cookie)
		all = append(all, a.with("Cookie", cookie))
	}
	for name, value := range map[string]string{
		"Accept-Language": strings.Repeat("de-DE;q=0.9999999999,", 2000), "Host": "evil.example", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example;proto=https",
		"X-Forwarded-For": "<script>", "Range": "bytes=0-0,-1", "If-Modified-Since": "never", "Referer": "javascript:alert(1)", "Accept": "\xff", "X-Http-Method-Override": "DELETE",
	} {
		a.what = "the header " + name
		all = append(all, a.with(name, value))
	}
	return all
}

func formAddress(w *world, r httpx.Route) []attempt {
	var all []attempt
	for _, token := range []string{"canary", "..%2f..%2fevil", "%2fevil.example", "%5c%5cevil.example", "%0d%0aX-Evil:1", "%00"} {
		all = append(all, attempt{what: "a link of " + token, method: r.Method, target: address(r, token), mild: true})
	}
	return all
}

func platformPage(w *world, r httpx.Route) (all []attempt) {
	platform := strings.NewReplacer("{token}", w.pending.link, "{platform}", "%s").Replace(r.Path)
	for _, value := range append([]string{"x", "facebook", "unknown"}, junk...) {
		all = append(all, attempt{what: "the platform " + cut(value), method: r.Method, target: strings.Replace(platform, "%s", value, 1)})
	}
	for what, token := range w.badTokens() {
		all = append(all, attempt{what: "a link that is " + what, method: r.Method, target: strings.NewReplacer("{token}", url.PathEscape(token), "{platform}", "bluesky").Replace(r.Path), want: http.StatusNotFound, secrets: secretly(token)})
	}
	return all
}

func callback(w *world, r httpx.Route) (all []attempt) {
	path := strings.NewReplacer("{platform}", "x", "{app}", "1").Replace(r.Path)
	const code = "canary-authorization-code"
	state := w.away.state
	for what, query := range map[string]string{
		"nothing": "", "no state": "code=" + code, "no code": "state=" + state, "an empty state": "state=&code=" + code, "an unknown state": "state=canary-unknown-state-of-nobody&code=" + code,
		"a link as state": "state=" + w.pending.link + "&code=" + code, "a key as state": "state=" + w.Key + "&code=" + code, "a state cut off": "state=" + state[:42] + "&code=" + code,
		"two states": "state=" + state + "&state=" + state + "&code=" + code, "two codes": "state=" + state + "&code=" + code + "&code=x", "two errors": "state=" + state + "&error=a&error=b",
		"two issuers": "state=" + state + "&code=" + code + "&iss=a&iss=b", "broken escapes": "state=%zz&code=%", "NUL": "state=%00&code=%00", "bytes": "state=%ff&code=%fe",
		"markup": "state=<script>alert(1)</script>&error=<img>&error_description=<svg onload=alert(1)>", "a long state": "state=" + strings.Repeat("s", 30_000),
		"a state in capitals": "state=" + strings.ToUpper(state) + "&code=" + code,
	} {
		all = append(all, attempt{what: what, method: r.Method, target: path + "?" + strings.ReplaceAll(query, " ", "%20"), secrets: []string{code, "canary-unknown-state-of-nobody", w.pending.link}}.with("Cookie", "pb="+w.away.cookie))
	}
	for _, cookie := range []string{"", "pb=" + w.browser, "pb=" + w.picking.cookie, "pb=x"} {
		all = append(all, attempt{what: "the cookie " + cut(cookie), method: r.Method, target: path + "?state=" + state + "&code=" + code, secrets: []string{code}}.with("Cookie", cookie))
	}
	for _, value := range append([]string{"facebook", "unknown"}, junk...) {
		target := strings.NewReplacer("{platform}", value, "{app}", value).Replace(r.Path)
		all = append(all, attempt{what: "the platform " + cut(value), method: r.Method, target: target + "?state=" + state + "&code=" + code, secrets: []string{code}}.with("Cookie", "pb="+w.away.cookie))
	}
	return all
}

func platformDocument(w *world, r httpx.Route) (all []attempt) {
	for _, value := range append([]string{"unknown", "facebook", "bluesky"}, junk...) {
		all = append(all, attempt{what: "the document " + cut(value), method: r.Method, target: address(r, value)})
		all = append(all, attempt{what: "the document of " + cut(value), method: r.Method, target: strings.NewReplacer("{platform}", value, "{document}", "client-metadata.json").Replace(r.Path), mild: value == "bluesky"})
	}
	return all
}
