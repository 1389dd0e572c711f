package dpop

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"patchbay/internal/vault"
)

// Proof is what one request is bound by (RFC 9449 §4.2).
type Proof struct {
	Method  string
	Address string       // query and fragment are left out of the proof
	Access  vault.Secret // the token that the request carries; empty: none
	Nonce   string       // as the server gave it; empty: it gave none
	At      time.Time    // by the real clock, which servers compare with their own
}

// Sign is the proof as the DPoP header carries it, with an id of its own.
func (k Key) Sign(p Proof) (string, error) {
	target, _, _ := strings.Cut(p.Address, "#")
	target, _, _ = strings.Cut(target, "?")
	claims := jwt.MapClaims{"jti": rand.Text(), "htm": p.Method, "htu": target, "iat": p.At.Unix()}
	if p.Nonce != "" {
		claims["nonce"] = p.Nonce
	}
	if !p.Access.Empty() {
		sum := sha256.Sum256([]byte(p.Access.Reveal()))
		claims["ath"] = text(sum[:])
	}
	token := jwt.NewWithClaims(jwt.SigningMethodES256, claims)
	token.Header["typ"], token.Header["jwk"] = "dpop+jwt", k.public
	signed, err := token.SignedString(k.private)
	if err != nil {
		return "", fmt.Errorf("sign DPoP proof: %w", err)
	}
	return signed, nil
}
