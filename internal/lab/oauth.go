package lab

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// grant is one person's consent to one client. Facebook keeps one for each person
// and client, X makes one each time (its tokens are the family that dies together).
type grant struct {
	platform          string
	clientID          string
	persona           persona
	granted, declined []string
	targets           []string // ids of the pages that stayed ticked
	since             time.Time
	dead              bool // removed by the person, or killed by a replayed refresh token
}

func (g *grant) has(scope string) bool { return slices.Contains(g.granted, scope) }

// code is an authorization code and what it was bound to at the authorize page.
type code struct {
	grant             *grant
	redirectURI       string
	challenge, method string // PKCE; empty where the platform has none
	expires           time.Time
	used              bool
}

type tokenKind string

const (
	userToken    tokenKind = "USER" // a Facebook user's or an X account's access token
	pageToken    tokenKind = "PAGE"
	refreshToken tokenKind = "REFRESH"
)

// token is anything that was handed out to be sent back later.
type token struct {
	value   string
	kind    tokenKind
	grant   *grant
	scopes  []string // X: fixed at issue; Facebook asks the grant
	issued  time.Time
	expires time.Time // zero: never
	revoked bool      // or, for a refresh token, used
	long    bool      // Facebook: came from fb_exchange_token
	page    *page     // whose token a page token is
	pages   map[string]*token
}

func (t *token) expired(now time.Time) bool { return !t.expires.IsZero() && !now.Before(t.expires) }

// issueCode binds a code to what was asked and allowed. The caller holds l.mu.
func (l *Lab) issueCode(value string, c *code) string {
	l.codes[value] = c
	l.secrets = append(l.secrets, value)
	return value
}

// issueToken makes the token known. The caller holds l.mu.
func (l *Lab) issueToken(t *token) *token {
	t.issued = l.now()
	l.tokens[t.value] = t
	l.secrets = append(l.secrets, t.value)
	return t
}

// token is what that platform issued under that value, alive or not; nil when it
// never did, or for another kind of use.
func (l *Lab) token(platform, value string, kinds ...tokenKind) *token {
	t := l.tokens[value]
	if t == nil || t.grant.platform != platform || !slices.Contains(kinds, t.kind) {
		return nil
	}
	return t
}

// code is what that client was issued under that value, or nil.
func (l *Lab) code(app App, value string) *code {
	c := l.codes[value]
	if c == nil || c.grant.platform != app.Platform || c.grant.clientID != app.ClientID {
		return nil
	}
	return c
}

// bearer is the token of an Authorization: Bearer header, or "".
func bearer(r *http.Request) string {
	value, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return value
}

func sameSecret(got, want string) bool {
	return subtle.ConstantTimeCompare([]byte(got), []byte(want)) == 1
}

// verified says whether the verifier belongs to the challenge (RFC 7636 section 4.6).
func (c *code) verified(verifier string) bool {
	if c.method == "plain" {
		return sameSecret(verifier, c.challenge)
	}
	sum := sha256.Sum256([]byte(verifier))
	return sameSecret(base64.RawURLEncoding.EncodeToString(sum[:]), c.challenge)
}

// repeated names a parameter that was sent twice, which RFC 6749 section 3.1 forbids.
func repeated(v url.Values) string {
	for name, values := range v {
		if len(values) > 1 {
			return name
		}
	}
	return ""
}

// random is n times 26 letters and digits, 130 bits each.
func random(n int) string {
	s := ""
	for range n {
		s += rand.Text()
	}
	return s
}
