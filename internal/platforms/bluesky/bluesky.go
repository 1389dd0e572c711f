// Package bluesky connects accounts of the AT Protocol by its OAuth profile:
// handle first, then discovery of the account's own servers, a pushed
// authorization request, and tokens bound to a key (DPoP). An app password is the
// second way, for servers and people that cannot use the first. It owns everything
// that only this protocol needs; it keeps no session and renders no page.
//
// Of indigo it uses the syntax package. Its auth/oauth package is left out: its
// init replaces golang-jwt's ES256 for the whole program and changes how that
// library writes "aud", its JWKs drop leading zeroes of a coordinate (RFC 7518
// §6.2.1.2 forbids it; one key in 128), and it brings Prometheus and protobuf.
package bluesky

import (
	"context"
	_ "embed"
	"net"
	"strings"
	"time"

	"patchbay/internal/platform"
)

// Config is what an operator or a developer may set.
type Config struct {
	Name string // the client's name on the consent page; empty: "Patchbay"
	PLC  string // origin of the did:plc directory; empty: https://plc.directory
	// HandleResolver is the origin of a server whose com.atproto.identity.resolveHandle
	// is asked instead of DNS and .well-known, for handles that exist only on a
	// development server. Empty: as the protocol says.
	HandleResolver string
	// Trusted origins may be plain http, on loopback and on a port: development
	// servers. The guarded client has to trust them too.
	Trusted []string
}

// Platform is Bluesky. It is safe for concurrent use.
type Platform struct {
	cfg       Config
	lookupTXT func(ctx context.Context, name string) ([]string, error)
	wallClock func() time.Time // of proofs and assertions, which servers compare with their own
}

var (
	_ platform.Platform       = (*Platform)(nil)
	_ platform.Authorizer     = (*Platform)(nil)
	_ platform.Exchanger      = (*Platform)(nil)
	_ platform.PasswordSigner = (*Platform)(nil)
	_ platform.Refresher      = (*Platform)(nil)
	_ platform.Prober         = (*Platform)(nil)
	_ platform.Revoker        = (*Platform)(nil)
	_ platform.Unimportable   = (*Platform)(nil)
	_ platform.Leaser         = (*Platform)(nil)
	_ platform.Publisher      = (*Platform)(nil)
	_ platform.Guide          = (*Platform)(nil)
)

// New fills in what Config leaves empty.
func New(cfg Config) platform.Platform { return newPlatform(cfg) }

func newPlatform(cfg Config) *Platform {
	if cfg.Name == "" {
		cfg.Name = "Patchbay"
	}
	if cfg.PLC == "" {
		cfg.PLC = "https://plc.directory"
	}
	cfg.PLC = strings.TrimRight(cfg.PLC, "/")
	cfg.HandleResolver = strings.TrimRight(cfg.HandleResolver, "/")
	trusted := make([]string, len(cfg.Trusted))
	for i, origin := range cfg.Trusted {
		trusted[i] = strings.TrimRight(origin, "/")
	}
	cfg.Trusted = trusted
	return &Platform{cfg: cfg, lookupTXT: net.DefaultResolver.LookupTXT, wallClock: time.Now}
}

//go:embed icon.svg
var icon string

//go:embed setup.md
var setup string

// Icon is the butterfly of simple-icons (CC0).
func (p *Platform) Icon() string { return icon }

// Setup is short: there is nothing to register.
func (p *Platform) Setup() string { return setup }
