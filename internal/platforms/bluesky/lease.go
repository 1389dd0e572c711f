package bluesky

import (
	"fmt"

	"patchbay/internal/platform"
	"patchbay/internal/platform/dpop"
)

// Lease tells how to use the access token: at the account's own data server, and unless it
// is of an app password's session only with a proof of its key in each request.
func (p *Platform) Lease(c platform.Credentials) (platform.Leased, error) {
	s, b, err := p.decodeSession(c.Extra)
	if err != nil {
		return platform.Leased{}, fmt.Errorf("lease of a Bluesky token: %w", err)
	}
	if b == nil {
		return platform.Leased{Type: "Bearer", Server: s.PDS}, nil
	}
	key, err := dpop.FromPrivate(b.key)
	if err != nil {
		return platform.Leased{}, fmt.Errorf("lease of a Bluesky token: %w", err)
	}
	return platform.Leased{Type: "DPoP", Server: s.PDS, Key: key.JWK()}, nil
}
