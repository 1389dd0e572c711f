// Package platforms lists the platforms of this program. Adding one is a folder and a
// line here; deleting one is the same the other way round.
package platforms

import (
	"patchbay/internal/platform"
	"patchbay/internal/platforms/bluesky"
	"patchbay/internal/platforms/facebook"
	"patchbay/internal/platforms/instagram"
	"patchbay/internal/platforms/linkedin"
	"patchbay/internal/platforms/mastodon"
	"patchbay/internal/platforms/x"
)

// Config is what the operator can set about platforms.
type Config struct {
	FacebookVersion string // Graph API version of Facebook and Instagram, such as "v25.0"; empty: meta.DefaultVersion
	LinkedIn        linkedin.Config
	Mastodon        mastodon.Config
	Bluesky         bluesky.Config
}

// All is every platform in the order in which people see them.
func All(cfg Config) []platform.Platform {
	return []platform.Platform{
		facebook.New(cfg.FacebookVersion),
		instagram.New(cfg.FacebookVersion),
		x.New(),
		linkedin.New(cfg.LinkedIn),
		mastodon.New(cfg.Mastodon),
		bluesky.New(cfg.Bluesky),
	}
}
