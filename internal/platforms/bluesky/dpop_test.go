package bluesky

import (
	"crypto/ecdsa"
	"net/http"
	"net/url"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"patchbay/internal/vault"
)

func TestProof(t *testing.T) {
	t.Parallel()
	key, err := newKey()
	if err != nil {
		t.Fatal(err)
	}
	b := &binding{p: newPlatform(Config{}), key: key, nonce: "n1"}
	signed, err := b.proof(http.MethodGet, "https://pds.example.com/xrpc/x?actor=1", vault.NewSecret("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"))
	if err != nil {
		t.Fatalf("proof: %v", err)
	}
	token, err := jwt.Parse(signed, func(*jwt.Token) (any, error) { return &key.PublicKey, nil }, jwt.WithValidMethods([]string{"ES256"}))
	if err != nil {
		t.Fatalf("verify proof: %v", err)
	}
	if got, want := token.Header["typ"], "dpop+jwt"; got != want {
		t.Errorf("typ: got %v, want %v", got, want)
	}
	claims := token.Claims.(jwt.MapClaims)
	for name, want := range map[string]string{
		"htm": "GET", "htu": "https://pds.example.com/xrpc/x", "nonce": "n1",
		"ath": "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo", // RFC 9449 §7.1
	} {
		if got := claims[name]; got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
	public, _ := token.Header["jwk"].(map[string]any)
	if public["x"] == nil || public["d"] != nil {
		t.Errorf("jwk: got %v, want the public half only", public)
	}
}

// RFC 7518 §6.2.1.2: coordinates keep their leading zeroes.
func TestJWKKeepsLeadingZeroes(t *testing.T) {
	t.Parallel()
	for range 20000 { // one key in 128 begins with a zero
		key, err := newKey()
		if err != nil {
			t.Fatal(err)
		}
		if point, _ := key.PublicKey.Bytes(); point[1] != 0 && point[33] != 0 {
			continue
		}
		public, err := publicJWK(key)
		if err != nil || len(public.X) != 43 || len(public.Y) != 43 {
			t.Errorf("got coordinates of %d and %d characters (%v), want 43", len(public.X), len(public.Y), err)
		}
		return
	}
	t.Fatal("no key with a leading zero")
}

func TestNonceIsAskedForOnce(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{
		"authorization server": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"error":"use_dpop_nonce"}`))
		},
		"data server": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("WWW-Authenticate", `DPoP error="use_dpop_nonce"`)
			w.WriteHeader(http.StatusUnauthorized)
		},
	} {
		w := newWorld(t)
		var nonces, ids []string
		w.handlers["/token"] = func(rw http.ResponseWriter, r *http.Request) {
			claims := jwt.MapClaims{}
			if _, _, err := jwt.NewParser().ParseUnverified(r.Header.Get("DPoP"), claims); err != nil {
				t.Errorf("%s: proof: %v", name, err)
			}
			nonce, _ := claims["nonce"].(string)
			id, _ := claims["jti"].(string)
			nonces, ids = append(nonces, nonce), append(ids, id)
			rw.Header().Set("DPoP-Nonce", "n"+string(rune('0'+len(nonces))))
			answer(rw, r)
		}
		_, b, err := w.platform.decodeSession(w.session(t))
		if err != nil {
			t.Fatal(err)
		}
		_, err = b.post(t.Context(), w.env, w.url+"/token", func() (url.Values, error) { return url.Values{}, nil })
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(nonces) != 2 || nonces[0] != "" || nonces[1] != "n1" || ids[0] == ids[1] {
			t.Errorf("%s: got proofs with nonces %q and ids %q, want two: none, then n1", name, nonces, ids)
		}
		if got, want := b.nonce, "n2"; got != want {
			t.Errorf("%s: nonce kept: got %q, want %q", name, got, want)
		}
	}
}

func TestClientKeyRoundTrip(t *testing.T) {
	t.Parallel()
	secret := NewClientKey()
	var key *ecdsa.PrivateKey
	key, err := decodeKey(secret)
	if err != nil {
		t.Fatalf("decode: %v", err)
	}
	if got := encodeKey(key); got.Reveal() != secret.Reveal() {
		t.Error("got another key, want the same")
	}
	for _, bad := range []string{"", "x", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"} {
		if _, err := decodeKey(vault.NewSecret(bad)); err == nil {
			t.Errorf("decode %q: got no error", bad)
		}
	}
}
