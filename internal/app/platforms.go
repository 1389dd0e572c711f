package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"patchbay/internal/config"
	"patchbay/internal/connect"
	"patchbay/internal/lab"
	"patchbay/internal/metrics"
	"patchbay/internal/platform"
	"patchbay/internal/platform/meta"
	"patchbay/internal/platforms"
	"patchbay/internal/platforms/bluesky"
	"patchbay/internal/platforms/linkedin"
	"patchbay/internal/platforms/mastodon"
	"patchbay/internal/vault"
)

// platformSet is the platforms with the apps that this instance has at them.
type platformSet struct {
	registry *platform.Registry
	apps     map[string]platform.App
	tables   map[string]originTable // of those that the Lab plays, by platform id
	lab      []string               // the platforms that the Lab plays
}

// originTable is where the Lab stands in for one platform.
type originTable struct {
	calls   map[string]string // for our calls
	browser map[string]string // for the people we send there
}

// PlatformIDs names the platforms at which an operator registers an app, for
// configuration. Bluesky has no registration: its client follows from the public URL;
// at Mastodon's servers we register ourselves.
func PlatformIDs() []string {
	var ids []string
	for _, p := range platforms.All(platforms.Config{}) {
		_, registers := p.(platform.Registrar)
		if spec := p.Spec(); spec.ClientAuth != platform.AuthJWT && !registers {
			ids = append(ids, spec.ID)
		}
	}
	return ids
}

// platformList is every platform as the settings have it, and the settings with the
// apps of those that the operator describes.
func platformList(cfg config.Config) ([]platform.Platform, config.Config, error) {
	if v := cfg.FacebookVersion; v != "" && !meta.ValidVersion(v) {
		return nil, cfg, fmt.Errorf("PATCHBAY_FACEBOOK_VERSION: must be a Graph API version such as %s", meta.DefaultVersion)
	}
	if v := cfg.LinkedInVersion; v != "" && !linkedin.ValidVersion(v) {
		return nil, cfg, fmt.Errorf("PATCHBAY_LINKEDIN_VERSION: must be a year and month such as %s", linkedin.DefaultVersion)
	}
	return addCustom(cfg, platforms.All(platforms.Config{
		FacebookVersion: cfg.FacebookVersion,
		LinkedIn:        linkedin.Config{Version: cfg.LinkedInVersion, MembersOnly: cfg.LinkedInOrganizations == "off"},
		Mastodon:        mastodon.Config{Trusted: cfg.TrustedOrigins},
		Bluesky:         bluesky.Config{PLC: cfg.BlueskyPLC, HandleResolver: cfg.BlueskyResolver, Trusted: cfg.TrustedOrigins},
	}))
}

func (a *App) platforms(ctx context.Context, cfg config.Config, opt Options) (platformSet, error) {
	list, cfg, err := platformList(cfg)
	if err != nil {
		return platformSet{}, err
	}
	set := platformSet{registry: platform.NewRegistry(list), apps: map[string]platform.App{}, tables: map[string]originTable{}}
	if opt.Lab {
		if a.Lab, err = openLab(labURL(cfg), opt.Clock, opt.LabFile); err != nil {
			return platformSet{}, err
		}
	}
	for _, p := range list {
		spec := p.Spec()
		if _, registers := p.(platform.Registrar); registers { // nothing to configure: servers that exist stay real
			if a.Lab != nil {
				set.play(cfg, spec, lab.MastodonServers())
			}
			continue
		}
		app, inLab, err := a.appFor(cfg, spec)
		if err != nil {
			return platformSet{}, fmt.Errorf("app at %s: %w", spec.ID, err)
		}
		if app.ClientID == "" {
			continue
		}
		row, err := a.ensureApp(ctx, connect.App{Platform: spec.ID, ClientID: app.ClientID, CreatedAt: opt.Now(), UpdatedAt: opt.Now()})
		if err != nil {
			return platformSet{}, fmt.Errorf("app at %s: %w", spec.ID, err)
		}
		app.ID = row.ID
		if spec.ClientAuth == platform.AuthJWT && !config.OnLoopback(cfg.PublicURL) {
			if app.ClientSecret, err = a.clientKey(ctx, cfg, row); err != nil {
				return platformSet{}, fmt.Errorf("app at %s: %w", spec.ID, err)
			}
		}
		set.apps[spec.ID] = app
		if inLab {
			set.play(cfg, spec, nil)
		}
	}
	return set, nil
}

// play puts the Lab in the place of a platform, and of the servers that it plays there.
func (set *platformSet) play(cfg config.Config, spec platform.Spec, servers []string) {
	for _, host := range servers {
		spec.Origins = append(spec.Origins, "https://"+host)
	}
	table := originTable{browser: platform.LabOrigins(labURL(cfg), []platform.Spec{spec})}
	table.calls = table.browser
	if cfg.LabCallURL != "" {
		table.calls = platform.LabOrigins(cfg.LabCallURL, []platform.Spec{spec})
	}
	set.tables[spec.ID] = table
	set.lab = append(set.lab, spec.ID)
}

// envs gives each platform a client whose calls are counted as its own, and where the
// Lab plays it an origin table of its own.
func (set platformSet) envs(env platform.Env, m *metrics.Metrics) map[string]platform.Env {
	all := map[string]platform.Env{}
	for _, p := range set.registry.All() {
		id, own := p.Spec().ID, env
		if table, played := set.tables[id]; played {
			own.HTTP = own.HTTP.WithOrigins(table.calls, table.browser)
		}
		own.HTTP = own.HTTP.Observed(func(status int, sent bool, took time.Duration) { m.Call(id, status, sent, took) })
		all[id] = own
	}
	return all
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
		return platform.App{ClientID: bluesky.ClientID(cfg.PublicURL, redirect)}, false, nil
	}
	if a.Lab == nil {
		return platform.App{}, false, nil
	}
	app = platform.App{ClientID: "lab-" + spec.ID, ClientSecret: vault.NewSecret(rand.Text())}
	registered := lab.App{
		Platform: spec.ID, Name: "Patchbay", ClientID: app.ClientID, ClientSecret: app.ClientSecret.Reveal(), RedirectURIs: []string{redirect},
	}
	a.labApps = append(a.labApps, registered)
	return app, true, a.Lab.Register(registered)
}

// clientKey is the key of Bluesky's client, which is a confidential one over https: kept
// in the database, since every replica must have the same and it must outlive restarts.
// A file that an earlier version made is taken over.
func (a *App) clientKey(ctx context.Context, cfg config.Config, row connect.App) (vault.Secret, error) {
	return connect.KeptAppSecret(ctx, a.store, a.keys.vault, row, func() (vault.Secret, error) {
		text, err := os.ReadFile(filepath.Join(cfg.DataDir, "bluesky-client-key.pem"))
		if errors.Is(err, fs.ErrNotExist) {
			return bluesky.NewClientKey(), nil
		}
		return vault.NewSecret(string(text)), err
	})
}

func (a *App) ensureApp(ctx context.Context, row connect.App) (kept connect.App, err error) {
	err = a.store.InTx(ctx, func(tx connect.Tx) (err error) {
		kept, err = tx.EnsureApp(ctx, row)
		return err
	})
	return kept, err
}
