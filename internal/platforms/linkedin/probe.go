package linkedin

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"patchbay/internal/platform"
)

// Probe asks the token endpoint's neighbour about the token, which needs the app's
// credentials alone and counts against no member's limit, and then, where organizations
// are among the targets, for the member's roles.
func (l linkedin) Probe(ctx context.Context, c *platform.Client, targets []platform.Target) (platform.Proof, error) {
	a := api{client: c, version: l.cfg.Version, rules: probeRules()}
	proof, err := a.introspect(ctx)
	if err != nil {
		return platform.Proof{}, err
	}
	organizations := slices.DeleteFunc(slices.Clone(targets), func(t platform.Target) bool { return t.Kind != "organization" })
	if len(organizations) == 0 {
		return proof, nil
	}
	if proof.Scopes != nil && !slices.Contains(proof.Scopes, "rw_organization_admin") {
		proof.Broken = breakAll(organizations, platform.ReasonScopesMissing)
		return proof, nil
	}
	rows, err := a.roles(ctx)
	if err != nil {
		return platform.Proof{}, unbelieved(err)
	}
	found := []platform.Target{}
	for _, o := range merge(rows) {
		found = append(found, o.target(nil))
	}
	proof.Broken = platform.Compare(organizations, found)
	return proof, nil
}

func breakAll(targets []platform.Target, reason string) map[platform.TargetKey]string {
	broken := map[platform.TargetKey]string{}
	for _, t := range targets {
		broken[platform.TargetKey{Kind: t.Kind, ExternalID: t.ExternalID}] = reason
	}
	return broken
}

// unbelieved: the API has been seen to answer REVOKED_ACCESS_TOKEN for tokens that work a
// moment later. Introspection has just said that the token lives, so this passes.
// https://github.com/tomasvotava/fastapi-sso/issues/196
func unbelieved(err error) error {
	if r := platform.RefusalOf(err); r.Class == platform.ClassPermanent {
		return platform.Refuse(platform.ClassTransient, "", errors.New("the API refuses a token that introspection calls active"))
	}
	return err
}

// introspection is the answer of
// https://learn.microsoft.com/en-us/linkedin/shared/authentication/token-introspection
type introspection struct {
	Active    *bool
	Status    string
	ClientID  string `json:"client_id"`
	Scope     string
	ExpiresAt int64 `json:"expires_at"` // unix seconds
}

// introspect falls back to reading the member where there is no such endpoint.
func (a api) introspect(ctx context.Context) (platform.Proof, error) {
	switch body, there, err := a.askAboutToken(ctx); {
	case err != nil:
		return platform.Proof{}, err
	case !there:
		return a.readMember(ctx)
	default:
		return a.judge(body)
	}
}

// askAboutToken asks for the token with the app's credentials; there tells whether there is
// an endpoint for it.
func (a api) askAboutToken(ctx context.Context) (body introspection, there bool, err error) {
	resp, err := platform.PostForm(ctx, a.client.Env, authOrigin+"/oauth/v2/introspectToken", url.Values{
		"client_id": {a.client.App.ClientID}, "client_secret": {a.client.App.ClientSecret.Reveal()},
		"token": {a.client.Credentials.Access.Reveal()},
	}, nil)
	if err != nil {
		return introspection{}, false, err
	}
	if resp.Status == http.StatusNotFound {
		return introspection{}, false, nil
	}
	if no := platform.ReadRefusal(introspectRules(), resp, a.client.Now()); no != nil {
		return introspection{}, false, no
	}
	err = platform.Decode(resp, &body)
	return body, true, err
}

// introspectRules are about the app, which this call authenticates, and never about the member.
func introspectRules() []platform.Rule {
	return []platform.Rule{{Word: "invalid_client", Class: platform.ClassConfiguration}, {Status: http.StatusUnauthorized, Class: platform.ClassConfiguration}}
}

func (a api) judge(body introspection) (platform.Proof, error) {
	dead := func(reason string) (platform.Proof, error) {
		return platform.Proof{}, platform.Refuse(platform.ClassPermanent, reason, errors.New("introspection: the token is not active"))
	}
	renewable := !a.client.Credentials.Refresh.Empty()
	switch {
	case body.Active == nil:
		return platform.Proof{}, platform.ErrUnavailable.Because(errors.New("introspection without active"))
	case !*body.Active && body.Status == "revoked":
		return dead(platform.ReasonRevoked)
	case !*body.Active && body.Status == "expired" && !renewable:
		return dead(platform.ReasonConsentExpired)
	case !*body.Active:
		return dead(platform.ReasonTokenRefused)
	}
	proof := platform.Proof{}
	// By comma, whatever separates them elsewhere. A list without openid, which every consent
	// holds since there are no older ones, is written in names that are not ours.
	if scopes := strings.FieldsFunc(body.Scope, func(r rune) bool { return r == ',' || r == ' ' }); slices.Contains(scopes, "openid") {
		proof.Scopes = scopes
	}
	if !renewable && body.ExpiresAt > 0 {
		proof.EndsAt = time.Unix(body.ExpiresAt, 0).UTC()
	}
	return proof, nil
}

func (a api) readMember(ctx context.Context) (platform.Proof, error) {
	id, err := a.member(ctx)
	switch {
	case err != nil:
		return platform.Proof{}, err
	case a.client.Subject != "" && id.Subject != a.client.Subject:
		return platform.Proof{}, platform.Refuse(platform.ClassPermanent, platform.ReasonTokenKind, errors.New("the token is another member's"))
	}
	return platform.Proof{}, nil
}
