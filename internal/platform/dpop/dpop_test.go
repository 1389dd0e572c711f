package dpop_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"patchbay/internal/httpx"
	"patchbay/internal/platform/dpop"
	"patchbay/internal/vault"
)

func newKey(t *testing.T) dpop.Key {
	t.Helper()
	key, err := dpop.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// parse reads a proof without verifying it: real servers do that, in internal/e2e/custom.
func parse(t *testing.T, proof string) (header map[string]any, claims jwt.MapClaims) {
	t.Helper()
	claims = jwt.MapClaims{}
	token, _, err := jwt.NewParser().ParseUnverified(proof, claims)
	if err != nil {
		t.Fatalf("proof: %v", err)
	}
	return token.Header, claims
}

func TestProof(t *testing.T) {
	t.Parallel()
	key, at := newKey(t), time.Unix(1562262616, 0)
	proof, err := key.Sign(dpop.Proof{
		Method: http.MethodGet, Address: "https://api.example/x?actor=1#top", Nonce: "n1", At: at,
		Access: vault.NewSecret("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"),
	})
	if err != nil {
		t.Fatal(err)
	}
	header, claims := parse(t, proof)
	for name, want := range map[string]any{
		"htm": "GET", "htu": "https://api.example/x", "nonce": "n1", "iat": float64(at.Unix()),
		"ath": "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo", // RFC 9449 §7.1
	} {
		if got := claims[name]; got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
	public, _ := header["jwk"].(map[string]any)
	if header["typ"] != "dpop+jwt" || header["alg"] != "ES256" || public["x"] == nil || public["d"] != nil {
		t.Errorf("header: got %v, want dpop+jwt, ES256 and the public half only", header)
	}
	bare, err := key.Sign(dpop.Proof{Method: http.MethodPost, Address: "https://as.example/token", At: at})
	if err != nil {
		t.Fatal(err)
	}
	if _, claims := parse(t, bare); claims["ath"] != nil || claims["nonce"] != nil || claims["jti"] == "" {
		t.Errorf("without token and nonce: got %v, want neither", claims)
	}
}

func TestJWK(t *testing.T) {
	t.Parallel()
	key, err := dpop.ParseJWK(vault.NewSecret(`{"kty":"EC","crv":"P-256","x":"unused","y":"unused","d":"` + strings.Repeat("A", 42) + `E"}`))
	if err != nil {
		t.Fatal(err)
	}
	again, err := dpop.ParseJWK(key.JWK())
	if err != nil || again.Thumbprint() != key.Thumbprint() || !again.JWK().Equal(key.JWK()) {
		t.Errorf("round trip: got another key (%v)", err)
	}
	// The base point is the public key of 1; its coordinates are those of SEC 2 §2.4.2.
	want := `{"crv":"P-256","d":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE","kty":"EC","x":"axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY","y":"T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"}`
	if got := key.JWK().Reveal(); got != want {
		t.Errorf("JWK: got %s, want %s", got, want)
	}
	for _, bad := range []string{"", "x", `{}`, `{"kty":"EC","crv":"P-256","d":"hunter2"}`, `{"kty":"EC","crv":"P-384","d":"AAAA"}`, `{"kty":"OKP","d":"AAAA"}`} {
		if _, err := dpop.ParseJWK(vault.NewSecret(bad)); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: got %v, want an error that does not quote it", bad, err)
		}
	}
}

// RFC 7518 §6.2.1.2: coordinates keep their leading zeroes.
func TestJWKKeepsLeadingZeroes(t *testing.T) {
	t.Parallel()
	for range 20000 { // one key in 128 has one
		text := newKey(t).JWK().Reveal()
		if strings.Contains(text, `"x":"AA`) || strings.Contains(text, `"y":"AA`) {
			if got := len(text); got != 176 {
				t.Errorf("got %d characters, want 176, as of every key: %s", got, text)
			}
			return
		}
	}
	t.Fatal("no key with a leading zero")
}

func TestNonceIsAskedForOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status    int
		body      string
		challenge string
		nonce     bool
		want      int
	}{
		"authorization server":         {400, `{"error":"use_dpop_nonce"}`, "", true, 2},
		"authorization server by 401":  {401, `{"error":"use_dpop_nonce"}`, "", true, 2},
		"resource server":              {401, "", `DPoP error="use_dpop_nonce"`, true, 2},
		"a nonce beside another error": {400, `{"error":"invalid_grant"}`, "", true, 1},
		"an invalid proof":             {400, `{"error":"invalid_dpop_proof"}`, "", true, 1},
		"no nonce to use":              {400, `{"error":"use_dpop_nonce"}`, "", false, 1},
		"in a 200":                     {200, `{"error":"use_dpop_nonce"}`, "", true, 1},
		"in a 500":                     {500, `{"error":"use_dpop_nonce"}`, "", true, 1},
		"in a 503":                     {503, `{"error":"use_dpop_nonce"}`, "", true, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var proofs []string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				proofs = append(proofs, r.Header.Get("DPoP"))
				if c.nonce {
					w.Header().Set("DPoP-Nonce", fmt.Sprint("n", len(proofs)))
				}
				if c.challenge != "" {
					w.Header().Set("WWW-Authenticate", c.challenge)
				}
				w.WriteHeader(c.status)
				_, _ = w.Write([]byte(c.body))
			}))
			defer server.Close()
			client := httpx.NewClient(httpx.ClientConfig{Trusted: []string{server.URL}})
			defer client.CloseIdle()
			var sender dpop.Sender
			resp, err := sender.Send(client, newKey(t), vault.NewSecret("token"), func() (*http.Request, error) {
				return http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/x", nil)
			})
			if err != nil || resp.Status != c.status || len(proofs) != c.want {
				t.Fatalf("got %+v, %v after %d requests, want status %d after %d", resp, err, len(proofs), c.status, c.want)
			}
			if c.want == 1 {
				return
			}
			_, first := parse(t, proofs[0])
			_, second := parse(t, proofs[1])
			if first["nonce"] != nil || second["nonce"] != "n1" || first["jti"] == second["jti"] {
				t.Errorf("got nonces %v and %v, the same id: %t; want none, then n1, and ids of their own", first["nonce"], second["nonce"], first["jti"] == second["jti"])
			}
		})
	}
}

func TestBuildErrorIsTold(t *testing.T) {
	t.Parallel()
	want := errors.New("no request")
	var sender dpop.Sender
	if _, err := sender.Send(nil, newKey(t), vault.Secret{}, func() (*http.Request, error) { return nil, want }); !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}
