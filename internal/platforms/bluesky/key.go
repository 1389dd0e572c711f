package bluesky

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"

	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// NewClientKey makes the key with which a confidential client proves itself: P-256,
// PKCS #8, PEM, as `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256`
// writes it. It is kept as the App's client secret; replacing it ends the sessions
// that it opened.
func NewClientKey() vault.Secret {
	key, err := newKey()
	if err != nil { // crypto/rand does not fail
		panic(err)
	}
	return encodeKey(key)
}

func newKey() (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make P-256 key: %w", err)
	}
	return key, nil
}

func encodeKey(key *ecdsa.PrivateKey) vault.Secret {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil { // a P-256 key always marshals
		panic(err)
	}
	return vault.NewSecret(string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
}

// decodeKey reads what encodeKey wrote. Errors never quote the key.
func decodeKey(s vault.Secret) (*ecdsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(s.Reveal()))
	if block == nil {
		return nil, errors.New("key is not PEM")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("key is not PKCS #8")
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, errors.New("key is not on P-256")
	}
	return key, nil
}

// jwk is a public key as RFC 7517 writes it.
type jwk struct {
	Curve   string `json:"crv"`
	KeyType string `json:"kty"`
	X       string `json:"x"`
	Y       string `json:"y"`
	KeyID   string `json:"kid,omitempty"`
	Use     string `json:"use,omitempty"`
	Alg     string `json:"alg,omitempty"`
}

func publicJWK(key *ecdsa.PrivateKey) (jwk, error) {
	point, err := key.PublicKey.Bytes() // 4, then both coordinates at full length
	if err != nil {
		return jwk{}, fmt.Errorf("public key: %w", err)
	}
	enc := base64.RawURLEncoding
	return jwk{Curve: "P-256", KeyType: "EC", X: enc.EncodeToString(point[1:33]), Y: enc.EncodeToString(point[33:])}, nil
}

// thumbprint is RFC 7638: a key id that follows from the key.
func (k jwk) thumbprint() string {
	sum := sha256.Sum256(fmt.Appendf(nil, `{"crv":"%s","kty":"%s","x":"%s","y":"%s"}`, k.Curve, k.KeyType, k.X, k.Y))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// clientKey is the key of a confidential client, both halves.
type clientKey struct {
	private *ecdsa.PrivateKey
	public  jwk // with key id, use and algorithm, as published
}

func assertionKey(app platform.App) (clientKey, error) {
	private, err := decodeKey(app.ClientSecret)
	if err != nil {
		return clientKey{}, platform.ErrRejected.Because(fmt.Errorf("client key of app %d: %w", app.ID, err))
	}
	public, err := publicJWK(private)
	if err != nil {
		return clientKey{}, err
	}
	public.KeyID, public.Use, public.Alg = public.thumbprint(), "sig", "ES256"
	return clientKey{private, public}, nil
}
