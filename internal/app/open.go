package app

import (
	"context"

	"patchbay/internal/config"
	"patchbay/internal/store/sqlstore"
)

// openStore opens the database with its schema up to date, or refuses.
func openStore(ctx context.Context, cfg config.Config, opt Options) (*sqlstore.Store, error) {
	store, err := sqlstore.Open(ctx, sqlstore.Config{DSN: databaseURL(cfg), Migrate: !opt.KeepSchema})
	if err != nil || !opt.KeepSchema {
		return store, err
	}
	schema, err := store.Schema(ctx)
	if err == nil {
		err = schema.Usable()
	}
	if err != nil {
		_ = store.Close()
		return nil, err
	}
	return store, nil
}

// Started is what the program says of itself once when it starts.
type Started struct {
	Engine    string   // "sqlite" or "postgres"
	Migrated  []string // migrations that were run
	Copy      string   // where a SQLite file was copied before; empty: nowhere
	Platforms []string // those that have an app
}

// Started tells what New found and did.
func (a *App) Started() Started {
	m := a.store.Migrated()
	s := Started{Engine: a.store.Engine(), Migrated: m.Applied, Copy: m.Copy}
	for _, p := range a.Service.Platforms().All() {
		if id := p.Spec().ID; a.Service.Configured(id) {
			s.Platforms = append(s.Platforms, id)
		}
	}
	return s
}
