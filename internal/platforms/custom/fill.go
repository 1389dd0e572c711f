package custom

import (
	"net/url"
	"regexp"
	"slices"
	"time"

	"patchbay/internal/platform"
)

// The words of a file.
var (
	clientAuths = map[string]platform.ClientAuth{"": platform.AuthBasic, "basic": platform.AuthBasic, "post": platform.AuthPost, "none": platform.AuthNone}
	pkces       = map[string]platform.PKCE{"": platform.PKCES256, "s256": platform.PKCES256, "none": platform.PKCENone}
	pars        = map[string]parMode{"": parAsServerSays, "true": parWherePossible, "required": parAlways, "false": parNever}
	models      = map[string]platform.RefreshModel{
		"rotating": platform.RefreshRotating, "rotating_with_grace": platform.RefreshRotatingGrace,
		"renewing": platform.RefreshRenewing, "stable": platform.RefreshStable, "none": platform.RefreshNone,
	}
	reaches = map[string]platform.Reach{"": platform.ReachToken, "token": platform.ReachToken, "user_app": platform.ReachUserApp, "none": platform.ReachNone}
	picks   = map[string]platform.Pick{"": platform.PickMany, "many": platform.PickMany, "one": platform.PickOne}
	classes = map[string]platform.Class{
		"transient": platform.ClassTransient, "rate_limited": platform.ClassRateLimited,
		"configuration": platform.ClassConfiguration, "permanent": platform.ClassPermanent,
	}
	reasons = []string{
		platform.ReasonRevoked, platform.ReasonConsentExpired, platform.ReasonPasswordChanged, platform.ReasonCheckpoint, platform.ReasonAccountInactive,
		platform.ReasonScopesMissing, platform.ReasonTokenRefused, platform.ReasonTokenKind, platform.ReasonTargetGone, platform.ReasonTargetPermission,
	}
	features = []string{"post", "pages", "profile", "email", "read", "insights", "comments", "messages", "media", "offline", "portfolio"}
	kinds    = []string{"profile", "page", "wall", "channel", "organization", "location", "blog", "server", "group", "custom"}
)

// ours are parameters of the authorization request that follow from the rest.
var ours = []string{
	"client_id", "client_secret", "redirect_uri", "response_type", "response_mode", "scope", "state", "code_challenge", "code_challenge_method",
	"request", "request_uri", "dpop_jkt",
}

const probeEvery = 24 * time.Hour

func (c *checker) platform() *Platform {
	f := c.f
	p := &Platform{
		issuer: c.issuer(),
		fixed: endpoints{
			Authorize: c.address("authorize_url", f.AuthorizeURL), Token: c.address("token_url", f.TokenURL),
			Revoke: c.address("revoke_url", f.RevokeURL), PAR: c.address("par_url", f.PARURL),
			Introspect: c.address("introspection_url", f.IntrospectionURL),
		},
		par: word(c, "par", f.PAR, pars, "true", "required", "false"), dpop: f.DPoP, params: c.params("authorize_params", f.AuthorizeParams),
		switching: c.params("switch.params", f.Switch.Params),
		secret:    c.secret(), clientID: c.clientID(), trusted: c.opt.Trusted,
	}
	p.spec = c.spec(p.fixed)
	p.identity, p.targets = c.identity(p.issuer != ""), c.targets()
	if p.targets != nil {
		p.spec.Targets[0].Kind, p.spec.Pick = p.targets.kind, c.pick()
	}
	if p.identity.scopes != nil {
		p.spec.GrantedScopes = platform.GrantedByEndpoint
	}
	p.renew = renewal{c.f.Refresh.GrantType, c.f.Refresh.Parameter}
	c.addresses()
	return p
}

func (c *checker) spec(fixed endpoints) platform.Spec {
	f := c.f
	s := platform.Spec{
		ID: c.id(), Name: c.name(),
		AuthorizeURL: fixed.Authorize, TokenURL: fixed.Token, RevokeURL: fixed.Revoke,
		ClientAuth:     word(c, "client_auth", f.ClientAuth, clientAuths, "basic", "post", "none"),
		PKCE:           word(c, "pkce", f.PKCE, pkces, "s256", "none"),
		ScopeSeparator: f.ScopeSeparator, Scopes: c.scopes(), GrantedScopes: platform.GrantedInToken,
		Denial:         platform.Denial{Errors: f.DenialErrors},
		AccessLifetime: c.duration("access_lifetime", f.AccessLifetime), RefreshLifetime: c.duration("refresh.lifetime", f.Refresh.Lifetime),
		Refresh: c.model(), RefreshGrace: c.duration("refresh.grace", f.Refresh.Grace),
		RefreshOptional: f.Refresh.Model != "none", // whether this server gives a refresh token is seen when it does
		RefreshRules:    append(c.rules("refresh_rules", f.RefreshRules), refreshRules...),
		CallRules:       append(c.rules("call_rules", f.CallRules), callRules...),
		ProbeEvery:      probeEvery,
		Revocation:      word(c, "revocation", f.Revocation, reaches, "token", "user_app", "none"),
		RevokeReplaced:  f.RevokeReplaced,
		Targets:         []platform.TargetKind{{Kind: c.kind("identity.kind", f.Identity.Kind, "profile"), Role: platform.RoleAccount}},
		Pick:            platform.PickOne,
		Switch:          platform.Switch{Asks: len(f.Switch.Params) > 0, SignOutURL: c.address("switch.sign_out_url", f.Switch.SignOutURL)},
	}
	if s.ScopeSeparator == "" {
		s.ScopeSeparator = " "
	}
	if len(s.Denial.Errors) == 0 {
		s.Denial.Errors = []string{"access_denied"} // RFC 6749 §4.1.2.1
	}
	if s.RevokeReplaced && s.Revocation != platform.ReachToken {
		c.bad("revoke_replaced", "goes with the revocation \"token\" alone")
	}
	if f.ProbeEvery == "off" {
		s.ProbeEvery = 0
	} else if f.ProbeEvery != "" {
		s.ProbeEvery = c.duration("probe_every", f.ProbeEvery)
	}
	if f.Documentation != "" {
		s.Sources = []string{c.address("documentation", f.Documentation)}
	}
	return s
}

// addresses must come from somewhere.
func (c *checker) addresses() {
	if c.f.Issuer != "" {
		return
	}
	for key, value := range map[string]string{"authorize_url": c.f.AuthorizeURL, "token_url": c.f.TokenURL} {
		if value == "" {
			c.bad(key, "is missing: name the addresses, or the issuer, whose metadata tells them")
		}
	}
	if c.f.PAR == "required" && c.f.PARURL == "" {
		c.bad("par_url", "is missing: par is required, and there is no issuer whose metadata tells it")
	}
}

func (c *checker) issuer() string {
	c.address("issuer", c.f.Issuer)
	if u, err := url.Parse(c.f.Issuer); err == nil && (u.RawQuery != "" || u.ForceQuery) {
		c.bad("issuer", "must have no query (RFC 8414 §2)")
	}
	return c.f.Issuer
}

func (c *checker) clientID() string {
	return c.credential("client_id", c.f.ClientID, "is missing: it is what the platform calls the app that you registered there").Reveal()
}

func (c *checker) params(key string, params map[string]string) url.Values {
	out := url.Values{}
	for name, value := range params {
		if slices.Contains(ours, name) {
			c.bad(key+"."+name, "follows from the other keys: leave it out")
		}
		out.Set(name, value)
	}
	return out
}

func (c *checker) scopes() []platform.Scope {
	var list []platform.Scope
	for i, s := range c.f.Scopes {
		key := "scopes." + itoa(i)
		switch {
		case !scopeToken.MatchString(s.Name):
			c.bad(key, "must have a name of visible ASCII characters without spaces")
		case slices.ContainsFunc(list, func(o platform.Scope) bool { return o.Name == s.Name }):
			c.bad(key, "stands there twice")
		}
		c.listed(key, "feature", s.Feature, features)
		list = append(list, platform.Scope{Name: s.Name, Feature: s.Feature, Required: s.Required})
	}
	return list
}

// scopeToken is RFC 6749 §3.3.
var scopeToken = regexp.MustCompile(`^[\x21\x23-\x5B\x5D-\x7E]+$`)

func (c *checker) model() platform.RefreshModel {
	f := c.f.Refresh
	model := word(c, "refresh.model", f.Model, models, "rotating", "rotating_with_grace", "renewing", "stable", "none")
	if (model == platform.RefreshRotatingGrace) != (f.Grace != "") {
		c.bad("refresh.grace", "belongs to the model rotating_with_grace: how long the old refresh token goes on working, such as 30s")
	}
	if (model == platform.RefreshRenewing) != (f.GrantType+f.Parameter != "") || (f.GrantType == "") != (f.Parameter == "") {
		c.bad("refresh.grant_type", "and parameter belong to the model renewing: the grant_type that renews, and the parameter that carries the access token")
	}
	return model
}

func (c *checker) rules(key string, forms []ruleForm) []platform.Rule {
	var list []platform.Rule
	for i, f := range forms {
		at := key + "." + itoa(i)
		class := word(c, at, f.Class, classes, "class transient", "rate_limited", "configuration", "permanent")
		if f.Word == "" && f.Status == 0 {
			c.bad(at, "must have a word, a status, or both")
		}
		switch {
		case class == platform.ClassPermanent:
			c.listed(at, "reason", f.Reason, reasons)
		case f.Reason != "":
			c.bad(at, "has a reason, which only the class permanent has")
		}
		list = append(list, platform.Rule{Word: f.Word, Status: f.Status, Class: class, Reason: f.Reason})
	}
	return list
}
