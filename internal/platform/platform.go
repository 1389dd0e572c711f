package platform

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"patchbay/internal/vault"
)

// Platform is what every platform's code must do. The optional interfaces below
// are implemented only where a platform departs from RFC 6749.
type Platform interface {
	Spec() Spec
	// Targets asks whose consent this is and what it can reach. Errors are
	// fault.Error with one of the reasons in errors.go.
	Targets(ctx context.Context, c *Client) (Identity, []Target, error)
}

// Authorizer begins a consent in the platform's own way (Bluesky: discovery and a
// pushed authorization request).
type Authorizer interface {
	Authorize(ctx context.Context, env Env, req AuthorizeRequest) (Authorization, error)
}

// Exchanger turns an authorization code into credentials in the platform's own way.
type Exchanger interface {
	Exchange(ctx context.Context, env Env, req ExchangeRequest) (Token, error)
}

// Publisher serves documents that the platform fetches from us, such as a client
// metadata document. Keys are paths below /oauth/<platform>/.
type Publisher interface {
	Documents(env Env, app App) (map[string]any, error)
}

// Registrar registers our app at a server that the person names, where every server
// is an authorization server of its own (Mastodon). The core keeps the app and
// registers again when the server no longer knows it.
type Registrar interface {
	// Server is the origin ("https://mastodon.example") of what the person typed.
	// ErrServerInvalid when that cannot be a server's name.
	Server(input string) (origin string, err error)
	// Register makes an app at the server. The answer holds client id and secret.
	Register(ctx context.Context, env Env, r Registration) (App, error)
	// Known asks the server whether it still accepts the app: ErrClientUnknown when
	// it does not, any other error when that could not be learned.
	Known(ctx context.Context, env Env, app App) error
}

// Registration is what a server is told about us.
type Registration struct {
	Server      string // its origin
	RedirectURI string
}

// PasswordSigner signs in with a password that the person made for us at the
// platform, where there is such a way beside a consent (Bluesky's app passwords).
type PasswordSigner interface {
	// SignIn opens a session and answers its credentials. Errors: ErrPasswordForm
	// before anything is sent, ErrPasswordWrong, ErrPasswordCode, the errors of the
	// account's address, ErrUnavailable.
	SignIn(ctx context.Context, env Env, req SignInRequest) (Token, error)
}

// SignInRequest is what the person typed.
type SignInRequest struct {
	Account  string // as Spec.Input asks
	Password vault.Secret
}

// App is an OAuth client registered at the platform.
type App struct {
	ID           int64
	Server       string // origin of the server it is registered at, where a platform has many; otherwise empty
	ClientID     string
	ClientSecret vault.Secret
}

// AuthorizeRequest is one trip to the platform.
type AuthorizeRequest struct {
	App         App
	RedirectURI string
	State       string
	Verifier    vault.Secret // PKCE verifier, 43 characters; empty where the platform has no PKCE
	Input       string       // what the person typed first, as Spec.Input asks
	Again       bool         // a permission was declined before: ask for it again
	Switch      bool         // another account consented before than the one that is wanted: ask which
}

// Authorization is where to send the person, and what to remember.
type Authorization struct {
	URL     string       // real address; the caller passes it through the origin table
	Issuer  string       // what the callback's iss must equal (RFC 9207); empty: not sent
	Private vault.Secret // opaque to everybody but the platform; sealed on the attempt
}

// ExchangeRequest carries the authorization code.
type ExchangeRequest struct {
	App         App
	RedirectURI string
	Code        vault.Secret
	Verifier    vault.Secret
	Private     vault.Secret // from Authorization
}

// Token is the answer to a code.
type Token struct {
	Credentials Credentials
	Scopes      []string // granted; nil when the answer does not tell
	Subject     string   // the platform's id of the person, where the answer tells it
}

// Credentials are what a grant (or a target with a token of its own) holds.
type Credentials struct {
	Access    vault.Secret
	Refresh   vault.Secret
	ExpiresAt time.Time    // of Access; zero: does not expire
	Extra     vault.Secret // the platform's own, such as a DPoP key

	RefreshExpiresAt time.Time // of Refresh, as the answer told; zero: it did not
}

type credentialsJSON struct {
	Access    string `json:"access,omitempty"`
	Refresh   string `json:"refresh,omitempty"`
	ExpiresAt int64  `json:"expires_at,omitempty"` // unix milliseconds
	Extra     string `json:"extra,omitempty"`

	RefreshExpiresAt int64 `json:"refresh_expires_at,omitempty"` // unix milliseconds
}

// Encode packs credentials into one secret, to be sealed. Empty ones pack to empty.
func (c Credentials) Encode() vault.Secret {
	if c == (Credentials{}) {
		return vault.Secret{}
	}
	j := credentialsJSON{Access: c.Access.Reveal(), Refresh: c.Refresh.Reveal(), Extra: c.Extra.Reveal()}
	if !c.ExpiresAt.IsZero() {
		j.ExpiresAt = c.ExpiresAt.UnixMilli()
	}
	if !c.RefreshExpiresAt.IsZero() {
		j.RefreshExpiresAt = c.RefreshExpiresAt.UnixMilli()
	}
	b, _ := json.Marshal(j) // strings and integers always marshal
	return vault.NewSecret(string(b))
}

// DecodeCredentials unpacks what Encode packed.
func DecodeCredentials(s vault.Secret) (Credentials, error) {
	if s.Empty() {
		return Credentials{}, nil
	}
	var j credentialsJSON
	if err := json.Unmarshal([]byte(s.Reveal()), &j); err != nil {
		return Credentials{}, fmt.Errorf("stored credentials are not readable") // the cause would quote them
	}
	c := Credentials{Access: vault.NewSecret(j.Access), Refresh: vault.NewSecret(j.Refresh), Extra: vault.NewSecret(j.Extra)}
	if j.ExpiresAt != 0 {
		c.ExpiresAt = time.UnixMilli(j.ExpiresAt).UTC()
	}
	if j.RefreshExpiresAt != 0 {
		c.RefreshExpiresAt = time.UnixMilli(j.RefreshExpiresAt).UTC()
	}
	return c, nil
}

// Facts are what a platform tells about an account. Pointers are nil when it does not.
type Facts struct {
	Name      string
	Username  string
	URL       string
	AvatarURL string
	Category  string
	Followers *int64
	Verified  *bool
}

// Identity is whose consent a grant is.
type Identity struct {
	Subject string // the platform's id, as text; unique within the app
	Facts
	Scopes []string // granted, where they are asked separately; nil: as the token answer said
}

// Target is something that a grant can reach.
type Target struct {
	Kind       string
	Role       Role
	ExternalID string
	Facts
	Credentials Credentials // a token of its own, such as a page's; usually none
	Blocked     string      // why it cannot be chosen: "no_task", "no_token"; empty: it can
}
