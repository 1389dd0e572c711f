package connect

import (
	"context"
	"errors"
	"fmt"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

var errAppExists = fault.New(fault.Conflict, "app_exists", "The workspace has an app at this platform already. Change that one, or retire it first.")

// NewApp is an OAuth client that a workspace registered at a platform itself.
type NewApp struct {
	Platform     string
	Name         string // what the workspace calls it; empty: the platform's name
	ClientID     string
	ClientSecret vault.Secret
}

// RedirectURI is the address to register at the platform for an app.
func (s *Service) RedirectURI(a App) string { return s.callbackURI(a.Platform, a.ID) }

// AddApp keeps a workspace's own credentials at a platform: its people consent to that
// app from now on. The secret is sealed and never told again. Needs ScopeAppsWrite and
// a key that is not bound to an owner.
func (s *Service) AddApp(ctx context.Context, c Caller, n NewApp, once Once[App]) (App, error) {
	if err := c.requireWhole(ScopeAppsWrite); err != nil {
		return App{}, err
	}
	spec, err := s.takesApps(n.Platform)
	if err != nil {
		return App{}, err
	}
	row := App{WorkspaceID: c.WorkspaceID, Platform: n.Platform, Name: n.Name, ClientID: n.ClientID, CreatedAt: s.now(), UpdatedAt: s.now()}
	if row.Name == "" {
		row.Name = spec.Name
	}
	if err := checkApp(row, n.ClientSecret); err != nil {
		return App{}, err
	}
	made, err := effect(ctx, s, c, once, func(tx Tx) (App, error) {
		switch _, err := tx.LiveApp(ctx, c.WorkspaceID, n.Platform, ""); {
		case err == nil:
			return App{}, errAppExists
		case !isNotFound(err):
			return App{}, err
		}
		made, err := tx.InsertApp(ctx, row)
		if errors.Is(err, fault.Conflict) { // another request was faster
			return App{}, errAppExists
		}
		if err != nil {
			return App{}, err
		}
		if made.Sealed, err = s.vault.Seal(made.place(), n.ClientSecret); err != nil {
			return App{}, err
		}
		s.recordApp(tx, c, made, AuditAppCreated, "")
		return made, tx.UpdateApp(ctx, made)
	})
	if err != nil {
		return App{}, fmt.Errorf("add app: %w", err)
	}
	return made, nil
}

// takesApps is the platform's Spec where a workspace can have an app of its own.
func (s *Service) takesApps(platformID string) (platform.Spec, error) {
	p, ok := s.platforms.Get(platformID)
	if !ok {
		return platform.Spec{}, fault.InvalidField("platform", "unknown", "names a platform that is not supported")
	}
	if _, registrar := p.(platform.Registrar); registrar || p.Spec().ClientAuth == platform.AuthJWT {
		return platform.Spec{}, fault.InvalidField("platform", "no_registration", "names a platform where no app is registered by hand")
	}
	return p.Spec(), nil
}

func checkApp(a App, secret vault.Secret) error {
	if err := checkText("name", a.Name, 1, maxName); err != nil {
		return err
	}
	if !plainCredential(a.ClientID, 1) {
		return fault.InvalidField("client_id", "characters", "must be 1 to 1024 visible ASCII characters")
	}
	if !plainCredential(secret.Reveal(), 1) {
		return fault.InvalidField("client_secret", "characters", "must be 1 to 1024 visible ASCII characters")
	}
	return nil
}

// plainCredential holds to VSCHAR without the blank (RFC 6749 appendix A): blanks at
// the ends are what people paste by mistake.
func plainCredential(v string, least int) bool {
	for _, b := range []byte(v) {
		if b <= ' ' || b >= 0x7f {
			return false
		}
	}
	return len(v) >= least && len(v) <= 1024
}

// Apps lists the workspace's own apps, retired ones too, by ascending id. Needs
// ScopeAppsRead and a key that is not bound to an owner.
func (s *Service) Apps(ctx context.Context, c Caller, after int64, limit int) ([]App, error) {
	if err := c.requireWhole(ScopeAppsRead); err != nil {
		return nil, err
	}
	return s.store.Apps(ctx, c.WorkspaceID, after, limit)
}

// App finds one of the workspace's own apps. Needs ScopeAppsRead and a key that is not
// bound to an owner.
func (s *Service) App(ctx context.Context, c Caller, id int64) (App, error) {
	if err := c.requireWhole(ScopeAppsRead); err != nil {
		return App{}, err
	}
	return ownApp(c)(s.store.App(ctx, c.WorkspaceID, id))
}

// ownApp leaves out the instance's apps, which every workspace can use.
func ownApp(c Caller) func(App, error) (App, error) {
	return func(app App, err error) (App, error) {
		if err == nil && app.WorkspaceID != c.WorkspaceID {
			return App{}, NoSuch("app")
		}
		return app, err
	}
}

// AppChange is what to change; nil leaves as it is.
type AppChange struct {
	Name         *string
	ClientSecret *vault.Secret // after it was changed at the platform
}

// ChangeApp changes a live app's name or secret; its client id stays, since grants
// belong to it. Needs ScopeAppsWrite and a key that is not bound to an owner.
func (s *Service) ChangeApp(ctx context.Context, c Caller, id int64, change AppChange) (App, error) {
	if err := c.requireWhole(ScopeAppsWrite); err != nil {
		return App{}, err
	}
	var changed App
	err := s.store.InTx(ctx, func(tx Tx) error {
		a, err := ownApp(c)(tx.LockApp(ctx, c.WorkspaceID, id))
		if err != nil {
			return err
		}
		if !a.RetiredAt.IsZero() {
			return errAppRetired
		}
		setIf(&a.Name, change.Name)
		secret := vault.NewSecret("unchanged")
		if change.ClientSecret != nil {
			secret = *change.ClientSecret
		}
		if err := checkApp(a, secret); err != nil {
			return err
		}
		if change.ClientSecret != nil {
			if a.Sealed, err = s.vault.Seal(a.place(), secret); err != nil {
				return err
			}
		}
		a.UpdatedAt = s.now()
		changed = a
		s.recordApp(tx, c, a, AuditAppChanged, fieldsGiven(map[string]bool{"name": change.Name != nil, "client_secret": change.ClientSecret != nil}))
		if change.ClientSecret == nil {
			a.Sealed = nil // as it is, under whatever key it is by now
		} else if a.HoldUntil = (time.Time{}); a.Holds > 0 { // the next call shows whether this one is taken
			if err := tx.PaceApp(ctx, a); err != nil {
				return err
			}
		}
		return tx.UpdateApp(ctx, a)
	})
	return changed, err
}

var errAppRetired = fault.New(fault.Conflict, "app_retired", "This app is retired.")

// RetireApp ends new consents with an app; channels connected through it keep working.
// Retiring again changes nothing. Needs ScopeAppsWrite and a key that is not bound to
// an owner.
func (s *Service) RetireApp(ctx context.Context, c Caller, id int64) (App, error) {
	if err := c.requireWhole(ScopeAppsWrite); err != nil {
		return App{}, err
	}
	var retired App
	err := s.store.InTx(ctx, func(tx Tx) (err error) {
		if retired, err = ownApp(c)(tx.LockApp(ctx, c.WorkspaceID, id)); err != nil || !retired.RetiredAt.IsZero() {
			return err
		}
		if err := tx.RetireApp(ctx, c.WorkspaceID, id, s.now()); err != nil {
			return err
		}
		s.recordApp(tx, c, retired, AuditAppRetired, "")
		retired, err = tx.App(ctx, c.WorkspaceID, id)
		return err
	})
	return retired, err
}

func (s *Service) recordApp(tx Tx, c Caller, a App, action, fields string) {
	s.Record(tx, c, AuditEntry{Action: action, Data: eventData("app_id", fmt.Sprint(a.ID), "platform", a.Platform, "fields", fields)})
}

// AppTrouble tells how the platform treats the instance's own app: "platform_unavailable",
// "rate_limited", "app_rejected", and since when. Empty: nothing is known against it.
func (s *Service) AppTrouble(ctx context.Context, platformID string) (reason string, since time.Time, err error) {
	app, ok := s.apps[platformID]
	if !ok {
		return "", time.Time{}, nil
	}
	row, err := s.store.App(ctx, 0, app.ID)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("app %d: %w", app.ID, err)
	}
	return row.Trouble, row.TroubleAt, nil
}
