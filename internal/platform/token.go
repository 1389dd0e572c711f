package platform

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"patchbay/internal/httpx"
	"patchbay/internal/vault"
)

// maxLifetime is the longest expires_in that is believed. Beyond it the figure is a
// mistake (milliseconds, or a date), and the documented lifetime is used instead.
const maxLifetime = 10 * 365 * 24 * time.Hour

// bearer is the token_type of RFC 6750, and what is meant where there is none.
const bearer = "Bearer"

// ReadToken reads a token endpoint's answer (RFC 6749 §5) as tolerantly as platforms
// write it: JSON or form encoding, expires_in as number or text, scopes separated by
// comma or space, an error inside a 200. Without an expires_in it assumes the Spec's
// AccessLifetime. Errors are classed by refuse and quote nothing of the answer.
func ReadToken(spec Spec, resp *httpx.Response, now time.Time) (Token, error) {
	return readToken(spec, resp, now, bearer)
}

// readToken reads an answer that names no token_type as one of the type untold.
func readToken(spec Spec, resp *httpx.Response, now time.Time, untold string) (Token, error) {
	if resp.Status >= 500 || resp.Status == http.StatusTooManyRequests {
		return Token{}, refuse(resp.Status, "")
	}
	a, err := readAnswer(resp.Body)
	if err != nil {
		return Token{}, ErrUnavailable.Because(err)
	}
	if word, refused := a.refusal(); refused || resp.Status < 200 || resp.Status > 299 {
		return Token{}, refuse(resp.Status, word)
	}
	access := a.text("access_token")
	if !Sendable(access) {
		return Token{}, ErrUnavailable.Because(errors.New("token answer has no usable access_token"))
	}
	if kind := cmp.Or(a.text("token_type"), untold); !strings.EqualFold(kind, cmp.Or(spec.TokenType, bearer)) {
		return Token{}, ErrTokenKind
	}
	return Token{
		Credentials: Credentials{
			Access:    vault.NewSecret(access),
			Refresh:   vault.NewSecret(a.text("refresh_token")),
			ExpiresAt: a.expiry(spec, now),

			RefreshExpiresAt: a.refreshExpiry(now),
		},
		Scopes: a.scopes(),
	}, nil
}

// Sendable tells whether a token is made of the characters of RFC 6749 appendix A.12
// without the space, so that it fits into a header.
func Sendable(token string) bool {
	return token != "" && strings.IndexFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}

// answer is a token endpoint's answer, field by field. Names are compared exactly;
// encoding/json alone would also take "ACCESS_TOKEN".
type answer map[string]json.RawMessage

func readAnswer(body []byte) (answer, error) {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))
	if len(body) > 0 && body[0] == '{' {
		var a answer
		if json.Unmarshal(body, &a) != nil {
			return nil, errors.New("token answer is broken JSON")
		}
		return a, nil
	}
	values, err := url.ParseQuery(string(body))
	if err != nil || !values.Has("access_token") && !values.Has("error") {
		return nil, errors.New("token answer is neither JSON nor a form")
	}
	a := answer{}
	for name := range values {
		a[name], _ = json.Marshal(values.Get(name)) // a string always marshals
	}
	return a, nil
}

// text is a field that is a JSON string; anything else is "".
func (a answer) text(name string) string {
	var s string
	if json.Unmarshal(a[name], &s) != nil {
		return ""
	}
	return s
}

// refusal is the answer's error: a word, or an object at platforms that use their own shape.
func (a answer) refusal() (word string, refused bool) {
	switch raw := string(a["error"]); raw {
	case "", "null", "false", `""`:
		return "", false
	}
	return a.text("error"), true
}

// scopes are the granted ones; nil when the answer does not tell. Platforms answer
// with other separators than they are asked with, and some with a list.
func (a answer) scopes() []string {
	raw, told := a["scope"]
	if !told || string(raw) == "null" {
		return nil
	}
	var list []string
	if json.Unmarshal(raw, &list) != nil {
		list = []string{a.text("scope")}
	}
	split := func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\n' || r == '\r' }
	return append([]string{}, strings.FieldsFunc(strings.Join(list, " "), split)...)
}

// expiry is when the access token ends; zero when it does not. TikTok and others have
// sent expires_in as text, so any JSON number or text of one is read.
func (a answer) expiry(spec Spec, now time.Time) time.Time {
	lifetime := a.lifetime("expires_in")
	if lifetime == 0 {
		lifetime = spec.AccessLifetime
	}
	if lifetime == 0 {
		return time.Time{}
	}
	return now.Add(lifetime)
}

// refreshExpiry is when the refresh token ends, by the names that platforms give to its
// life; zero when the answer does not tell.
func (a answer) refreshExpiry(now time.Time) time.Time {
	for _, name := range []string{"refresh_token_expires_in", "refresh_expires_in"} {
		if lifetime := a.lifetime(name); lifetime != 0 {
			return now.Add(lifetime)
		}
	}
	return time.Time{}
}

// lifetime is a number of seconds; zero when it is none that can be believed.
func (a answer) lifetime(name string) time.Duration {
	seconds, err := strconv.ParseFloat(strings.TrimSpace(strings.Trim(string(a[name]), `"`)), 64)
	if err != nil || !(seconds >= 1 && seconds <= maxLifetime.Seconds()) { // NaN is neither
		return 0
	}
	return time.Duration(seconds) * time.Second
}
