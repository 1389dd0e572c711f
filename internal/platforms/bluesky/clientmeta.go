package bluesky

import (
	"crypto/rand"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"patchbay/internal/platform"
)

// loopbackClient is the client id of development clients, which need no document
// (https://atproto.com/specs/oauth, "Localhost Client Development").
const loopbackClient = "http://localhost"

// ClientID is the client id of this server at every Bluesky server.
//
//   - https without a port: the address of the metadata document that Documents gives
//   - http on loopback: a development client, whose id carries the redirect URI
//     (on 127.0.0.1 or [::1], the port left out since servers ignore it) and the scopes
//   - anything else: empty, Bluesky cannot be used from there
func ClientID(publicURL, redirectURI string) string {
	if u, err := strictURL(publicURL); err == nil && u.Path == "" {
		return publicURL + "/oauth/bluesky/client-metadata.json"
	}
	public, err := url.Parse(publicURL)
	if err != nil || public.Scheme != "http" || !isLoopback(public.Hostname()) {
		return ""
	}
	redirect, err := url.Parse(loopbackRedirect(redirectURI))
	if err != nil {
		return ""
	}
	redirect.Host = strings.TrimSuffix(redirect.Host, ":"+redirect.Port())
	return loopbackClient + "?" + url.Values{"redirect_uri": {redirect.String()}, "scope": {scopes}}.Encode()
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

// loopbackRedirect puts 127.0.0.1 for localhost, which servers refuse in a redirect
// URI (RFC 8252 §8.3). Other addresses come back unchanged.
func loopbackRedirect(redirectURI string) string {
	u, err := url.Parse(redirectURI)
	if err != nil || u.Scheme != "http" || u.Hostname() != "localhost" {
		return redirectURI
	}
	u.Host = "127.0.0.1" + strings.TrimPrefix(u.Host, "localhost")
	return u.String()
}

// isPublic tells a client without a key. Development clients never have one.
func isPublic(app platform.App) bool {
	return app.ClientSecret.Empty() || app.ClientID == loopbackClient || strings.HasPrefix(app.ClientID, loopbackClient+"?")
}

// clientMetadata is the document that a client id points to.
type clientMetadata struct {
	ClientID        string   `json:"client_id"`
	ClientName      string   `json:"client_name"`
	ClientURI       string   `json:"client_uri"`
	ApplicationType string   `json:"application_type"`
	GrantTypes      []string `json:"grant_types"`
	ResponseTypes   []string `json:"response_types"`
	Scope           string   `json:"scope"`
	RedirectURIs    []string `json:"redirect_uris"`
	DPoPBound       bool     `json:"dpop_bound_access_tokens"`
	AuthMethod      string   `json:"token_endpoint_auth_method"`
	AuthAlg         string   `json:"token_endpoint_auth_signing_alg,omitempty"`
	JWKSURI         string   `json:"jwks_uri,omitempty"`
}

type jwks struct {
	Keys []jwk `json:"keys"`
}

// Documents gives client-metadata.json and jwks.json. None for a development
// client, which has no document.
func (p *Platform) Documents(env platform.Env, app platform.App) (map[string]any, error) {
	if !strings.HasPrefix(app.ClientID, "https://") {
		return nil, nil
	}
	meta := clientMetadata{
		ClientID: app.ClientID, ClientName: p.cfg.Name, ClientURI: env.PublicURL, ApplicationType: "web",
		GrantTypes: []string{"authorization_code", "refresh_token"}, ResponseTypes: []string{"code"}, Scope: scopes,
		RedirectURIs: []string{env.PublicURL + "/oauth/callback/bluesky"}, DPoPBound: true, AuthMethod: "none",
	}
	keys := jwks{Keys: []jwk{}}
	if !isPublic(app) {
		key, err := assertionKey(app)
		if err != nil {
			return nil, err
		}
		keys.Keys = append(keys.Keys, key.public)
		meta.AuthMethod, meta.AuthAlg = "private_key_jwt", "ES256"
		meta.JWKSURI = env.PublicURL + "/oauth/bluesky/jwks.json"
	}
	return map[string]any{"client-metadata.json": meta, "jwks.json": keys}, nil
}

// authenticate adds what proves the client: its id, and for a confidential one an
// assertion (RFC 7523) for the issuer, not for the token endpoint.
func (p *Platform) authenticate(form url.Values, app platform.App, issuer string) error {
	form.Set("client_id", app.ClientID)
	if isPublic(app) {
		return nil
	}
	key, err := assertionKey(app)
	if err != nil {
		return err
	}
	now := p.wallClock()
	token := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{
		"iss": app.ClientID, "sub": app.ClientID, "aud": issuer, "jti": rand.Text(),
		"iat": now.Unix(), "exp": now.Add(30 * time.Second).Unix(),
	})
	token.Header["kid"] = key.public.KeyID
	assertion, err := token.SignedString(key.private)
	if err != nil {
		return fmt.Errorf("sign client assertion: %w", err)
	}
	form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
	form.Set("client_assertion", assertion)
	return nil
}
