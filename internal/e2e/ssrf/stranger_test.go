package ssrf_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"patchbay/internal/httpx"
	"patchbay/internal/platform"
	"patchbay/internal/platforms/bluesky"
)

const strangerDID = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"

// stranger is the directory and all servers of one account, on one trusted origin, whose
// documents say whatever a test wants.
type stranger struct {
	t       testing.TB
	url     string
	address netip.AddrPort

	opened sync.Once
	sends  *sender // of webhooks, once there is need of one

	mu        sync.Mutex
	documents map[string]any
	redirects map[string]redirect // by path, instead of the document
	visited   []string
}

type redirect struct {
	status int
	to     string
}

func newStranger(t testing.TB) *stranger {
	s := &stranger{t: t, redirects: map[string]redirect{}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.url, s.address = server.URL, netip.MustParseAddrPort(server.Listener.Addr().String())
	s.reset()
	return s
}

// reset makes all documents honest.
func (s *stranger) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.redirects)
	s.documents = map[string]any{
		"/xrpc/com.atproto.identity.resolveHandle": map[string]any{"did": strangerDID},
		"/" + strangerDID: map[string]any{
			"id": strangerDID, "alsoKnownAs": []string{"at://page.probe.test"}, "service": []any{pds(s.url)},
		},
		"/.well-known/oauth-protected-resource": map[string]any{"resource": s.url, "authorization_servers": []string{s.url}},
		"/.well-known/oauth-authorization-server": map[string]any{
			"issuer": s.url, "authorization_endpoint": s.url + "/authorize", "token_endpoint": s.url + "/token",
			"pushed_authorization_request_endpoint": s.url + "/par", "require_pushed_authorization_requests": true,
			"authorization_response_iss_parameter_supported": true, "client_id_metadata_document_supported": true,
			"response_types_supported": []string{"code"}, "grant_types_supported": []string{"authorization_code", "refresh_token"},
			"code_challenge_methods_supported":                 []string{"S256"},
			"token_endpoint_auth_methods_supported":            []string{"none", "private_key_jwt"},
			"token_endpoint_auth_signing_alg_values_supported": []string{"ES256"},
			"dpop_signing_alg_values_supported":                []string{"ES256"}, "scopes_supported": []string{"atproto", "profile", "write:statuses", "write:media"},
		},
		"/par": map[string]any{"request_uri": "urn:example:1", "expires_in": 300},
		"/token": map[string]any{
			"access_token": "a", "refresh_token": "r", "token_type": "DPoP", "scope": "atproto", "sub": strangerDID, "expires_in": 60,
		},
		"/oauth/token":                        map[string]any{"access_token": "a", "token_type": "Bearer", "scope": "profile write:statuses write:media", "created_at": 1},
		"/api/v1/apps":                        map[string]any{"client_id": "c", "client_secret": "s"},
		"/api/v1/accounts/verify_credentials": map[string]any{"id": "1", "acct": "page", "display_name": "A page"},
		"/xrpc/com.atproto.server.getSession": map[string]any{"did": strangerDID},
		"/xrpc/com.atproto.repo.getRecord":    map[string]any{"value": map[string]any{"displayName": "A page"}},
	}
}

func pds(endpoint string) map[string]any {
	return map[string]any{"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": endpoint}
}

// lie replaces one member of a document.
func (s *stranger) lie(path, member string, value any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.documents[path].(map[string]any)[member] = value
}

func (s *stranger) redirect(path string, status int, to string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.redirects[path] = redirect{status, to}
}

func (s *stranger) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.visited = append(s.visited, r.URL.Path)
	if to, ok := s.redirects[r.URL.Path]; ok {
		w.Header().Set("Location", to.to)
		w.WriteHeader(to.status)
		return
	}
	document, ok := s.documents[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	_ = json.NewEncoder(w).Encode(document)
}

// visits takes the paths that were asked for since the last time.
func (s *stranger) visits() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.visited
	s.visited = nil
	return all
}

// env is what the program gives a platform, with the stranger trusted as a developer's
// server is.
func (s *stranger) env(t testing.TB) platform.Env {
	client := httpx.NewClient(httpx.ClientConfig{Trusted: []string{s.url}, Timeout: 400 * time.Millisecond})
	t.Cleanup(client.CloseIdle)
	return platform.Env{HTTP: client, Now: time.Now, PublicURL: "http://127.0.0.1:8080"}
}

// bluesky asks the stranger for handles, or, when byName, the handle's own domain.
func (s *stranger) bluesky(byName bool) platform.Platform {
	cfg := bluesky.Config{PLC: s.url, HandleResolver: s.url, Trusted: []string{s.url}}
	if byName {
		cfg.HandleResolver = ""
	}
	return bluesky.New(cfg)
}

func blueskyApp(env platform.Env) platform.App {
	redirect := env.PublicURL + "/oauth/callback/bluesky"
	return platform.App{ClientID: bluesky.ClientID(env.PublicURL, redirect)}
}

// didWeb writes a host as a DID: its port with %3A.
func didWeb(host string) string { return "did:web:" + strings.ReplaceAll(host, ":", "%3A") }
