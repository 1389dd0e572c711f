package bluesky

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"patchbay/internal/httpx"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

const worldDID = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"

// world is a directory, a data server and an authorization server on one trusted
// origin, for what a reference server never does. Documents are by path; a handler
// of the same path goes first.
type world struct {
	url      string
	docs     map[string]map[string]any
	handlers map[string]http.HandlerFunc
	platform *Platform
	env      platform.Env
}

const (
	didPath      = "/" + worldDID
	resourcePath = "/.well-known/oauth-protected-resource"
	serverPath   = "/.well-known/oauth-authorization-server"
)

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{handlers: map[string]http.HandlerFunc{}}
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	w.url = server.URL
	trusted := []string{w.url}
	w.platform = newPlatform(Config{PLC: w.url, HandleResolver: w.url, Trusted: trusted})
	w.env = platform.Env{
		HTTP:      httpx.NewClient(httpx.ClientConfig{Trusted: trusted, Timeout: 10 * time.Second}),
		Now:       func() time.Time { return time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC) },
		PublicURL: "http://127.0.0.1:8080",
	}
	w.docs = map[string]map[string]any{
		"/xrpc/com.atproto.identity.resolveHandle": {"did": worldDID},
		didPath: {
			"id": worldDID, "alsoKnownAs": []any{"https://example.com", "at://page.example.com"},
			"service": []any{
				map[string]any{"id": "#other", "type": []any{"A", "B"}, "serviceEndpoint": map[string]any{"origins": []any{}}},
				pdsService(w.url),
			},
		},
		resourcePath: {"resource": w.url, "authorization_servers": []any{w.url}},
		serverPath: {
			"issuer": w.url, "authorization_endpoint": w.url + "/authorize", "token_endpoint": w.url + "/token",
			"pushed_authorization_request_endpoint": w.url + "/par", "revocation_endpoint": w.url + "/revoke",
			"require_pushed_authorization_requests": true, "authorization_response_iss_parameter_supported": true,
			"client_id_metadata_document_supported": true, "response_types_supported": []any{"code"},
			"grant_types_supported": []any{"authorization_code", "refresh_token"}, "code_challenge_methods_supported": []any{"S256"},
			"token_endpoint_auth_methods_supported":            []any{"none", "private_key_jwt"},
			"token_endpoint_auth_signing_alg_values_supported": []any{"ES256"}, "dpop_signing_alg_values_supported": []any{"ES256"},
			"scopes_supported": []any{"atproto"},
		},
		"/par": {"request_uri": "urn:example:1", "expires_in": 300},
	}
	return w
}

func pdsService(endpoint any) map[string]any {
	return map[string]any{"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": endpoint}
}

func (w *world) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if h, ok := w.handlers[r.URL.Path]; ok {
		h(rw, r)
		return
	}
	doc, ok := w.docs[r.URL.Path]
	if !ok {
		http.NotFound(rw, r)
		return
	}
	_ = json.NewEncoder(rw).Encode(doc)
}

// answer serves a JSON text at a path.
func (w *world) answer(path string, status int, body string, header ...string) {
	w.handlers[path] = func(rw http.ResponseWriter, _ *http.Request) {
		for _, h := range header {
			name, value, _ := strings.Cut(h, ": ")
			rw.Header().Set(name, value)
		}
		rw.WriteHeader(status)
		_, _ = rw.Write([]byte(body))
	}
}

func (w *world) authorize(t *testing.T, input string) (platform.Authorization, error) {
	t.Helper()
	redirect := w.env.PublicURL + "/oauth/callback/bluesky"
	return w.platform.Authorize(t.Context(), w.env, platform.AuthorizeRequest{
		App: platform.App{ClientID: ClientID(w.env.PublicURL, redirect)}, RedirectURI: redirect,
		State: "s", Verifier: platform.NewVerifier(), Input: input,
	})
}

// session of a consent that this world gave.
func (w *world) session(t *testing.T) vault.Secret {
	t.Helper()
	return session{
		Key: NewClientKey().Reveal(), DID: worldDID, Handle: "page.example.com",
		PDS: w.url, Issuer: w.url, Token: w.url + "/token",
	}.encode()
}
