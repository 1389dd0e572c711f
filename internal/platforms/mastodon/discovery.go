package mastodon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"patchbay/internal/httpx"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// server is one Mastodon server as far as a consent needs it. It travels sealed on
// the attempt.
type server struct {
	Origin    string `json:"origin"`
	Authorize string `json:"authorize"`
	Token     string `json:"token"`
	Issuer    string `json:"iss,omitempty"` // what the callback's iss will be; empty: none is sent
	PKCE      bool   `json:"pkce,omitempty"`
	Profile   bool   `json:"profile,omitempty"` // has the scope
}

// spec is the form as this server fills it in.
func (s server) spec() platform.Spec {
	form := spec()
	form.AuthorizeURL, form.TokenURL = s.Authorize, s.Token
	if !s.PKCE {
		form.PKCE = platform.PKCENone
	}
	if !s.Profile {
		form.Scopes[0].Name = oldProfile
	}
	return form
}

func (s server) encode() vault.Secret {
	b, _ := json.Marshal(s) // strings and booleans always marshal
	return vault.NewSecret(string(b))
}

func decodeServer(private vault.Secret) (server, error) {
	var s server
	if json.Unmarshal([]byte(private.Reveal()), &s) != nil || s.Token == "" {
		return server{}, errors.New("stored Mastodon server is not readable")
	}
	return s, nil
}

// metadata is RFC 8414 as far as it is used.
type metadata struct {
	Issuer           string   `json:"issuer"`
	Authorization    string   `json:"authorization_endpoint"`
	Token            string   `json:"token_endpoint"`
	Scopes           []string `json:"scopes_supported"`
	ChallengeMethods []string `json:"code_challenge_methods_supported"`
	IssParameter     bool     `json:"authorization_response_iss_parameter_supported"`
}

// discover asks a server what it is able to do. Servers before 4.3 have no such
// document; theirs are the documented paths, no PKCE, and no scope profile.
func discover(ctx context.Context, env platform.Env, origin string) (server, error) {
	if origin == "" {
		return server{}, platform.ErrServerInvalid.Because(errors.New("the app is of no server"))
	}
	resp, err := get(ctx, env, origin+"/.well-known/oauth-authorization-server")
	switch {
	case err != nil:
		return server{}, err
	case resp.Status == http.StatusNotFound:
		return server{Origin: origin, Authorize: origin + "/oauth/authorize", Token: origin + "/oauth/token"}, nil
	case resp.Status != http.StatusOK:
		return server{}, refused("discovery", resp, env.Now())
	}
	var m metadata
	if json.Unmarshal(resp.Body, &m) != nil {
		return server{}, platform.ErrServerUnknown.Because(errors.New("discovery: not JSON, so this is no Mastodon server"))
	}
	return m.server(origin)
}

// server believes the document as far as it is about its own origin: a server that
// names another one for codes and secrets is none that we registered at.
func (m metadata) server(origin string) (server, error) {
	if strings.TrimSuffix(m.Issuer, "/") != origin { // Mastodon's is its root address, with the slash
		return server{}, platform.ErrServerRefused.Because(errors.New("discovery: the issuer is another's"))
	}
	for _, endpoint := range []string{m.Authorization, m.Token} {
		u, err := url.Parse(endpoint)
		if err != nil || !strings.HasPrefix(endpoint, origin+"/") || u.RawQuery != "" || u.Fragment != "" {
			return server{}, platform.ErrServerRefused.Because(errors.New("discovery: an endpoint is not on the server's own origin"))
		}
	}
	s := server{
		Origin: origin, Authorize: m.Authorization, Token: m.Token,
		PKCE: slices.Contains(m.ChallengeMethods, "S256"), Profile: slices.Contains(m.Scopes, profile),
	}
	if m.IssParameter {
		s.Issuer = m.Issuer
	}
	return s, nil
}

// get reads a public document. Redirects come back as they are, never followed.
func get(ctx context.Context, env platform.Env, address string) (*httpx.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, platform.ErrServerInvalid.Because(fmt.Errorf("%s is not a URL", address))
	}
	req.Header.Set("Accept", "application/json")
	resp, err := env.HTTP.Do(req)
	if err != nil {
		return nil, unreachable(platform.ErrUnavailable.Because(err))
	}
	return resp, nil
}
