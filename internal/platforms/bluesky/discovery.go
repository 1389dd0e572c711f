package bluesky

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"patchbay/internal/platform"
)

// resourceServer is RFC 9728 as far as the protocol uses it.
type resourceServer struct {
	Resource             string   `json:"resource"`
	AuthorizationServers []string `json:"authorization_servers"`
}

// authServer is RFC 8414 as far as the protocol uses it.
type authServer struct {
	Issuer        string `json:"issuer"`
	Authorization string `json:"authorization_endpoint"`
	Token         string `json:"token_endpoint"`
	PAR           string `json:"pushed_authorization_request_endpoint"`
	Revocation    string `json:"revocation_endpoint"` // optional

	RequirePAR         bool     `json:"require_pushed_authorization_requests"`
	IssParameter       bool     `json:"authorization_response_iss_parameter_supported"`
	ClientIDDocument   bool     `json:"client_id_metadata_document_supported"`
	ResponseTypes      []string `json:"response_types_supported"`
	GrantTypes         []string `json:"grant_types_supported"`
	ChallengeMethods   []string `json:"code_challenge_methods_supported"`
	AuthMethods        []string `json:"token_endpoint_auth_methods_supported"`
	AuthAlgs           []string `json:"token_endpoint_auth_signing_alg_values_supported"`
	DPoPAlgs           []string `json:"dpop_signing_alg_values_supported"`
	Scopes             []string `json:"scopes_supported"`
	ProtectedResources []string `json:"protected_resources"` // optional
}

// discover asks the account's data server who gives out its tokens, and that
// server for its endpoints.
func (p *Platform) discover(ctx context.Context, env platform.Env, pds string) (authServer, error) {
	var resource resourceServer
	if err := fetchJSON(ctx, env, pds+"/.well-known/oauth-protected-resource", &resource); err != nil {
		return authServer{}, err
	}
	if resource.Resource != pds || len(resource.AuthorizationServers) != 1 {
		return authServer{}, platform.ErrServerRefused.Because(fmt.Errorf("resource metadata of %s is another's, or names not one authorization server", pds))
	}
	issuer, err := p.origin(resource.AuthorizationServers[0])
	if err != nil {
		return authServer{}, platform.ErrServerRefused.Because(fmt.Errorf("authorization server of %s: %w", pds, err))
	}
	var server authServer
	if err := fetchJSON(ctx, env, issuer+"/.well-known/oauth-authorization-server", &server); err != nil {
		return authServer{}, err
	}
	if err := p.checkServer(server, issuer, pds); err != nil {
		return authServer{}, platform.ErrServerRefused.Because(fmt.Errorf("authorization server %s: %w", issuer, err))
	}
	return server, nil
}

// checkServer holds the server to what https://atproto.com/specs/oauth requires.
func (p *Platform) checkServer(s authServer, issuer, pds string) error {
	for _, must := range []struct {
		ok   bool
		what string
	}{
		{s.Issuer == issuer, "issuer is another's"},
		{s.RequirePAR, "pushed authorization requests are not required"},
		{s.IssParameter, "no iss parameter"},
		{s.ClientIDDocument, "no client metadata documents"},
		{slices.Contains(s.ResponseTypes, "code"), "no code response"},
		{slices.Contains(s.GrantTypes, "authorization_code"), "no authorization_code grant"},
		{slices.Contains(s.GrantTypes, "refresh_token"), "no refresh_token grant"},
		{slices.Contains(s.ChallengeMethods, "S256"), "no PKCE S256"},
		{slices.Contains(s.AuthMethods, "none") && slices.Contains(s.AuthMethods, "private_key_jwt"), "client authentication"},
		{slices.Contains(s.AuthAlgs, "ES256"), "no ES256 assertions"},
		{slices.Contains(s.DPoPAlgs, "ES256"), "no ES256 proofs"},
		{slices.Contains(s.Scopes, "atproto"), "no atproto scope"},
		{len(s.ProtectedResources) == 0 || slices.Contains(s.ProtectedResources, pds), "does not protect that data server"},
	} {
		if !must.ok {
			return errors.New(must.what)
		}
	}
	return p.checkEndpoints(s)
}

func (p *Platform) checkEndpoints(s authServer) error {
	for _, address := range []string{s.Authorization, s.Token, s.PAR} {
		if err := p.endpoint(address); err != nil {
			return fmt.Errorf("endpoint: %w", err)
		}
	}
	if s.Revocation == "" {
		return nil
	}
	return p.endpoint(s.Revocation)
}
