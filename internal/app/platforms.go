package app

import (
	"context"
	"crypto/rand"
	"fmt"
	"path/filepath"

	"patchbay/internal/config"
	"patchbay/internal/connect"
	"patchbay/internal/lab"
	"patchbay/internal/platform"
	"patchbay/internal/platform/meta"
	"patchbay/internal/platforms"
	"patchbay/internal/platforms/bluesky"
	"patchbay/internal/vault"
)

// platformSet is the platforms with the apps that this instance has at them.
type platformSet struct {
	registry *platform.Registry
	apps     map[string]platform.App
	origins  map[string]string // where the Lab stands in, for our calls
	browser  map[string]string // and for the people we send there
	lab      []string          // the platforms that the Lab plays
}

// PlatformIDs names the platforms at which an operator registers an app, for
// configuration. Bluesky has no registration: its client follows from the public URL.
func PlatformIDs() []string {
	var ids []string
	for _, p := range platforms.All(platforms.Config{}) {
		if spec := p.Spec(); spec.ClientAuth != platform.AuthJWT {
			ids = append(ids, spec.ID)
		}
	}
	return ids
}

func (a *App) platforms(ctx context.Context, cfg config.Config, opt Options) (platformSet, error) {
	if v := cfg.FacebookVersion; v != "" && !meta.ValidVersion(v) {
		return platformSet{}, fmt.Errorf("PATCHBAY_FACEBOOK_VERSION: must be a Graph API version such as %s", meta.DefaultVersion)
	}
	list := platforms.All(platforms.Config{
		FacebookVersion: cfg.FacebookVersion,
		Bluesky:         bluesky.Config{PLC: cfg.BlueskyPLC, HandleResolver: cfg.BlueskyResolver, Trusted: cfg.TrustedOrigins},
	})
	set := platformSet{registry: platform.NewRegistry(list), apps: map[string]platform.App{}}
	if opt.Lab {
		a.Lab = lab.New(lab.Config{BaseURL: labURL(cfg), Now: opt.Now})
	}
	var fromLab []platform.Spec
	for _, p := range list {
		spec := p.Spec()
		app, inLab, err := a.appFor(cfg, spec)
		if err != nil {
			return platformSet{}, fmt.Errorf("app at %s: %w", spec.ID, err)
		}
		if app.ClientID == "" {
			continue
		}
		row, err := a.ensureApp(ctx, connect.App{Platform: spec.ID, ClientID: app.ClientID, CreatedAt: opt.Now()})
		if err != nil {
			return platformSet{}, fmt.Errorf("app at %s: %w", spec.ID, err)
		}
		app.ID = row.ID
		set.apps[spec.ID] = app
		if inLab {
			fromLab = append(fromLab, spec)
			set.lab = append(set.lab, spec.ID)
		}
	}
	set.browser = platform.LabOrigins(labURL(cfg), fromLab)
	set.origins = set.browser
	if cfg.LabCallURL != "" {
		set.origins = platform.LabOrigins(cfg.LabCallURL, fromLab)
	}
	return set, nil
}

func labURL(cfg config.Config) string {
	if cfg.LabURL != "" {
		return cfg.LabURL
	}
	return cfg.PublicURL
}

// appFor is the instance's app at a platform: configured, Bluesky's own kind, or
// one that the Lab was just given. A zero App means that there is none.
func (a *App) appFor(cfg config.Config, spec platform.Spec) (app platform.App, inLab bool, err error) {
	redirect := cfg.PublicURL + "/oauth/callback/" + spec.ID
	if own, ok := cfg.Apps[spec.ID]; ok {
		return platform.App{ClientID: own.ClientID, ClientSecret: own.ClientSecret}, false, nil
	}
	if spec.ClientAuth == platform.AuthJWT {
		app, err = blueskyApp(cfg, redirect)
		return app, false, err
	}
	if a.Lab == nil {
		return platform.App{}, false, nil
	}
	app = platform.App{ClientID: "lab-" + spec.ID, ClientSecret: vault.NewSecret(rand.Text())}
	registered := lab.App{
		Platform: spec.ID, ClientID: app.ClientID, ClientSecret: app.ClientSecret.Reveal(), RedirectURIs: []string{redirect},
	}
	a.labApps = append(a.labApps, registered)
	return app, true, a.Lab.Register(registered)
}

// blueskyApp needs no registration: its client id follows from the public URL. Over
// https it is a confidential client, whose key must outlive restarts.
func blueskyApp(cfg config.Config, redirect string) (platform.App, error) {
	app := platform.App{ClientID: bluesky.ClientID(cfg.PublicURL, redirect)}
	if app.ClientID == "" || config.OnLoopback(cfg.PublicURL) {
		return app, nil
	}
	key, err := KeptSecret(filepath.Join(cfg.DataDir, "bluesky-client-key.pem"), func() (vault.Secret, error) {
		return bluesky.NewClientKey(), nil
	})
	app.ClientSecret = key
	return app, err
}

func (a *App) ensureApp(ctx context.Context, row connect.App) (kept connect.App, err error) {
	err = a.store.InTx(ctx, func(tx connect.Tx) (err error) {
		kept, err = tx.EnsureApp(ctx, row)
		return err
	})
	return kept, err
}
