package client_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"patchbay/client"
)

func TestBearerTokenIsSentAsItIs(t *testing.T) {
	t.Parallel()
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://api.x.com/2/users/me", nil)
	token := client.Token{AccessToken: client.NewSecret("t"), TokenType: "Bearer"}
	if err := token.Authorize(r, ""); err != nil || r.Header.Get("Authorization") != "Bearer t" || r.Header.Get("DPoP") != "" {
		t.Errorf("got %v (%v), want the token alone", r.Header, err)
	}
}

// Another implementation of JWT reads the proof.
func TestBoundTokenIsProved(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	token := client.Token{AccessToken: client.NewSecret("t"), TokenType: "DPoP", DPoPKey: client.NewSecret(private(t, key))}
	seen := map[string]bool{}
	for _, nonce := range []string{"", "n1", "n1"} {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://pds.example/xrpc/com.atproto.repo.createRecord?a=b#c", nil)
		if err := token.Authorize(r, nonce); err != nil {
			t.Fatal(err)
		}
		proof, claims := r.Header.Get("DPoP"), jwt.MapClaims{}
		parsed, err := jwt.ParseWithClaims(proof, claims, func(*jwt.Token) (any, error) { return &key.PublicKey, nil }, jwt.WithValidMethods([]string{"ES256"}))
		if err != nil {
			t.Fatal(err)
		}
		public, _ := parsed.Header["jwk"].(map[string]any)
		if parsed.Header["typ"] != "dpop+jwt" || len(public) != 4 || public["d"] != nil || public["kty"] != "EC" {
			t.Errorf("header: got %v, want the public key alone", parsed.Header)
		}
		ath := sha256.Sum256([]byte("t"))
		want := jwt.MapClaims{
			"jti": claims["jti"], "iat": claims["iat"], "htm": "POST", "htu": "https://pds.example/xrpc/com.atproto.repo.createRecord",
			"ath": base64.RawURLEncoding.EncodeToString(ath[:]),
		}
		if nonce != "" {
			want["nonce"] = nonce
		}
		if diff := cmp.Diff(want, claims); diff != "" {
			t.Errorf("claims (-want +got):\n%s", diff)
		}
		if at, err := claims.GetIssuedAt(); err != nil || time.Since(at.Time).Abs() > time.Minute {
			t.Errorf("iat: got %v (%v), want now", at, err)
		}
		if id := fmt.Sprint(claims["jti"]); seen[id] || len(id) < 20 {
			t.Errorf("jti: got %q, want one that was never used", id)
		} else {
			seen[id] = true
		}
	}
}

func private(t *testing.T, key *ecdsa.PrivateKey) string {
	t.Helper()
	d, err := key.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	text := base64.RawURLEncoding.EncodeToString
	return fmt.Sprintf(`{"kty":"EC","crv":"P-256","x":%q,"y":%q,"d":%q}`, text(point[1:33]), text(point[33:]), text(d))
}

func TestKeyThatIsNoneIsNotQuoted(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"hidden", `{"kty":"RSA","d":"hidden"}`, `{"kty":"EC","crv":"P-256","d":"hidden!"}`, `{"kty":"EC","crv":"P-256","d":"aGlkZGVu"}`} {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://pds.example/", nil)
		err := client.Token{AccessToken: client.NewSecret("t"), TokenType: "DPoP", DPoPKey: client.NewSecret(key)}.Authorize(r, "")
		if err == nil || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s: got %v, want an error that does not quote it", key, err)
		}
	}
}
