// Package mastodon connects Mastodon accounts. Every server is an authorization
// server of its own, at which our app registers itself when the first person names
// it; the package owns what follows from that: reading what people type, discovery
// with its fallback for servers before 4.3, registration, and ids that are unique
// only with the server's name. It keeps no app and no session.
package mastodon

import (
	_ "embed"
	"strings"

	"patchbay/internal/platform"
)

// Config is what an operator or a developer may set.
type Config struct {
	Name string // the app's name on consent pages, at most 60 characters; empty: "Patchbay"
	// Trusted origins may be plain http, on loopback and on a port: development
	// servers. The guarded client has to trust them too.
	Trusted []string
}

// Platform is Mastodon. It is safe for concurrent use.
type Platform struct {
	name    string
	trusted []string
}

var (
	_ platform.Platform   = (*Platform)(nil)
	_ platform.Registrar  = (*Platform)(nil)
	_ platform.Authorizer = (*Platform)(nil)
	_ platform.Exchanger  = (*Platform)(nil)
	_ platform.Revoker    = (*Platform)(nil)
	_ platform.Verifier   = (*Platform)(nil)
	_ platform.Guide      = (*Platform)(nil)
)

// New fills in what Config leaves empty.
func New(cfg Config) platform.Platform {
	p := &Platform{name: cfg.Name}
	if p.name == "" {
		p.name = "Patchbay"
	}
	for _, origin := range cfg.Trusted {
		p.trusted = append(p.trusted, strings.TrimRight(origin, "/"))
	}
	return p
}

//go:embed icon.svg
var icon string

//go:embed setup.md
var setup string

// Spec is the form as a server of today fills it in.
func (p *Platform) Spec() platform.Spec { return spec() }

// Icon is the mark of simple-icons (CC0).
func (p *Platform) Icon() string { return icon }

// Setup is short: there is nothing to register.
func (p *Platform) Setup() string { return setup }
