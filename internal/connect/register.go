package connect

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"patchbay/internal/fault"
	"patchbay/internal/platform"
)

// registeredApp is our app at the server that the person named: the kept one where
// the server still knows it, else one registered now.
func (s *Service) registeredApp(ctx context.Context, platformID string, registrar platform.Registrar, r BeginRequest) (chosenApp, error) {
	server, err := registrar.Server(r.Input)
	if err != nil {
		return chosenApp{}, err
	}
	row, err := s.keptApp(ctx, platformID, registrar, server)
	if !errors.Is(err, fault.NotFound) {
		return s.opened(row, err)
	}
	// One registration at a time for each server; others wait and find it kept.
	unlock, err := s.registering.lock(ctx, platformID+" "+server)
	if err != nil {
		return chosenApp{}, err
	}
	defer unlock()
	row, err = s.keptApp(ctx, platformID, registrar, server)
	if !errors.Is(err, fault.NotFound) {
		return s.opened(row, err)
	}
	if r.NewServer != nil {
		if err := r.NewServer(); err != nil {
			return chosenApp{}, err
		}
	}
	return s.opened(s.register(ctx, registrar, platformID, server))
}

func (s *Service) opened(row App, err error) (chosenApp, error) {
	if err != nil {
		return chosenApp{}, err
	}
	return s.openApp(row)
}

// keptApp is the stored app at the server; fault.NotFound without one that was
// registered for the scopes of today and that the server still knows.
func (s *Service) keptApp(ctx context.Context, platformID string, registrar platform.Registrar, server string) (App, error) {
	row, err := s.store.LiveApp(ctx, 0, platformID, server)
	switch {
	case err != nil:
		return App{}, err
	case row.ClientID == "": // being registered, or that failed
		return App{}, errNotFound
	case row.Scopes == s.scopesOf(platformID):
		if err := s.stillKnown(ctx, platformID, registrar, row); !errors.Is(err, platform.ErrClientUnknown) {
			return row, err
		}
	}
	err = s.store.InTx(ctx, func(tx Tx) error { return tx.RetireApp(ctx, 0, row.ID, s.now()) })
	if err != nil && !errors.Is(err, fault.NotFound) { // not found: another replica retired it
		return App{}, fmt.Errorf("retire app %d: %w", row.ID, err)
	}
	return App{}, errNotFound
}

func (s *Service) stillKnown(ctx context.Context, platformID string, registrar platform.Registrar, row App) error {
	app, err := s.openApp(row)
	if err != nil {
		return err
	}
	return registrar.Known(ctx, s.envOf(platformID), app.App)
}

// register makes the app at the server and keeps it. Its row comes first, since its
// redirect URI names the row. Where another replica was faster its registration is the
// one that counts.
func (s *Service) register(ctx context.Context, registrar platform.Registrar, platformID, server string) (row App, err error) {
	err = s.store.InTx(ctx, func(tx Tx) (err error) {
		row, err = tx.EnsureApp(ctx, App{Platform: platformID, Server: server, CreatedAt: s.now(), UpdatedAt: s.now()})
		return err
	})
	if err != nil {
		return App{}, fmt.Errorf("keep app at %s: %w", server, err)
	}
	made, err := registrar.Register(ctx, s.envOf(row.Platform), platform.Registration{
		Server: row.Server, RedirectURI: s.callbackURI(row.Platform, row.ID),
	})
	if err != nil {
		return App{}, err
	}
	row.ClientID, row.Scopes, row.UpdatedAt = made.ClientID, s.scopesOf(row.Platform), s.now()
	err = s.store.InTx(ctx, func(tx Tx) (err error) {
		if row.Sealed, err = s.vault.Seal(row.place(), made.ClientSecret); err != nil {
			return err
		}
		return tx.FillApp(ctx, row)
	})
	if errors.Is(err, fault.Conflict) {
		kept, err := s.store.LiveApp(ctx, 0, row.Platform, row.Server)
		if err == nil && kept.ClientID == "" { // the server gave a client id that it gave before
			err = platform.ErrServerRefused.Because(errors.New("the server gives out the same client id again"))
		}
		return kept, err
	}
	if err != nil {
		return App{}, fmt.Errorf("keep app %d: %w", row.ID, err)
	}
	return row, nil
}

// scopesOf is what an app of ours is registered for at a server.
func (s *Service) scopesOf(platformID string) string {
	p, _ := s.platforms.Get(platformID)
	return strings.Join(p.Spec().ScopeNames(), " ")
}
