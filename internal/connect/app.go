package connect

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// App is an OAuth client registered at a platform, as stored: the instance's own
// (whose secret is configuration and not stored), a workspace's, or one that we
// registered at a server.
type App struct {
	ID          int64
	WorkspaceID int64 // 0: the instance's
	Platform    string
	Server      string // origin, for platforms with many servers; otherwise empty
	Name        string // what a workspace calls it
	ClientID    string // empty: being registered
	Sealed      []byte // client secret; nil: none stored
	Scopes      string // as registered at the server, separated by spaces; otherwise empty
	CreatedAt   time.Time
	UpdatedAt   time.Time
	RetiredAt   time.Time // no consent begins with it any more; grants that have it keep it. Zero: live

	// How the platform treats it, for all grants that were given to it.
	Trouble   string    // "", "platform_unavailable", "rate_limited", "app_rejected"
	TroubleAt time.Time // since when; zero without trouble
	Failing   int       // transient failures in a row
	Holds     int       // how often in a row it was held back
	HoldUntil time.Time // no refresh is begun before; zero: none is held back
	PaceAt    time.Time // up to when its calls have used the rate up, by the database's clock
	Share     int       // thousandths of the rate that it was cut to at SlowedAt
	SlowedAt  time.Time // when its platform last said "too many"; zero: never
}

func (a App) place() vault.Place {
	return vault.Place{Workspace: a.WorkspaceID, Table: "apps", Row: a.ID, Field: "client_secret"}
}

// chosenApp is an app to consent at, and the address that it sends the person back to.
type chosenApp struct {
	platform.App
	RedirectURI string
}

// callbackURI is the address that the platform sends the person back to. It is
// printed in setup guides and never changes. The instance's own app has the plain
// one; every other app has one of its own, so that an answer meant for one cannot be
// given to another.
func (s *Service) callbackURI(platformID string, appID int64) string {
	path := s.env.PublicURL + "/oauth/callback/" + platformID
	if app, ok := s.apps[platformID]; ok && app.ID == appID {
		return path
	}
	return path + "/" + strconv.FormatInt(appID, 10)
}

// appFor is the app at which a workspace's people consent: its own, else the
// instance's, else the one registered at the server that the person named.
func (s *Service) appFor(ctx context.Context, workspaceID int64, p platform.Platform, r BeginRequest) (chosenApp, error) {
	id := p.Spec().ID
	own, err := s.store.LiveApp(ctx, workspaceID, id, "")
	switch {
	case err == nil:
		return s.openApp(own)
	case !errors.Is(err, fault.NotFound):
		return chosenApp{}, fmt.Errorf("app of workspace %d: %w", workspaceID, err)
	}
	if app, ok := s.apps[id]; ok {
		return chosenApp{app, s.callbackURI(id, app.ID)}, nil
	}
	if registrar, ok := p.(platform.Registrar); ok {
		return s.registeredApp(ctx, id, registrar, r)
	}
	return chosenApp{}, ErrNotConfigured
}

// appOf is the app with which an attempt was begun.
func (s *Service) appOf(ctx context.Context, a Attempt) (platform.App, error) {
	if app, ok := s.apps[a.Platform]; ok && app.ID == a.AppID {
		return app, nil
	}
	row, err := s.store.App(ctx, a.WorkspaceID, a.AppID)
	if errors.Is(err, fault.NotFound) {
		return platform.App{}, ErrNotConfigured
	}
	if err != nil {
		return platform.App{}, fmt.Errorf("app %d: %w", a.AppID, err)
	}
	if row.Sealed == nil { // the instance's own, which is no longer configured
		return platform.App{}, ErrNotConfigured
	}
	chosen, err := s.openApp(row)
	return chosen.App, err
}

// KeptAppSecret is the stored secret of an app of the instance; without one made now
// and kept, so that all replicas have the same.
func KeptAppSecret(ctx context.Context, store Store, v *vault.Vault, row App, generate func() (vault.Secret, error)) (vault.Secret, error) {
	if row.Sealed == nil {
		secret, err := generate()
		if err != nil {
			return vault.Secret{}, err
		}
		if row.Sealed, err = v.Seal(row.place(), secret); err != nil {
			return vault.Secret{}, err
		}
		err = store.InTx(ctx, func(tx Tx) error { return tx.SealApp(ctx, row.ID, row.Sealed) })
		if errors.Is(err, fault.Conflict) { // another replica was faster
			row, err = store.App(ctx, 0, row.ID)
		}
		if err != nil {
			return vault.Secret{}, fmt.Errorf("keep secret of app %d: %w", row.ID, err)
		}
	}
	return v.Open(row.place(), row.Sealed)
}

// openApp is a stored app, ready for use.
func (s *Service) openApp(row App) (chosenApp, error) {
	secret, err := s.vault.Open(row.place(), row.Sealed)
	if err != nil {
		return chosenApp{}, fmt.Errorf("app %d: %w", row.ID, err)
	}
	app := platform.App{ID: row.ID, Server: row.Server, ClientID: row.ClientID, ClientSecret: secret}
	return chosenApp{app, s.callbackURI(row.Platform, row.ID)}, nil
}
