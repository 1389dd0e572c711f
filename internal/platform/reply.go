package platform

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"patchbay/internal/httpx"
)

// refreshRules is what the words of RFC 6749 §5.2 mean for a refresh. A platform's own
// rules come before them. What nobody knows passes: it blames nobody.
var refreshRules = []Rule{
	{Word: "invalid_grant", Class: ClassPermanent, Reason: ReasonRevoked},
	{Word: "invalid_client", Class: ClassConfiguration},
	{Word: "unauthorized_client", Class: ClassConfiguration},
	{Word: "unsupported_grant_type", Class: ClassConfiguration},
}

// ReadRefusal classes an answer by the rules, where it is a refusal at all: any status
// but 2xx, or an error inside a 2xx. Nil: it is none. The server's own trouble (5xx) and
// 429 come before every word, except of a rule that names the very status. What passes
// of a status that something between may send after the platform acted is ambiguous.
func ReadRefusal(rules []Rule, resp *httpx.Response, now time.Time) *Refusal {
	words := Words(resp.Body)
	if resp.Status >= 200 && resp.Status <= 299 && len(words) == 0 {
		return nil
	}
	words = append(words, challenged(resp)...)
	known := "none that is known"
	rule, fits := firstRule(rules, resp.Status, words)
	out := &Refusal{Class: ClassTransient, RetryAfter: RetryAfter(resp, now), status: resp.Status, unnamed: !fits}
	switch {
	case fits:
		out.Class, out.Reason = rule.Class, rule.Reason
		known = rule.Word
	case resp.Status == http.StatusTooManyRequests:
		out.Class = ClassRateLimited
	}
	out.Ambiguous = out.Class == ClassTransient && mayHaveActed(resp.Status)
	out.cause = fmt.Errorf("status %d, error word: %s", resp.Status, cmp.Or(known, "any"))
	return out
}

// mayHaveActed tells of the statuses that a gateway sends when it waited for the platform
// in vain, or was told to go away: a 503 with Retry-After among them.
func mayHaveActed(status int) bool {
	const clientClosedRequest = 499 // nginx's own
	return status >= 500 || status == http.StatusRequestTimeout || status == clientClosedRequest
}

var challengeError = regexp.MustCompile(`\berror="([^"]+)"`)

// challenged is the error word of a WWW-Authenticate challenge (RFC 6750 §3, RFC 9449 §9),
// which may come with no body at all; none where there is none.
func challenged(resp *httpx.Response) []string {
	if m := challengeError.FindStringSubmatch(resp.Header.Get("WWW-Authenticate")); m != nil {
		return m[1:]
	}
	return nil
}

// firstRule leaves out rules of a word alone where the status means the same everywhere.
func firstRule(rules []Rule, status int, words []string) (Rule, bool) {
	everywhere := status >= 500 || status == http.StatusTooManyRequests
	for _, r := range rules {
		said := func(word string) bool {
			return r.Word == AnyWord || strings.EqualFold(strings.TrimRight(word, "."), strings.TrimRight(r.Word, "."))
		}
		if (r.Status == status || r.Status == 0 && !everywhere) && (r.Word == "" || slices.ContainsFunc(words, said)) {
			return r, true
		}
	}
	return Rule{}, false
}

// WordTransient is the word of an error object that says "is_transient": true.
const WordTransient = "is_transient"

// Words are the names an answer's error goes by, the most specific first: for the
// error object of Meta "190/460" and "190", for OAuth's "invalid_request: description"
// and "invalid_request", for a problem document its type. None: the answer tells of no
// error. They are the platform's text: compare them, never repeat them.
func Words(body []byte) []string {
	a, err := readAnswer(body)
	if err != nil {
		return nil
	}
	var words []string
	add := func(w string) {
		if w != "" && w != "0" && !slices.Contains(words, w) {
			words = append(words, w)
		}
	}
	if word, refused := a.refusal(); refused {
		if word == "" {
			addObject(a["error"], add)
		} else {
			add(word + ": " + a.text("error_description"))
			add(word)
		}
		if len(words) == 0 {
			words = []string{"error"} // an error, of no name
		}
	}
	if _, ok := a["access_token"]; !ok { // an answer that holds a token is no problem document
		addObject(bytes.TrimSpace(mustJSON(a)), add)
		addFirst(a["errors"], add)
	}
	return words
}

// holdsToken tells whether there is an access token in an answer, whatever else.
func holdsToken(body []byte) bool {
	a, err := readAnswer(body)
	return err == nil && a.text("access_token") != ""
}

// addObject names an error object by its code and subcode, and by its type.
func addObject(raw json.RawMessage, add func(string)) {
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &object) != nil {
		return
	}
	code := scalar(object["code"])
	if sub := scalar(object["error_subcode"]); sub != "" && sub != "0" && code != "" {
		add(code + "/" + sub)
	}
	add(code)
	add(scalar(object["serviceErrorCode"]))
	add(scalar(object["type"]))
	if string(object["is_transient"]) == "true" { // Meta's own word for trouble that passes
		add(WordTransient)
	}
}

// addFirst names the errors of a list.
func addFirst(raw json.RawMessage, add func(string)) {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return
	}
	for _, item := range list {
		addObject(item, add)
	}
}

func mustJSON(a answer) []byte {
	b, _ := json.Marshal(a) // it came from JSON, or is made of strings
	return b
}

// scalar is a JSON string or number as text; else "".
func scalar(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	if _, err := strconv.ParseFloat(string(raw), 64); err == nil {
		return string(raw)
	}
	return ""
}

// maxRetryAfter bounds how long a platform can keep us from asking again.
const maxRetryAfter = 24 * time.Hour

// resets are the headers that tell when a rate limit's window ends: X's, Mastodon's
// (which is how Go's canonical form writes X-RateLimit-Reset), and that of the IETF's draft.
var resets = [...]string{"X-Rate-Limit-Reset", "X-Ratelimit-Reset", "Ratelimit-Reset"}

// RetryAfter is how long the platform asks us to wait: Retry-After in seconds or as a
// date (RFC 9110 §10.2.3), else, with a 429, the end of the rate limit's window: a Unix
// time, seconds from now, or an RFC 3339 date. Zero: it does not say, or what it says is
// in the past or no time at all. At most a day.
func RetryAfter(resp *httpx.Response, now time.Time) time.Duration {
	wait := time.Duration(0)
	text := strings.TrimSpace(resp.Header.Get("Retry-After"))
	if seconds, err := strconv.ParseInt(text, 10, 32); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		wait = at.Sub(now)
	}
	for _, name := range resets {
		if wait <= 0 && resp.Status == http.StatusTooManyRequests {
			wait = untilReset(resp.Header.Get(name), now)
		}
	}
	return min(max(wait, 0), maxRetryAfter)
}

// untilReset reads a reset header; zero when it is no time.
func untilReset(text string, now time.Time) time.Duration {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		if n <= int64(maxRetryAfter/time.Second) { // too small for a Unix time
			return time.Duration(max(n, 0)) * time.Second
		}
		return time.Unix(n, 0).Sub(now)
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at.Sub(now)
	}
	return 0
}
