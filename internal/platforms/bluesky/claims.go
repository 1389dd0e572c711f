package bluesky

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"patchbay/internal/platform"
)

// claims are what is read of a session's JWT. It is not verified: only its server
// could, and that is who sent it over TLS.
type claims struct {
	Scope   string `json:"scope"`
	Issued  int64  `json:"iat"` // unix seconds, as Expires
	Expires int64  `json:"exp"`
}

// readClaims gives zero claims for what is not a JWT: another server's tokens may be opaque.
func readClaims(token string) claims {
	var c claims
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return c
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(text, &c) != nil {
		return claims{}
	}
	return c
}

// passwordSessionLife is how long the reference server's access tokens live, assumed
// where a token does not tell.
const passwordSessionLife = 2 * time.Hour

// sessionEnd is when the access token ends by our clock: the answer has no
// expires_in, and the server's clock need not be ours.
func (p *Platform) sessionEnd(env platform.Env, access string) time.Time {
	c := readClaims(access)
	life := time.Duration(c.Expires-c.Issued) * time.Second
	if c.Issued == 0 {
		life = time.Unix(c.Expires, 0).Sub(p.wallClock())
	}
	if life <= 0 || life > 366*24*time.Hour { // no claim, or a mistaken one
		life = passwordSessionLife
	}
	return env.Now().Add(life).UTC()
}
