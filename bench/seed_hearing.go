package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/platform"
	"patchbay/internal/store/sqlstore"
	"patchbay/internal/vault"
	"patchbay/internal/webhook"
)

// hearing is a workspace with channels and endpoints that hear of them.
type hearing struct {
	caller   connect.Caller
	key      string
	owner    int64
	channels []int64
	secrets  []string // of its endpoints
}

// perWorkspace is how many endpoints a workspace may have, as package webhook has it.
const perWorkspace = 100

// hearingSeed fills a database with such workspaces through the program's own use cases.
type hearingSeed struct {
	store *sqlstore.Store
	core  *connect.Service
	hooks *webhook.Service
}

func openHearing(ctx context.Context, dsn string, keys *vault.Vault) (*hearingSeed, error) {
	store, err := sqlstore.Open(ctx, sqlstore.Config{DSN: dsn, Migrate: true})
	if err != nil {
		return nil, err
	}
	core := connect.New(connect.Config{Store: store, Vault: keys, Env: platform.Env{Now: time.Now}})
	return &hearingSeed{store: store, core: core, hooks: webhook.New(webhook.Config{
		Store: store, Core: core, Vault: keys, Client: webhook.NewClient(nil, true), Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})}, nil
}

// workspace makes one with channels of one owner and an endpoint at each URL, for events of
// these types; none: of all.
func (s *hearingSeed) workspace(ctx context.Context, channels int, urls, types []string) (h hearing, err error) {
	w, err := s.core.CreateWorkspace(ctx, connect.Workspace{Name: "Benchmark"})
	if err != nil {
		return h, err
	}
	key, raw, err := s.core.CreateKey(ctx, connect.Key{WorkspaceID: w.ID, Name: "benchmark", Scopes: connect.Scopes()})
	if err != nil {
		return h, err
	}
	h.key, h.caller = raw.Reveal(), connect.Caller{WorkspaceID: w.ID, KeyID: key.ID, Scopes: connect.Scopes()}
	owners, err := seedOwners(ctx, s.store, w.ID, 1)
	if err != nil {
		return h, err
	}
	h.owner = owners[0]
	h.channels, err = inBatches(ctx, s.store, channels, func(tx connect.Tx, i int) (int64, error) {
		saved, err := tx.SaveChannel(ctx, newChannel(w.ID, h.owner, i))
		return saved.ID, err
	})
	if err != nil {
		return h, err
	}
	for _, url := range urls {
		made, err := s.hooks.CreateEndpoint(ctx, h.caller, webhook.NewEndpoint{URL: url, Types: types}, connect.Once[webhook.CreatedEndpoint]{})
		if err != nil {
			return h, err
		}
		h.secrets = append(h.secrets, made.Secret.Reveal())
	}
	return h, nil
}

// changed writes n changes of the workspace's channels into its log, in turn, and with
// each its deliveries.
func (s *hearingSeed) changed(ctx context.Context, h hearing, n int) error {
	for from := 0; from < n; from += batch {
		err := s.store.InTx(ctx, func(tx connect.Tx) error {
			for i := from; i < min(from+batch, n); i++ {
				kind := connect.EventChannelPaused
				if i/len(h.channels)%2 == 1 {
					kind = connect.EventChannelResumed
				}
				tx.Emit(connect.Event{
					WorkspaceID: h.caller.WorkspaceID, Type: kind, OwnerID: h.owner, ChannelID: h.channels[i%len(h.channels)],
					Cause: connect.CauseIntegration, Data: []byte(`{"platform":"facebook"}`), At: time.Now(),
				})
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("write a backlog: %w", err)
		}
	}
	return nil
}

// holdFor is less than what a receiver may ask for: a longer hold is one by a wrong clock,
// and forgotten when the program starts.
const holdFor = 50 * time.Minute

// hold lets nothing be sent to the workspace's endpoints for a while, as when they answered
// 429 with Retry-After.
func (s *hearingSeed) hold(ctx context.Context, h hearing) error {
	endpoints, err := s.store.Endpoints(ctx, h.caller.WorkspaceID, 0, perWorkspace)
	if err != nil {
		return err
	}
	return s.store.InTx(ctx, func(tx connect.Tx) error {
		for _, e := range endpoints {
			e.HeldUntil = time.Now().Add(holdFor)
			if err := tx.(webhook.Tx).UpdateEndpoint(ctx, e); err != nil {
				return err
			}
		}
		return nil
	})
}
