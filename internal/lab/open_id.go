package lab

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"time"
)

const (
	idKeyName = "lab-1"
	idLife    = 10 * time.Minute
)

// idKey signs the id tokens of the open servers. It is made with the Lab: nothing that
// it signed is looked at for long.
type idKey struct{ private *ecdsa.PrivateKey }

func newIDKey() idKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err) // rand.Reader never errors
	}
	return idKey{key}
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// sign makes an id token (OpenID Connect Core section 2) as a JWT with ES256.
func (k idKey) sign(issuer, clientID, subject, nonce string, now time.Time) string {
	claims := map[string]any{"iss": issuer, "aud": clientID, "sub": subject, "iat": now.Unix(), "exp": now.Add(idLife).Unix()}
	if nonce != "" {
		claims["nonce"] = nonce
	}
	body, _ := json.Marshal(claims) // text and numbers always encode
	signed := b64([]byte(`{"alg":"ES256","kid":"`+idKeyName+`","typ":"JWT"}`)) + "." + b64(body)
	sum := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, k.private, sum[:])
	if err != nil {
		panic(err) // only a key that is none errors
	}
	return signed + "." + b64(append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...))
}

// jwks is the public half, as RFC 7517 has it.
func (o *open) jwks(*http.Request) (reply, error) {
	point, err := o.key.private.PublicKey.Bytes() // 4, x, y
	if err != nil {
		return reply{}, err
	}
	return jsonReply(http.StatusOK, "ok", map[string]any{"keys": []map[string]string{{
		"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": idKeyName, "x": b64(point[1:33]), "y": b64(point[33:]),
	}}}), nil
}
