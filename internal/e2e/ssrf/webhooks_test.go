package ssrf_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/httpx"
	"patchbay/internal/platform"
	"patchbay/internal/store/sqlstore"
	"patchbay/internal/vault"
	"patchbay/internal/webhook"
)

// webhookDoors are where messages are sent: to an address that was checked when it was
// saved, and that a row from elsewhere, or a name that has turned, leads around.
var webhookDoors = []door{
	{name: "webhooks: a delivery", open: func(ctx context.Context, s *stranger, env platform.Env, host string) {
		s.sender(env).deliver(ctx, "https://"+host+"/hook")
	}},
	{name: "webhooks: a test", open: func(ctx context.Context, s *stranger, env platform.Env, host string) {
		s.sender(env).test(ctx, "https://"+host)
	}},
}

// office is a database with webhooks, which all senders share.
type office struct {
	dir   string
	store *sqlstore.Store
	vault *vault.Vault
}

var openOffice = sync.OnceValues(func() (o office, err error) {
	if o.dir, err = os.MkdirTemp("", "ssrf"); err != nil {
		return o, err
	}
	keyset, err := vault.NewKeyset()
	if err != nil {
		return o, err
	}
	if o.vault, err = vault.New(keyset); err != nil {
		return o, err
	}
	o.store, err = sqlstore.Open(context.Background(), sqlstore.Config{DSN: "sqlite:" + filepath.Join(o.dir, "office.db"), Migrate: true})
	return o, err
})

func closeOffice() error {
	o, err := openOffice()
	if err != nil {
		return err
	}
	return errors.Join(o.store.Close(), os.RemoveAll(o.dir))
}

// sender is a workspace with an endpoint, and the program's sender with the client of an
// env. Its clock stands still: what failed is not due again.
type sender struct {
	t      testing.TB
	at     time.Time
	store  *sqlstore.Store
	hooks  *webhook.Service
	caller connect.Caller
	id     int64 // of the endpoint
}

// sender is the one that sends to this stranger, among others.
func (s *stranger) sender(env platform.Env) *sender {
	s.opened.Do(func() { s.sends = newSender(s.t, env.HTTP, s.url+"/hook") })
	return s.sends
}

func newSender(t testing.TB, client *httpx.Client, address string) *sender {
	o, err := openOffice()
	must(t, err)
	at := time.Now()
	now := func() time.Time { return at }
	log := slog.New(slog.DiscardHandler)
	core := connect.New(connect.Config{
		Store: o.store, Vault: o.vault, Platforms: platform.NewRegistry(nil), Apps: map[string]platform.App{},
		Env: platform.Env{HTTP: client, Now: now, PublicURL: "https://connect.example"}, Log: log,
	})
	space, err := core.CreateWorkspace(t.Context(), connect.Workspace{Name: "Test"})
	must(t, err)
	s := &sender{
		t: t, at: at, store: o.store, caller: connect.Caller{WorkspaceID: space.ID, KeyID: 1, Scopes: connect.WorkspaceScopes()},
		hooks: webhook.New(webhook.Config{Store: o.store, Core: core, Vault: o.vault, Client: client, Now: now, Log: log}),
	}
	made, err := s.hooks.CreateEndpoint(t.Context(), s.caller, webhook.NewEndpoint{URL: address}, connect.Once[webhook.CreatedEndpoint]{})
	must(t, err)
	s.id = made.ID
	return s
}

// lead writes an address into the endpoint's row, past the gate, and lets things happen.
func (s *sender) lead(address string, happens ...string) {
	must(s.t, s.store.InTx(s.t.Context(), func(tx connect.Tx) error {
		rows := tx.(webhook.Tx)
		e, err := rows.LockEndpoint(s.t.Context(), s.caller.WorkspaceID, s.id)
		if err != nil {
			return err
		}
		e.URL = address
		for _, event := range happens {
			tx.Emit(connect.Event{WorkspaceID: e.WorkspaceID, Type: event, Cause: connect.CauseSystem, At: s.at})
		}
		return rows.UpdateEndpoint(s.t.Context(), e)
	}))
}

// deliver sends an event to an address, and holds the delivery to telling why it did not
// arrive.
func (s *sender) deliver(ctx context.Context, address string) webhook.Delivery {
	s.lead(address, connect.EventSessionCreated)
	claims, _, _, err := s.hooks.ClaimDue(s.t.Context(), s.id, 1)
	must(s.t, err)
	if len(claims) != 1 {
		s.t.Fatalf("%s: got %d claims, want one", address, len(claims))
	}
	must(s.t, s.hooks.Deliver(ctx, claims[0]))
	list, err := s.hooks.Deliveries(s.t.Context(), s.caller, webhook.DeliveryFilter{EndpointID: s.id}, 0, 1)
	must(s.t, err)
	if d := list[0]; d.State != webhook.DeliveryPending || d.Attempts != 1 || d.Error == "" {
		s.t.Errorf("%s: got it %s after %d attempts, %d %q, want it to say why it failed", address, d.State, d.Attempts, d.Status, d.Error)
	}
	return list[0]
}

func (s *sender) test(ctx context.Context, address string) {
	s.lead(address)
	tested, err := s.hooks.TestEndpoint(ctx, s.caller, s.id)
	must(s.t, err)
	if a := tested.Attempt; tested.Delivery.State != webhook.DeliveryFailed || a.Status != 0 || a.Answer != "" || a.Error == "" {
		s.t.Errorf("%s: got %+v, want it to say why it failed", address, a)
	}
}

// A receiver's redirect is a failure, wherever it leads.
func TestNoRedirectOfAReceiverIsFollowed(t *testing.T) {
	t.Parallel()
	s := newStranger(t)
	env, record := s.env(t), &dials{ours: s.address}
	to := s.sender(env)
	for _, status := range []int{300, 301, 302, 303, 304, 305, 307, 308} {
		for _, place := range append(places(), s.url+"/followed") {
			s.reset()
			s.redirect("/hook", status, place)
			d := to.deliver(record.watch(t.Context()), s.url+"/hook")
			if visits := s.visits(); d.Status != status || fmt.Sprint(visits) != "[/hook]" {
				t.Errorf("%d to %s: got the visits %v and the status %d, want the one visit and its status", status, place, visits, d.Status)
			}
		}
	}
	if begun, _ := record.take(); len(begun) > 0 {
		t.Errorf("connected to %v", begun)
	}
	nobodyCame(t)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
