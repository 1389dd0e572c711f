package platform

import (
	"net/url"
	"slices"
	"time"
)

// ClientAuth is how our app authenticates at the token endpoint.
type ClientAuth string

const (
	AuthBasic ClientAuth = "basic" // RFC 6749 §2.3.1, Authorization header
	AuthPost  ClientAuth = "post"  // client_id and client_secret as parameters
	AuthNone  ClientAuth = "none"  // a public client
	AuthJWT   ClientAuth = "private_key_jwt"
)

// PKCE is the platform's mode of RFC 7636.
type PKCE string

const (
	PKCENone PKCE = "none" // must not be sent
	PKCES256 PKCE = "s256"
)

// RefreshModel says what a refresh does to the credential that was sent, and so
// what may be done after an answer was lost.
type RefreshModel string

const (
	RefreshRotating      RefreshModel = "rotating"            // single use; reuse may kill the family
	RefreshRotatingGrace RefreshModel = "rotating_with_grace" // the old one lives on for a while
	RefreshRenewing      RefreshModel = "renewing_access_token"
	RefreshStable        RefreshModel = "stable" // the refresh token stays
	RefreshNone          RefreshModel = "none"   // only the person can renew
)

// GrantedFrom says where the scopes that the person really granted are told.
type GrantedFrom string

const (
	GrantedInToken    GrantedFrom = "token_response" // the token answer's scope field
	GrantedByEndpoint GrantedFrom = "endpoint"       // asked separately
)

// Reach is what revoking one token ends.
type Reach string

const (
	ReachNone    Reach = "none"     // no way to revoke
	ReachToken   Reach = "token"    // that token (and its family)
	ReachUserApp Reach = "user_app" // everything of that person with our app
)

// Role says whether a target may become a channel or only hangs below one.
type Role string

const (
	RoleAccount     Role = "account"
	RoleDestination Role = "destination"
)

// Pick is how many targets one consent may turn into channels.
type Pick string

const (
	PickOne  Pick = "one"
	PickMany Pick = "many"
)

// Scope is a permission we ask for, and what it unlocks for people.
type Scope struct {
	Name     string
	Feature  string // slug: "post", "insights"; pages translate "feature.<slug>"
	Required bool   // without it no channel can work
}

// Denial is how the platform says that the person declined: the values of the
// callback's error parameter.
type Denial struct{ Errors []string }

// Version is one API version with its life.
type Version struct {
	Name     string
	Released time.Time // day, UTC
	Until    time.Time // zero: not announced
}

// InputKind is what the person must type before the platform can be asked.
type InputKind string

const (
	InputHandle InputKind = "handle" // an AT Protocol handle such as alice.bsky.social
	InputServer InputKind = "server" // the host of the person's server, such as mastodon.social
)

// Switch is the platform's way to another account.
type Switch struct {
	// Asks tells that the platform can be made to ask which account: AuthorizeRequest.Switch
	// does it, or what the person types first.
	Asks bool
	// SignOutURL is the real address where the person signs out at the platform; empty:
	// there is no such page, or each server has its own.
	SignOutURL string
}

// TargetKind is a kind of thing a grant can reach.
type TargetKind struct {
	Kind string // page, profile, organization, …
	Role Role
}

// Spec is what a reviewer checks against the platform's documentation without
// reading code. Addresses are always the real ones, also while the Lab stands in.
type Spec struct {
	ID   string // "facebook"
	Name string // the brand, never translated

	AuthorizeURL string // empty where discovery tells it (Bluesky)
	TokenURL     string
	RevokeURL    string
	Origins      []string // further origins that are called, such as the API host

	ClientAuth     ClientAuth
	PKCE           PKCE
	ScopeSeparator string
	Scopes         []Scope
	GrantedScopes  GrantedFrom
	TokenType      string // of the token answer, such as "DPoP"; empty: "Bearer", or none told
	Denial         Denial

	CodeLifetime    time.Duration // zero: not documented
	AccessLifetime  time.Duration // documented; what the answer says rules. Zero: does not expire
	RefreshLifetime time.Duration // zero: unknown or none
	Refresh         RefreshModel
	RefreshOptional bool          // only some apps are given a refresh token; a grant without one is as RefreshNone
	RefreshGrace    time.Duration // RefreshRotatingGrace: how long the old refresh token goes on working
	RefreshRules    []Rule        // what the token endpoint's errors mean for a refresh; those of RFC 6749 §5.2 follow by themselves
	CallRules       []Rule        // what the API's errors mean for the consent
	OwnServers      bool          // each account lives on a server of its own choice: what one answers says nothing of our app
	ProbeEvery      time.Duration // between two probes of a channel; zero: only when asked to (the platform charges for calls)
	Revocation      Reach
	RevokeReplaced  bool // ReachToken: the tokens of a consent are revoked when a new one takes its place; only where that is known to end nothing else

	Version       string    // the API version in use; empty where there are none
	Versions      []Version // newest first
	VersionHeader string    // names the version in each call; empty: the addresses do

	Switch Switch // how a person comes to consent with another account than the one they are signed in with

	Input   InputKind // empty: nothing to type
	Targets []TargetKind
	Pick    Pick

	Sources []string // public documents this was read from
}

// ScopeNames is every scope we ask for, in order.
func (s Spec) ScopeNames() []string {
	names := make([]string, len(s.Scopes))
	for i, sc := range s.Scopes {
		names[i] = sc.Name
	}
	return names
}

// Missing lists what was asked for and not granted, required ones first.
func (s Spec) Missing(granted []string) []Scope {
	var required, optional []Scope
	for _, sc := range s.Scopes {
		switch {
		case slices.Contains(granted, sc.Name):
		case sc.Required:
			required = append(required, sc)
		default:
			optional = append(optional, sc)
		}
	}
	return append(required, optional...)
}

// AllOrigins lists every real origin ("https://host") of the platform, once each.
func (s Spec) AllOrigins() []string {
	var out []string
	for _, raw := range append([]string{s.AuthorizeURL, s.TokenURL, s.RevokeURL}, s.Origins...) {
		u, err := url.Parse(raw)
		if err != nil || u.Host == "" {
			continue
		}
		if o := u.Scheme + "://" + u.Host; !slices.Contains(out, o) {
			out = append(out, o)
		}
	}
	return out
}

// VersionEnds is the announced end of the version in use; zero when open.
func (s Spec) VersionEnds() time.Time {
	for _, v := range s.Versions {
		if v.Name == s.Version {
			return v.Until
		}
	}
	return time.Time{}
}
