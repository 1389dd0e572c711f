package shapes_test

import (
	"fmt"
	"time"
)

// statuses are answers that say something by their status alone.
func statuses() []shape {
	var out []shape
	for _, status := range []int{401, 402, 403, 404, 405, 408, 409, 410, 418, 421, 422, 425, 426, 451, 500, 501, 502, 503, 504, 520, 522, 999} {
		s := shape{name: fmt.Sprint(status), status: status, kind: "text/plain", body: text("canary")}
		if status >= 500 || status == 408 { // something between waited for the platform in vain
			s.acted = perhaps
		}
		out = append(out, s)
	}
	page := text("<!doctype html><title>canary</title><h1>Attention Required! | canary</h1>")
	return append(out,
		shape{name: "401-empty", status: 401, kind: "-", body: text("")},
		shape{name: "401-basic-challenge", status: 401, header: []string{`WWW-Authenticate: Basic realm="canary"`}, body: text("")},
		shape{name: "401-bearer-challenge", status: 401, header: []string{`WWW-Authenticate: Bearer error="invalid_token", error_description="canary"`}, body: text("")},
		shape{name: "403-html", status: 403, kind: "text/html", header: []string{"Server: cloudflare", "CF-Ray: canary"}, body: page},
		// what a firewall says to those who accept JSON
		shape{name: "403-problem", status: 403, kind: "application/problem+json", body: text(`{"type":"https://canary.example/1020","title":"Access denied, canary","status":403}`)},
		shape{name: "404-html", status: 404, kind: "text/html", body: page},
		shape{name: "502-html", status: 502, kind: "text/html", body: page, acted: perhaps},
		shape{name: "503-html", status: 503, kind: "text/html", body: page, acted: perhaps},
		shape{name: "503-retry-after", status: 503, header: []string{"Retry-After: 120"}, body: text(""), acted: perhaps, waits: about(2 * time.Minute)},
		shape{name: "500-retry-after", status: 500, header: []string{"Retry-After: 120"}, body: text(""), acted: perhaps, waits: about(2 * time.Minute)},
	)
}

// rates are the ways to ask for patience.
func rates() []shape {
	rate := func(name, header string, waits [2]time.Duration) shape {
		s := shape{name: "429-" + name, status: 429, body: text(`{"title":"canary"}`), waits: waits}
		if header != "" {
			s.header = []string{header}
		}
		return s
	}
	return []shape{
		rate("bare", "", about(0)),
		rate("seconds", "Retry-After: 120", about(2*time.Minute)),
		rate("date", "Retry-After: $in2m", about(2*time.Minute)),
		rate("date-past", "Retry-After: $ago2m", about(0)),
		rate("zero", "Retry-After: 0", about(0)),
		rate("negative", "Retry-After: -120", about(0)),
		rate("float", "Retry-After: 120.5", [2]time.Duration{0, 3 * time.Minute}),
		rate("huge", "Retry-After: 99999999999999999999", [2]time.Duration{0, 24 * time.Hour}),
		rate("a-year", "Retry-After: 31536000", [2]time.Duration{time.Hour, 24 * time.Hour}),
		rate("garbage", "Retry-After: canary", about(0)),
		rate("x-reset", "X-Rate-Limit-Reset: $in2m-unix", about(2*time.Minute)),                              // X
		rate("ratelimit-reset", "RateLimit-Reset: $in2m-unix", about(2*time.Minute)),                         // Bluesky
		rate("reset-date", "X-RateLimit-Reset: $in2m-iso", [2]time.Duration{0, 2*time.Minute + time.Second}), // Mastodon
		{name: "429-html", status: 429, kind: "text/html", body: text("<h1>canary</h1>"), waits: about(0)},
		{name: "429-tokens", status: 429, waits: about(0)},
	}
}

func about(d time.Duration) [2]time.Duration { return [2]time.Duration{d, d} }

// redirects lead elsewhere, where nobody must go: the request holds secrets.
func redirects() []shape {
	var out []shape
	for _, status := range []int{300, 301, 302, 303, 304, 307, 308} {
		out = append(out, shape{name: fmt.Sprint(status), status: status, kind: "text/html", header: []string{"Location: $self/followed?canary=1"}, body: text("")})
	}
	return append(out,
		shape{name: "307-tokens", status: 307, header: []string{"Location: $self/followed"}},
		shape{name: "302-no-location", status: 302, body: text("")},
	)
}
