package connect_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/store/sqlstore"
	"patchbay/internal/vault"
)

// ring is a key file in memory.
type ring struct {
	set vault.Keyset
	t   *testing.T
}

func (r *ring) Text() ([]byte, error)         { return r.set.JSON() }
func (r *ring) Keyset() (vault.Keyset, error) { return r.set, nil }

func (r *ring) Replace(set vault.Keyset) error {
	r.set = set
	return nil
}

// vault is one of all the keys of the file, or of some.
func (r *ring) vault(without ...vault.KeyID) *vault.Vault {
	r.t.Helper()
	set := r.set
	var err error
	if slices.Contains(without, set.Primary()) {
		if set, err = set.Promote(set.Others()[0]); err != nil {
			r.t.Fatal(err)
		}
	}
	if set, err = set.Remove(without...); err != nil {
		r.t.Fatal(err)
	}
	text, err := set.JSON()
	if err != nil {
		r.t.Fatal(err)
	}
	v, err := vault.New(text)
	if err != nil {
		r.t.Fatal(err)
	}
	return v
}

// meddler is a store in which something happens between two calls of a rotation.
type meddler struct {
	connect.Store
	instances    []connect.Instance
	afterGrants  func() // once, after the grants were read
	afterReplies func() // once, after the replies were, which come last
}

func once(fn *func()) {
	if *fn != nil {
		now := *fn
		*fn = nil
		now()
	}
}

func (m *meddler) Instances(context.Context) ([]connect.Instance, error) {
	return slices.Clone(m.instances), nil
}

func (m *meddler) SealedGrants(ctx context.Context, q connect.SealedQuery) ([]connect.Grant, error) {
	rows, err := m.Store.SealedGrants(ctx, q)
	once(&m.afterGrants)
	return rows, err
}

func (m *meddler) SealedReplies(ctx context.Context, q connect.SealedQuery) ([]connect.Reply, error) {
	rows, err := m.Store.SealedReplies(ctx, q)
	once(&m.afterReplies)
	return rows, err
}

// world is a database with one grant and one kept reply, sealed under the first key.
type world struct {
	t     *testing.T
	ring  *ring
	store *meddler
	news  []connect.RotationNews
	grant connect.Grant
	first vault.KeyID
}

var began = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func newWorld(t *testing.T) *world {
	t.Helper()
	text, err := vault.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	set, err := vault.ParseKeyset(text)
	if err != nil {
		t.Fatal(err)
	}
	s, err := sqlstore.Open(t.Context(), sqlstore.Config{DSN: "sqlite:" + filepath.Join(t.TempDir(), "patchbay.db"), Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	w := &world{t: t, ring: &ring{set, t}, store: &meddler{Store: s}, first: set.Primary()}
	w.inTx(func(ctx context.Context, tx connect.Tx) error {
		workspace, err := tx.InsertWorkspace(ctx, connect.Workspace{Name: "a", CreatedAt: began})
		if err != nil {
			return err
		}
		owner, _, err := tx.EnsureOwner(ctx, connect.Owner{WorkspaceID: workspace.ID, ExternalID: "o", CreatedAt: began, UpdatedAt: began})
		if err != nil {
			return err
		}
		app, err := tx.EnsureApp(ctx, connect.App{Platform: "x", ClientID: "c", CreatedAt: began, UpdatedAt: began})
		if err != nil {
			return err
		}
		w.grant, err = tx.InsertGrant(ctx, connect.Grant{
			WorkspaceID: workspace.ID, OwnerID: owner.ID, AppID: app.ID, Platform: "x", State: connect.GrantUsable, Subject: "s", CreatedAt: began, UpdatedAt: began,
		})
		return err
	})
	w.renew("first token")
	return w
}

func (w *world) inTx(fn func(context.Context, connect.Tx) error) {
	w.t.Helper()
	ctx := context.WithoutCancel(w.t.Context())
	if err := w.store.InTx(ctx, func(tx connect.Tx) error { return fn(ctx, tx) }); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) place(g connect.Grant) vault.Place {
	return vault.Place{Workspace: g.WorkspaceID, Table: "grants", Row: g.ID, Field: "credentials", Version: g.TokenVersion}
}

// renew is what a request does that stores new credentials.
func (w *world) renew(token string) {
	w.t.Helper()
	w.inTx(func(ctx context.Context, tx connect.Tx) (err error) {
		g := w.grant
		g.Fence, g.TokenVersion = g.Fence+1, g.TokenVersion+1
		if g.Sealed, err = w.ring.vault().Seal(w.place(g), vault.NewSecret(token)); err != nil {
			return err
		}
		err = tx.UpdateGrant(ctx, g, w.grant.Fence)
		w.grant = g
		return err
	})
}

// token is what the stored grant opens to with the vault.
func (w *world) token(v *vault.Vault) string {
	w.t.Helper()
	g, err := w.store.Grant(w.t.Context(), w.grant.WorkspaceID, w.grant.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	secret, err := v.Open(w.place(g), g.Sealed)
	if err != nil {
		return err.Error()
	}
	return secret.Reveal()
}

func (w *world) rotation() *connect.Rotation {
	w.t.Helper()
	r, err := connect.NewRotation(connect.RotationConfig{
		Store: w.store, File: w.ring, GoneAfter: 30 * time.Second, Patience: time.Second,
		Tell: func(n connect.RotationNews) { w.news = append(w.news, n) },
		After: func(time.Duration) <-chan time.Time {
			now := make(chan time.Time, 1)
			now <- began
			return now
		},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func TestARotationWithoutServers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.rotation().Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := w.token(w.ring.vault(w.first)); got != "first token" {
		t.Errorf("with the new key alone: got %q, want the token", got)
	}
	if got := w.token(w.ring.vault(w.ring.set.Primary())); got == "first token" {
		t.Error("with the old key alone: got the token, want none")
	}
	if err := w.rotation().Retire(t.Context(), false); err != nil || !slices.Equal(w.ring.set.Keys(), []vault.KeyID{w.ring.set.Primary()}) {
		t.Errorf("retire: got %v and %v, want the new key alone", err, w.ring.set)
	}
}

// A request that stores new credentials while the old ones are being re-encrypted must
// not lose them.
func TestWhatARequestWritesMeanwhileStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.store.afterGrants = func() { w.renew("second token") }
	if err := w.rotation().Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := w.token(w.ring.vault(w.first)); got != "second token" {
		t.Errorf("got %q, want the second token", got)
	}
}

// What comes under an old key behind the back of the first scan is found by the next.
func TestScansAreRepeatedUntilOneFindsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old := w.ring.vault()
	w.store.afterReplies = func() {
		w.inTx(func(ctx context.Context, tx connect.Tx) (err error) {
			g := w.grant
			g.Fence, g.TokenVersion = g.Fence+1, g.TokenVersion+1
			if g.Sealed, err = old.Seal(w.place(g), vault.NewSecret("late token")); err != nil {
				return err
			}
			return tx.UpdateGrant(ctx, g, w.grant.Fence)
		})
	}
	if err := w.rotation().Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := w.token(w.ring.vault(w.first)); got != "late token" {
		t.Errorf("with the new key alone: got %q, want the late token", got)
	}
}

// Where a rotation was killed, the next goes on: the state is in the file and the rows.
func TestARotationGoesOnWhereAnotherStopped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	added, err := w.rotation().Add(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	again, err := w.rotation().Add(t.Context())
	if err != nil || again != added {
		t.Errorf("add again: got key %v, %v, want %v once more", again, err, added)
	}
	if err := w.rotation().Promote(t.Context()); err != nil || w.ring.set.Primary() != added {
		t.Fatalf("promote: got %v, %v, want %v primary", w.ring.set, err, added)
	}
	w.news = nil
	if err := w.rotation().Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(w.ring.set.Keys()) != 2 || w.news[0].Resumed != added || w.token(w.ring.vault(w.first)) != "first token" {
		t.Errorf("got %v, first news %+v, want the rotation to %v finished", w.ring.set, w.news[0], added)
	}
	if err := w.rotation().Run(t.Context()); err != nil || len(w.ring.set.Keys()) != 3 {
		t.Errorf("after its end: got %v, %v, want a new rotation", w.ring.set, err)
	}
}

func refuses(t *testing.T, what string, err error, reason, names string) {
	t.Helper()
	if fault.ReasonOf(err) != reason || !errors.Is(err, fault.Conflict) || !strings.Contains(fault.From(err).Message, names) {
		t.Errorf("%s: got %v, want %s with %q", what, err, reason, names)
	}
}

func TestInstancesAreWaitedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	added, err := w.rotation().Add(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	lags := connect.Instance{Name: "lags", Keys: []vault.KeyID{w.first}, Primary: w.first}
	w.store.instances = []connect.Instance{
		lags,
		{Name: "starts"},
		{Name: "follows", Keys: []vault.KeyID{w.first, added}, Primary: w.first},
		{Name: "gone", Keys: []vault.KeyID{w.first}, Primary: w.first, Unseen: time.Minute},
	}
	refuses(t, "promote", w.rotation().Promote(t.Context()), "instances_not_ready", "lags, starts.")
	if w.ring.set.Primary() != w.first || len(w.news[len(w.news)-1].Waiting) != 2 {
		t.Errorf("got %v and news %+v, want nothing promoted and two waited for", w.ring.set, w.news)
	}
	lags.Keys = append(lags.Keys, added)
	w.store.instances = []connect.Instance{lags}
	if err := w.rotation().Promote(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err = w.rotation().Reseal(t.Context())
	refuses(t, "reseal", err, "instances_not_ready", "seal with key "+added.String()+": lags")
	refuses(t, "retire", w.rotation().Retire(t.Context(), true), "instances_not_ready", "lags")
	lags.Primary = added
	w.store.instances = []connect.Instance{lags}
	if _, err := w.rotation().Reseal(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestNoKeyGoesThatMayBeNeeded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.rotation().Add(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := w.rotation().Promote(t.Context()); err != nil {
		t.Fatal(err)
	}
	refuses(t, "before re-encrypting", w.rotation().Retire(t.Context(), true), "key_in_use", "1.")
	if _, err := w.rotation().Reseal(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.store.instances = []connect.Instance{{Name: "crashed", Keys: []vault.KeyID{w.first}, Primary: w.first, Unseen: 59 * time.Minute}}
	refuses(t, "while one may come back", w.rotation().Retire(t.Context(), false), "instance_unseen", "crashed")
	if len(w.ring.set.Keys()) != 2 {
		t.Fatalf("got %v, want both keys", w.ring.set)
	}
	w.store.instances[0].Unseen = 61 * time.Minute
	if err := w.rotation().Retire(t.Context(), false); err != nil || len(w.ring.set.Keys()) != 1 {
		t.Errorf("after an hour: got %v, %v, want the new key alone", w.ring.set, err)
	}
}

// A value that opens under no key is named and left alone; the others are not held up.
func TestLostValuesAreNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var lost connect.Reply
	w.inTx(func(ctx context.Context, tx connect.Tx) (err error) {
		lost, err = tx.InsertReply(ctx, connect.Reply{
			WorkspaceID: w.grant.WorkspaceID, KeyHash: []byte{1}, Fingerprint: []byte{1}, Sealed: append(vault.KeyID(7).Prefix(), "lost"...), ExpiresAt: began,
		})
		return err
	})
	if err := w.rotation().Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	done := w.news[len(w.news)-1].Resealed
	want := connect.LostRow{Table: "replies", ID: lost.ID, Key: 7}
	if done == nil || !slices.Equal(done.Lost, []connect.LostRow{want}) || done.Rows["grants"] != 1 {
		t.Errorf("got %+v, want the grant re-encrypted and %+v lost", done, want)
	}
	if got := w.token(w.ring.vault(w.first)); got != "first token" {
		t.Errorf("got %q, want the token", got)
	}
}

// A damaged value under a key of the ring opens never again: it holds up neither the next
// rotation nor, with force, taking a key out that leaked.
func TestDamagedValuesHoldUpNoRotation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.inTx(func(ctx context.Context, tx connect.Tx) error {
		_, err := tx.InsertReply(ctx, connect.Reply{
			WorkspaceID: w.grant.WorkspaceID, KeyHash: []byte{1}, Fingerprint: []byte{1}, Sealed: append(w.first.Prefix(), "damaged"...), ExpiresAt: began,
		})
		return err
	})
	for keys := 2; keys <= 3; keys++ {
		if err := w.rotation().Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := len(w.ring.set.Keys()); got != keys {
			t.Fatalf("got %d keys after rotation %d, want %d", got, keys-1, keys)
		}
	}
	if err := w.rotation().Retire(t.Context(), false); !errors.Is(err, fault.Conflict) {
		t.Errorf("retire: got %v, want to be told that something is left under an old key", err)
	}
	if err := w.rotation().Retire(t.Context(), true); err != nil || len(w.ring.set.Keys()) != 1 {
		t.Errorf("retire with force: got %v and keys %v, want the newest alone", err, w.ring.set.Keys())
	}
	if got := w.token(w.ring.vault()); got != "first token" {
		t.Errorf("got %q, want the token", got)
	}
}
