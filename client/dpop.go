package client

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Authorize puts the token into a request to the platform: as RFC 6750 has it, or, with
// TokenType DPoP, with a proof of RFC 9449 that is good for this request alone. nonce is
// the DPoP-Nonce that the server sent last; empty before it sent one. A server that wants
// a newer one has done nothing and answers 401 with it: authorize and send again.
func (t Token) Authorize(r *http.Request, nonce string) error {
	r.Header.Set("Authorization", t.TokenType+" "+t.AccessToken.Reveal())
	if t.DPoPKey.IsZero() {
		return nil
	}
	proof, err := t.proof(r, nonce, time.Now())
	if err != nil {
		return fmt.Errorf("patchbay: DPoP proof: %w", err)
	}
	r.Header.Set("DPoP", proof)
	return nil
}

// jwk is a key of RFC 7517 on the curve P-256. D is left out of the public one.
type jwk struct {
	Kty string `json:"kty"`
	Crv string `json:"crv"`
	X   string `json:"x"`
	Y   string `json:"y"`
	D   string `json:"d,omitempty"`
}

// proof is the JWT of RFC 9449 §4.2.
func (t Token) proof(r *http.Request, nonce string, now time.Time) (string, error) {
	var public jwk
	if json.Unmarshal([]byte(t.DPoPKey.Reveal()), &public) != nil || public.Kty != "EC" || public.Crv != "P-256" {
		return "", errors.New("the key is no JWK on P-256") // and is not quoted
	}
	d, err := base64.RawURLEncoding.DecodeString(public.D)
	if err != nil {
		return "", errors.New("the key is no JWK on P-256")
	}
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), d)
	if err != nil {
		return "", errors.New("the key is not on P-256")
	}
	public.D = ""
	target := *r.URL
	target.RawQuery, target.Fragment, target.ForceQuery = "", "", false
	ath := sha256.Sum256([]byte(t.AccessToken.Reveal()))
	return signed(key, map[string]any{"typ": "dpop+jwt", "alg": "ES256", "jwk": public}, dpopClaims{
		ID: rand.Text(), Method: r.Method, Target: target.String(), IssuedAt: now.Unix(), Token: base64.RawURLEncoding.EncodeToString(ath[:]), Nonce: nonce,
	})
}

type dpopClaims struct {
	ID       string `json:"jti"`
	Method   string `json:"htm"`
	Target   string `json:"htu"`
	IssuedAt int64  `json:"iat"`
	Token    string `json:"ath"`
	Nonce    string `json:"nonce,omitempty"`
}

// signed is a JWS of RFC 7515 in its compact form, by ES256 of RFC 7518 §3.4.
func signed(key *ecdsa.PrivateKey, header, claims any) (string, error) {
	var text string
	for _, part := range []any{header, claims} {
		body, err := json.Marshal(part)
		if err != nil {
			return "", err
		}
		text += base64.RawURLEncoding.EncodeToString(body) + "."
	}
	text = text[:len(text)-1]
	sum := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
	if err != nil {
		return "", err
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return text + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}
