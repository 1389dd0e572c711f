// Package linkedin connects LinkedIn members and the organizations for which they post.
// It owns what LinkedIn does in its own way: the one answer of its token endpoint for
// every trouble with a code, versioned calls, and organizations by role; the form in
// spec.go holds the rest.
package linkedin

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"patchbay/internal/platform"
)

//go:embed icon.svg
var icon string

//go:embed setup.md
var setup string

// Config is what the operator can set.
type Config struct {
	Version     string // "202608"; empty: DefaultVersion. Whoever reads the setting checks it with ValidVersion
	MembersOnly bool   // the app lacks the product for organizations: ask for members' permissions only
}

type linkedin struct{ cfg Config }

var (
	_ platform.Platform  = linkedin{}
	_ platform.Exchanger = linkedin{}
	_ platform.Prober    = linkedin{}
	_ platform.Revoker   = linkedin{}
	_ platform.Verifier  = linkedin{}
	_ platform.Guide     = linkedin{}
)

// New is the platform.
func New(cfg Config) platform.Platform {
	if cfg.Version == "" {
		cfg.Version = DefaultVersion
	}
	return linkedin{cfg}
}

func (l linkedin) Spec() platform.Spec { return spec(l.cfg) }
func (l linkedin) Icon() string        { return icon }
func (l linkedin) Setup() string       { return setup }

// Exchange is the exchange of RFC 6749 with LinkedIn's word for a dead code.
func (l linkedin) Exchange(ctx context.Context, env platform.Env, req platform.ExchangeRequest) (platform.Token, error) {
	resp, err := platform.PostCode(ctx, env, l.Spec(), req)
	if err != nil {
		return platform.Token{}, err
	}
	if resp.Status == http.StatusBadRequest && aboutTheCode(resp.Body) {
		return platform.Token{}, platform.ErrCodeExpired.Because(errors.New("status 400 about the code: used, too old, or bound to another app or redirect URI"))
	}
	token, err := platform.ReadToken(l.Spec(), resp, env.Now())
	if c := &token.Credentials; err == nil && !c.Refresh.Empty() && c.RefreshExpiresAt.IsZero() {
		c.RefreshExpiresAt = env.Now().Add(l.Spec().RefreshLifetime) // its end is fixed by this answer
	}
	return token, err
}

// aboutTheCode recognises how LinkedIn says, in one sentence, that a code was used, is too
// old, or belongs to another app or redirect URI: an invalid_request, where RFC 6749 §5.2
// has invalid_grant. The same word with another description is about our request.
// https://github.com/d3xt3r2909/linkedin_login/issues/77
func aboutTheCode(body []byte) bool {
	var refusal struct {
		Error       string
		Description string `json:"error_description"`
	}
	return json.Unmarshal(body, &refusal) == nil &&
		(refusal.Error == "invalid_request" || refusal.Error == "invalid_redirect_uri") &&
		strings.Contains(strings.ToLower(refusal.Description), "authorization code expired")
}

// Targets is the member, and the organizations where they have a role.
func (l linkedin) Targets(ctx context.Context, c *platform.Client) (platform.Identity, []platform.Target, error) {
	a := api{client: c, version: l.cfg.Version, rules: callRules()}
	id, err := a.member(ctx)
	if err != nil {
		return platform.Identity{}, nil, err
	}
	targets := []platform.Target{{Kind: "profile", Role: platform.RoleAccount, ExternalID: id.Subject, Facts: id.Facts}}
	if l.cfg.MembersOnly || c.Scopes != nil && !slices.Contains(c.Scopes, "rw_organization_admin") {
		return id, targets, nil
	}
	organizations, err := a.organizations(ctx)
	if err != nil {
		return platform.Identity{}, nil, err
	}
	return id, append(targets, organizations...), nil
}

// member is whose consent it is. The subject is also the member's author id:
// urn:li:person:{sub}.
func (a api) member(ctx context.Context) (platform.Identity, error) {
	var me struct{ Sub, Name, Picture string }
	if err := a.get(ctx, "/v2/userinfo", &me); err != nil {
		return platform.Identity{}, err
	}
	if me.Sub == "" {
		return platform.Identity{}, platform.ErrUnavailable.Because(errors.New("userinfo without a subject"))
	}
	return platform.Identity{Subject: me.Sub, Facts: platform.Facts{Name: me.Name, AvatarURL: me.Picture}}, nil
}
