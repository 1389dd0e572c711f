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

// code is an authorization code and what it was bound to at the authorize page.
type code struct {
	grant             *grant
	redirectURI       string
	challenge, method string // PKCE; empty where the platform has none
	nonce             string // OpenID Connect
	expires           time.Time
	used              bool
}

type tokenKind string

const (
	userToken    tokenKind = "USER" // a Facebook user's or another account's access token
	pageToken    tokenKind = "PAGE"
	refreshToken tokenKind = "REFRESH"
)

// token is anything that was handed out to be sent back later.
type token struct {
	value   string
	kind    tokenKind
	grant   *grant
	scopes  []string // fixed at issue; Facebook asks the grant
	issued  time.Time
	expires time.Time // zero: never
	revoked bool
	long    bool  // Facebook: came from fb_exchange_token
	page    *page // whose token a page token is
	pages   map[string]*token
	ending  int // its place among the endings; 0: none
}

func (t *token) expired(now time.Time) bool { return !t.expires.IsZero() && !now.Before(t.expires) }

// issueCode binds a code to what was asked and allowed. The caller holds l.mu.
func (l *Lab) issueCode(value string, c *code) string {
	l.codes[value] = c
	c.grant.refs++
	l.remember(value)
	l.endsAt(ending{at: c.expires, code: value})
	return value
}

// issueToken makes the token known. The caller holds l.mu.
func (l *Lab) issueToken(t *token) *token {
	t.issued = l.now()
	l.addToken(t)
	l.remember(t.value)
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

// judgeCode says what is to be logged of a code that was refused or taken, before it is used.
func (l *Lab) judgeCode(c *code, refused bool) (*grant, RedeemOutcome) {
	switch {
	case c == nil:
		return nil, RedeemUnknown
	case c.used:
		return c.grant, RedeemReuse
	case c.grant.ended != "":
		return c.grant, RedeemRevoked
	case !l.now().Before(c.expires):
		return c.grant, RedeemExpired
	case refused:
		return c.grant, RedeemRefused
	}
	return c.grant, RedeemOK
}

// judgeRefresh finds a refresh token that a client presents, and what is to become of
// it; t is set where it can still be redeemed. The caller logs it.
func (l *Lab) judgeRefresh(platform, clientID, value string) (t *token, g *grant, outcome RedeemOutcome) {
	if g := l.spender(platform, value); g != nil && g.clientID == clientID {
		return nil, g, RedeemReuse
	}
	t = l.token(platform, value, refreshToken)
	switch {
	case t == nil:
		return nil, nil, RedeemUnknown
	case t.grant.clientID != clientID:
		return nil, t.grant, RedeemRefused
	case t.revoked || t.grant.ended != "":
		return nil, t.grant, RedeemRevoked
	case t.expired(l.now()):
		return nil, t.grant, RedeemExpired
	}
	return t, t.grant, RedeemOK
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
