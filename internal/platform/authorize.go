package platform

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/oauth2"

	"patchbay/internal/vault"
)

// NewVerifier makes a PKCE verifier (RFC 7636 §4.1): 43 characters, 256 random bits.
func NewVerifier() vault.Secret { return vault.NewSecret(oauth2.GenerateVerifier()) }

// Denied tells whether the callback's error parameter means that the person said
// no, rather than that something went wrong.
func Denied(spec Spec, errorParam string) bool {
	return slices.Contains(spec.Denial.Errors, errorParam)
}

// Begin says where to send the person: the platform's own way where it has one
// (Authorizer), else the authorization request of RFC 6749 §4.1.1. The URL is the
// real one; whoever redirects passes it through the origin table first.
func Begin(ctx context.Context, env Env, p Platform, req AuthorizeRequest) (Authorization, error) {
	if own, ok := p.(Authorizer); ok {
		return own.Authorize(ctx, env, req)
	}
	address, err := AuthorizeURL(p.Spec(), req, nil)
	return Authorization{URL: address}, err
}

// AuthorizeURL is the authorization request of RFC 6749 §4.1.1 as the Spec fills it
// in, with the extra parameters of a platform that has some (nil: none). PKCE is sent
// where the Spec has it and never otherwise: LinkedIn, for one, refuses it.
func AuthorizeURL(spec Spec, req AuthorizeRequest, extra url.Values) (string, error) {
	u, err := url.Parse(spec.AuthorizeURL)
	if err != nil || u.Host == "" {
		return "", fmt.Errorf("authorize at %s: the Spec has no authorize address", spec.ID)
	}
	if req.State == "" {
		return "", fmt.Errorf("authorize at %s: no state", spec.ID)
	}
	q := u.Query()
	q.Set("response_type", "code")
	q.Set("client_id", req.App.ClientID)
	q.Set("redirect_uri", req.RedirectURI)
	q.Set("scope", strings.Join(spec.ScopeNames(), spec.ScopeSeparator))
	q.Set("state", req.State)
	for name, values := range extra {
		q[name] = values
	}
	if spec.PKCE == PKCES256 {
		if req.Verifier.Empty() {
			return "", fmt.Errorf("authorize at %s: no PKCE verifier", spec.ID)
		}
		q.Set("code_challenge", oauth2.S256ChallengeFromVerifier(req.Verifier.Reveal()))
		q.Set("code_challenge_method", "S256")
	}
	// Encode writes a space as "+", which not every platform reads in a scope; a
	// plus sign itself is already %2B here.
	u.RawQuery = strings.ReplaceAll(q.Encode(), "+", "%20")
	return u.String(), nil
}
