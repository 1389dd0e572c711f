// Package dpop binds requests and tokens to a key (RFC 9449): keys, proofs, and the
// nonces that servers ask for. Which tokens are bound, and where a key is kept, is the
// platform's to say.
package dpop

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"patchbay/internal/vault"
)

// Key is one consent's private key, on P-256. Its tokens are worthless without it.
type Key struct {
	private *ecdsa.PrivateKey
	public  jwk
}

// jwk is RFC 7517 with the members of an elliptic curve key, in the order of RFC 7638.
type jwk struct {
	Curve   string `json:"crv"`
	Private string `json:"d,omitempty"`
	KeyType string `json:"kty"`
	X       string `json:"x"`
	Y       string `json:"y"`
}

// NewKey makes a key.
func NewKey() (Key, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Key{}, fmt.Errorf("make P-256 key: %w", err)
	}
	return FromPrivate(private)
}

// FromPrivate is a key that was made elsewhere. It must be on P-256.
func FromPrivate(private *ecdsa.PrivateKey) (Key, error) {
	if private.Curve != elliptic.P256() {
		return Key{}, errors.New("key is not on P-256")
	}
	point, err := private.PublicKey.Bytes() // 4, then both coordinates at full length (RFC 7518 §6.2.1.2)
	if err != nil {
		return Key{}, fmt.Errorf("public key: %w", err)
	}
	return Key{private, jwk{Curve: "P-256", KeyType: "EC", X: text(point[1:33]), Y: text(point[33:])}}, nil
}

// ParseJWK reads what JWK wrote. Errors never quote the key.
func ParseJWK(s vault.Secret) (Key, error) {
	var j jwk
	if json.Unmarshal([]byte(s.Reveal()), &j) != nil || j.KeyType != "EC" || j.Curve != "P-256" {
		return Key{}, errors.New("key is no JWK on P-256")
	}
	scalar, err := base64.RawURLEncoding.DecodeString(j.Private)
	if err != nil {
		return Key{}, errors.New("key is no private one")
	}
	private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar)
	if err != nil {
		return Key{}, errors.New("key is no private one")
	}
	return FromPrivate(private)
}

// JWK is the private key as RFC 7517 writes it.
func (k Key) JWK() vault.Secret {
	scalar, err := k.private.Bytes()
	if err != nil { // a P-256 key has bytes
		panic(err)
	}
	whole := k.public
	whole.Private = text(scalar)
	b, _ := json.Marshal(whole) // strings always marshal
	return vault.NewSecret(string(b))
}

// Thumbprint names the public key (RFC 7638): a token's jkt, a request's dpop_jkt.
func (k Key) Thumbprint() string {
	b, _ := json.Marshal(k.public) // its members are in the order that the RFC wants
	sum := sha256.Sum256(b)
	return text(sum[:])
}

func text(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
