package shapes_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// network is Bluesky with one account, as far as a channel needs it: the directory, the
// account's data server and its authorization server, on one origin. It rotates, and
// knows each refresh token once; that of an app password's session lives on for a while.
// The reference servers are asked in internal/e2e/bluesky; those cannot be made to answer
// all this.
type network struct {
	*http.ServeMux

	mu     sync.Mutex
	pushed url.Values
	live   string // the refresh token of the consent
	issued int
}

func newNetwork() *network {
	n := &network{ServeMux: http.NewServeMux()}
	n.documents()
	n.HandleFunc("POST /par", func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		n.mu.Lock()
		defer n.mu.Unlock()
		n.pushed = r.PostForm
		writeJSON(w, map[string]any{"request_uri": "urn:ietf:params:oauth:request_uri:1", "expires_in": 300})
	})
	n.HandleFunc("GET /authorize", func(w http.ResponseWriter, r *http.Request) {
		n.mu.Lock()
		defer n.mu.Unlock()
		back := url.Values{"code": {"code"}, "state": {n.pushed.Get("state")}, "iss": {"http://" + r.Host}}
		http.Redirect(w, r, n.pushed.Get("redirect_uri")+"?"+back.Encode(), http.StatusSeeOther)
	})
	n.HandleFunc("POST /token", n.token)
	for _, name := range []string{"createSession", "refreshSession"} {
		n.HandleFunc("POST /xrpc/com.atproto.server."+name, func(w http.ResponseWriter, _ *http.Request) {
			n.mu.Lock()
			defer n.mu.Unlock()
			n.issued++
			writeJSON(w, map[string]any{
				"accessJwt": fmt.Sprint("access-", n.issued), "refreshJwt": fmt.Sprint("refresh-", n.issued), "did": account, "handle": handle, "active": true,
			})
		})
	}
	n.HandleFunc("GET /xrpc/com.atproto.server.getSession", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, map[string]any{"did": account, "handle": handle, "active": true})
	})
	return n
}

const handle = "page.example.com"

func (n *network) token(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	n.mu.Lock()
	defer n.mu.Unlock()
	if r.PostForm.Get("grant_type") == "refresh_token" && r.PostForm.Get("refresh_token") != n.live {
		w.WriteHeader(http.StatusBadRequest)
		writeJSON(w, map[string]any{"error": "invalid_grant", "error_description": "Refresh token replayed"})
		return
	}
	n.issued++
	n.live = fmt.Sprint("refresh-", n.issued)
	writeJSON(w, map[string]any{
		"access_token": fmt.Sprint("access-", n.issued), "token_type": "DPoP", "refresh_token": n.live, "expires_in": 7200,
		"scope": "atproto transition:generic", "sub": account,
	})
}

// documents are what is found before anybody consents.
func (n *network) documents() {
	serve := func(path string, document func(origin string) map[string]any) {
		n.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) { writeJSON(w, document("http://"+r.Host)) })
	}
	serve("/xrpc/com.atproto.identity.resolveHandle", func(string) map[string]any { return map[string]any{"did": account} })
	serve("/"+account, func(origin string) map[string]any {
		service := map[string]any{"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": origin}
		return map[string]any{"id": account, "alsoKnownAs": []string{"at://" + handle}, "service": []any{service}}
	})
	serve("/.well-known/oauth-protected-resource", func(origin string) map[string]any {
		return map[string]any{"resource": origin, "authorization_servers": []string{origin}}
	})
	serve("/.well-known/oauth-authorization-server", func(origin string) map[string]any {
		return map[string]any{
			"issuer": origin, "authorization_endpoint": origin + "/authorize", "token_endpoint": origin + "/token",
			"pushed_authorization_request_endpoint": origin + "/par", "require_pushed_authorization_requests": true,
			"authorization_response_iss_parameter_supported": true, "client_id_metadata_document_supported": true,
			"response_types_supported": []string{"code"}, "grant_types_supported": []string{"authorization_code", "refresh_token"},
			"code_challenge_methods_supported": []string{"S256"}, "token_endpoint_auth_methods_supported": []string{"none", "private_key_jwt"},
			"token_endpoint_auth_signing_alg_values_supported": []string{"ES256"}, "dpop_signing_alg_values_supported": []string{"ES256"},
			"scopes_supported": strings.Fields("atproto transition:generic"),
		}
	})
}

func writeJSON(w http.ResponseWriter, document map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(document)
}
