package bluesky_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
)

// lease is an access token that an application is lent.
type lease struct {
	Access  string            `json:"access_token"`
	Type    string            `json:"token_type"`
	Server  string            `json:"server"`
	Key     map[string]string `json:"dpop_key"`
	Version int64             `json:"version"`
}

// lease asks a replica for a token newer than a version; 0: any.
func (k *kept) lease(t *testing.T, at world, newerThan int64) lease {
	t.Helper()
	lent, err := k.ask(t.Context(), at, newerThan)
	if err != nil {
		t.Fatal(err)
	}
	return lent
}

func (k *kept) ask(ctx context.Context, at world, newerThan int64) (lent lease, err error) {
	address, body := fmt.Sprintf("%s/v1/channels/%d/token", at.URL, k.channel), fmt.Sprintf(`{"newer_than":%d}`, newerThan)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		return lent, err
	}
	req.Header.Set("Authorization", "Bearer "+at.Key)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return lent, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		answer, _ := io.ReadAll(resp.Body)
		return lent, fmt.Errorf("lease newer than %d: got %s: %s", newerThan, resp.Status, bytes.TrimSpace(answer))
	}
	return lent, json.NewDecoder(resp.Body).Decode(&lent)
}

// refused is how a lease is refused: status and reason.
func (k *kept) refused(t *testing.T, newerThan int64) string {
	t.Helper()
	answer := k.Call(t, http.MethodPost, fmt.Sprintf("/v1/channels/%d/token", k.channel), map[string]any{"newer_than": newerThan})
	var problem struct{ Reason string }
	if err := json.Unmarshal(answer.Body, &problem); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d %s", answer.Status, problem.Reason)
}

// works calls the account's server with what was lent.
func (k *kept) works(t *testing.T, l lease) {
	t.Helper()
	if got, want := k.use(t, l), (used{http.StatusOK, k.who.DID, ""}); got != want {
		t.Errorf("call with version %d: got %+v, want %+v; version %d is stored, the server had %v", l.Version, got, want, k.version(t), k.servers.TokenRequests(t, k.by))
	}
}

// used is what the server said.
type used struct {
	status    int
	did, word string // word: of a refusal, with its message
}

// use asks the server whose token it is, as an application does that has nothing but the
// lease: with a proof of its key where the type says so, and once more with the nonce
// that the server asks for (RFC 9449 §8 and §9).
func (k *kept) use(t *testing.T, l lease) used {
	t.Helper()
	address, nonce := l.Server+"/xrpc/com.atproto.server.getSession", ""
	for range 2 {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", l.Type+" "+l.Access)
		if l.Type == "DPoP" {
			req.Header.Set("DPoP", l.proof(t, address, nonce))
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		var answer struct{ DID, Error, Message string }
		_ = json.Unmarshal(body, &answer) // a refusal may be anything
		nonce = resp.Header.Get("DPoP-Nonce")
		if answer.Error != "use_dpop_nonce" {
			return used{resp.StatusCode, answer.DID, strings.TrimSpace(answer.Error + " " + answer.Message)}
		}
	}
	t.Fatal("the server asked for a nonce twice")
	return used{}
}

// proof is RFC 9449 §4.2, written from the leased key alone.
func (l lease) proof(t *testing.T, address, nonce string) string {
	t.Helper()
	d, err := base64.RawURLEncoding.DecodeString(l.Key["d"])
	if err != nil {
		t.Fatal("the leased key has no private part")
	}
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), d)
	if err != nil {
		t.Fatal("the leased key's private part is not one of P-256")
	}
	ath := sha256.Sum256([]byte(l.Access))
	proof := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{
		"jti": rand.Text(), "htm": http.MethodGet, "htu": address, "iat": time.Now().Unix(), "nonce": nonce,
		"ath": base64.RawURLEncoding.EncodeToString(ath[:]),
	})
	proof.Header["typ"] = "dpop+jwt"
	proof.Header["jwk"] = map[string]string{"kty": l.Key["kty"], "crv": l.Key["crv"], "x": l.Key["x"], "y": l.Key["y"]}
	signed, err := proof.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// once wants one token request at the server while something happens, and it answered.
func (k *kept) once(t *testing.T, what string, happens func()) {
	t.Helper()
	before := len(k.servers.TokenRequests(t, k.by))
	happens()
	var got []int
	for _, r := range k.servers.TokenRequests(t, k.by)[before:] {
		got = append(got, r.Status)
	}
	if diff := cmp.Diff([]int{http.StatusOK}, got); diff != "" {
		t.Errorf("%s: token requests at the server, by status (-want +got):\n%s", what, diff)
	}
}

// due makes the refresh due now, as its schedule would.
func (k *kept) due(t *testing.T) {
	t.Helper()
	done, err := k.OpenDatabase(t).ExecContext(t.Context(),
		`UPDATE grants SET refresh_at = $1, next_at = $1 WHERE subject = $2 AND state = 'usable' AND refresh_at IS NOT NULL`, time.Now().UnixMilli(), k.who.DID)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := done.RowsAffected(); n != 1 || err != nil {
		t.Fatalf("made %d grants due (%v), want one", n, err)
	}
}

// version is that of the stored token.
func (k *kept) version(t *testing.T) (version int64) {
	t.Helper()
	row := k.database(t).QueryRowContext(t.Context(), `SELECT token_version FROM grants WHERE subject = $1 AND state = 'usable'`, k.who.DID)
	if err := row.Scan(&version); err != nil {
		t.Fatal(err)
	}
	return version
}
