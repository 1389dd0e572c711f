// Package custom connects platforms that an operator describes in a file: OAuth 2.0
// with what RFC 6749 leaves open said there. It owns the file's form, and the parts that
// a server may have beside the engine's: metadata (RFC 8414, OpenID Connect Discovery),
// pushed requests (RFC 9126), tokens bound to a key (RFC 9449). ID tokens are not read,
// and a client authenticates with a secret or not at all: no private_key_jwt, no mTLS.
package custom

import (
	_ "embed"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"patchbay/internal/platform"
	"patchbay/internal/platform/dpop"
	"patchbay/internal/vault"
)

// Platform is one platform as its file describes it. It is safe for concurrent use.
type Platform struct {
	spec     platform.Spec
	clientID string
	secret   vault.Secret
	issuer   string    // whose metadata is read; empty: nobody's
	fixed    endpoints // as the file names them: they go before the metadata's
	par      parMode
	dpop     bool
	params   url.Values // further ones of the authorization request
	// switching are those that have the server ask which account.
	switching url.Values
	identity  identity
	targets   *targets // nil: the identity is the one target
	renew     renewal
	trusted   []string

	found  metadata
	sender dpop.Sender
}

var (
	_ platform.Platform   = (*Platform)(nil)
	_ platform.Authorizer = (*Platform)(nil)
	_ platform.Exchanger  = (*Platform)(nil)
	_ platform.Refresher  = (*Platform)(nil)
	_ platform.Revoker    = (*Platform)(nil)
	_ platform.Verifier   = (*Platform)(nil)
	_ platform.Leaser     = (*Platform)(nil)
	_ platform.Checker    = (*Platform)(nil)
	_ platform.Guide      = (*Platform)(nil)
)

// parMode is when the authorization request is pushed first.
type parMode int

const (
	parAsServerSays  parMode = iota // where its metadata requires it
	parWherePossible                // where it has an endpoint for it
	parAlways
	parNever
)

// Spec is a copy: a caller cannot change the form for everybody.
func (p *Platform) Spec() platform.Spec {
	s := p.spec
	s.Scopes, s.Targets = slices.Clone(s.Scopes), slices.Clone(s.Targets)
	return s
}

// App is the client as the file describes it. The secret is empty for a public one.
func (p *Platform) App() (clientID string, secret vault.Secret) { return p.clientID, p.secret }

//go:embed icon.svg
var icon string

// Icon is a neutral mark: two rings that are linked.
func (p *Platform) Icon() string { return icon }

// Setup says what the operator registers there.
func (p *Platform) Setup() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\nThe operator of this server described this platform in a file.\n\n", p.spec.Name)
	fmt.Fprintf(&b, "Redirect URI to register there:\n\n    {public}/oauth/callback/%s\n", p.spec.ID)
	if len(p.spec.Scopes) > 0 {
		b.WriteString("\nScopes that the app asks for:\n\n")
	}
	for _, s := range p.spec.Scopes {
		need := "optional"
		if s.Required {
			need = "required"
		}
		fmt.Fprintf(&b, "- `%s` (%s)\n", s.Name, need)
	}
	return b.String()
}
