package dpop

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"

	"patchbay/internal/httpx"
	"patchbay/internal/vault"
)

// Sender sends requests with proofs and remembers the newest nonce of each server. Its
// zero value is ready; it is safe for concurrent use.
type Sender struct {
	nonces sync.Map // origin → string
}

// Send sends the request that build makes, with a proof of the key; with an access
// token it is also bound to that, and carries it. A server that only wants a nonce, or
// a newer one, has done nothing yet (RFC 9449 §8, §9): then, and only then, it is sent
// once more. build is called for each. Errors are build's own and *httpx.CallError.
func (s *Sender) Send(client *httpx.Client, key Key, access vault.Secret, build func() (*http.Request, error)) (*httpx.Response, error) {
	resp, err := s.once(client, key, access, build)
	if err != nil || !WantsNonce(resp) {
		return resp, err
	}
	return s.once(client, key, access, build)
}

func (s *Sender) once(client *httpx.Client, key Key, access vault.Secret, build func() (*http.Request, error)) (*httpx.Response, error) {
	req, err := build()
	if err != nil {
		return nil, err
	}
	origin := req.URL.Scheme + "://" + req.URL.Host
	nonce, _ := s.nonces.Load(origin)
	known, _ := nonce.(string)
	proof, err := key.Sign(Proof{Method: req.Method, Address: req.URL.String(), Access: access, Nonce: known, At: time.Now()})
	if err != nil {
		return nil, err
	}
	req.Header.Set("DPoP", proof)
	if !access.Empty() {
		req.Header.Set("Authorization", "DPoP "+access.Reveal())
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	if next := resp.Header.Get("DPoP-Nonce"); next != "" {
		s.nonces.Store(origin, next)
	}
	return resp, nil
}

// WantsNonce tells that a server did nothing but ask for a nonce, or a newer one. There are
// two forms: 400 with a JSON error at the authorization server
// (RFC 9449 §8; some answer 401), 401 with a challenge at the resource server (§9).
func WantsNonce(resp *httpx.Response) bool {
	if resp.Header.Get("DPoP-Nonce") == "" {
		return false
	}
	switch resp.Status {
	case http.StatusBadRequest, http.StatusUnauthorized:
	default:
		return false
	}
	var body struct {
		Error string `json:"error"`
	}
	_ = json.Unmarshal(resp.Body, &body) // a body that is not JSON has no word
	return body.Error == "use_dpop_nonce" || strings.Contains(resp.Header.Get("WWW-Authenticate"), `error="use_dpop_nonce"`)
}
