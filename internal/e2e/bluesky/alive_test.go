package bluesky_test

import (
	"crypto/rand"
	"errors"
	"net/http"
	"testing"
	"time"

	"patchbay/internal/config"
	"patchbay/internal/e2e"
	"patchbay/internal/platform"
	"patchbay/internal/testkit"
)

// Consents and sessions of app passwords go on, and what ends is noticed and mended: by
// the reference server's own rotation, and as its log of token requests tells. On
// PostgreSQL two replicas take turns.
func TestGrantsStayAlive(t *testing.T) {
	t.Parallel()
	for _, engine := range e2e.Engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			w := start(t, engine)
			replicas := []world{w}
			if engine == "postgres" {
				replicas = append(replicas, w.replica(t))
			}
			for name, journey := range map[string]func(*testing.T, []world){
				"consent": consentLives, "app_password": passwordLives, "inactive": inactive, "inactive_app_password": inactivePassword,
			} {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					journey(t, replicas)
				})
			}
		})
	}
}

// replica is another process over the same database, under the same address.
func (w world) replica(t *testing.T) world {
	t.Helper()
	other := w
	other.World = e2e.Start(t, e2e.Options{Beside: w.World, NoLab: true, Change: func(c *config.Config) {
		w.change(c)
		c.PublicURL = w.URL
	}})
	return other
}

func consentLives(t *testing.T, replicas []world) {
	w := replicas[0]
	who := w.servers.NewAccount(t)
	k := &kept{world: w, replicas: replicas, who: who, channel: w.consents(t, who)}
	lent := k.lease(t, w, 0)
	if lent.Type != "DPoP" || lent.Server != w.servers.PDS || lent.Key == nil {
		t.Fatalf("lease: got the type %s at %s and a key: %t; want DPoP at %s with one", lent.Type, lent.Server, lent.Key != nil, w.servers.PDS)
	}
	k.by = lent.Key["x"]
	k.rotates(t)
	k.works(t, k.lease(t, w, 0))

	k.kill(t)
	if got := k.use(t, k.lease(t, w, 0)); got.status != http.StatusUnauthorized { // nobody has told us yet
		t.Errorf("access token of a killed family: got %d, want 401", got.status)
	}
	if got := k.refused(t, k.known); got != "409 revoked" {
		t.Errorf("lease of a newer token: got %s, want 409 revoked", got)
	}
	k.ended(t, "revoked")
	k.explains(t, "a check of what has ended", k.check(t), over("revoked").checked())
	k.reconnected(t, w.consents(t, who))
}

// kill is a thief who replays a refresh token that was used, which ends the family.
// https://github.com/bluesky-social/atproto/blob/main/packages/oauth/oauth-provider/src/token/token-manager.ts
func (k *kept) kill(t *testing.T) {
	t.Helper()
	old := k.storedSession(t, k.who.DID)
	k.known = k.lease(t, k.world, k.lease(t, k.world, 0).Version).Version
	_, err := platform.Refresh(t.Context(), old.Env, k.platform(), platform.RefreshRequest{App: old.App, Credentials: old.Credentials, Subject: k.who.DID})
	if no := (*platform.Refusal)(nil); !errors.As(err, &no) || no.Class != platform.ClassPermanent {
		t.Errorf("refresh token that was used: got %v, want it dead", err)
	}
}

func passwordLives(t *testing.T, replicas []world) {
	w, name := replicas[0], rand.Text()
	who := w.servers.NewAccount(t)
	k := &kept{world: w, replicas: replicas, who: who, by: who.DID, channel: w.signsIn(t, who, w.servers.AppPassword(t, who, name))}
	if lent := k.lease(t, w, 0); lent.Type != "Bearer" || lent.Server != w.servers.PDS || lent.Key != nil {
		t.Fatalf("lease: got the type %s at %s and a key: %t; want Bearer at %s without", lent.Type, lent.Server, lent.Key != nil, w.servers.PDS)
	}
	k.rotates(t)
	k.works(t, k.lease(t, w, 0))

	w.servers.AsOwner(t, who, "com.atproto.server.revokeAppPassword", map[string]string{"name": name})
	k.due(t)
	k.ended(t, "revoked")
	k.explains(t, "a check of what has ended", k.check(t), over("revoked").checked())
	if got := k.refused(t, 0); got != "409 revoked" {
		t.Errorf("lease: got %s, want 409 revoked", got)
	}
	k.reconnected(t, w.signsIn(t, who, w.servers.AppPassword(t, who, rand.Text())))
}

// rotates refreshes on demand, by schedule, and for many at once: each is one request.
func (k *kept) rotates(t *testing.T) {
	t.Helper()
	before := k.storedSession(t, k.who.DID).Credentials.Refresh
	first := k.lease(t, k.world, 0)
	k.known = first.Version
	k.once(t, "on demand", func() {
		lent := k.lease(t, k.world, k.known)
		k.works(t, lent)
		if lent.Version != first.Version+1 {
			t.Errorf("on demand: got version %d, want %d", lent.Version, first.Version+1)
		}
	})
	demanded := k.storedSession(t, k.who.DID).Credentials.Refresh
	k.once(t, "by schedule", func() {
		k.due(t)
		k.await(t, "the refresh that is due", func() bool { return k.version(t) == first.Version+2 })
		k.works(t, k.lease(t, k.world, 0))
	})
	if scheduled := k.storedSession(t, k.who.DID).Credentials.Refresh; demanded.Equal(before) || scheduled.Equal(demanded) {
		t.Error("refresh tokens: got one twice, want a new one with each refresh")
	}
	k.known = first.Version + 2
	k.once(t, "forty at once", func() { k.forty(t) })
}

// forty lease at once what is newer than they know, at every replica.
func (k *kept) forty(t *testing.T) {
	t.Helper()
	type outcome struct {
		lease
		error
	}
	leases := make(chan outcome)
	for i := range 40 {
		at := k.replicas[i%len(k.replicas)]
		go func() {
			lent, err := k.ask(t.Context(), at, k.known)
			leases <- outcome{lent, err}
		}()
	}
	got := map[string]int{}
	for range 40 {
		lent := <-leases
		if got[lent.Access]++; lent.Version != k.known+1 || lent.error != nil {
			t.Errorf("forty at once: got version %d, %v; want %d", lent.Version, lent.error, k.known+1)
		}
	}
	if len(got) != 1 {
		t.Errorf("forty at once: got %d tokens, want one", len(got))
	}
}

// ended waits until it is noticed, and wants the health to explain it.
func (k *kept) ended(t *testing.T, reason string) {
	t.Helper()
	k.await(t, "channel.needs_reauth", func() bool { return k.health(t).Health != "healthy" })
	k.explains(t, "after it ended", k.health(t), over(reason))
}

// reconnected wants the same channel to work again after a new consent, and that what was
// the matter was told once.
func (k *kept) reconnected(t *testing.T, channel int64) {
	t.Helper()
	if channel != k.channel {
		t.Errorf("reconnected: got channel %d, want %d as before", channel, k.channel)
	}
	k.explains(t, "reconnected", k.health(t), healthy())
	lent := k.lease(t, k.world, 0)
	k.works(t, lent)
	k.works(t, k.lease(t, k.world, lent.Version))
	k.told(t, "channel.connected", "channel.needs_reauth revoked", "channel.recovered", "channel.reconnected")
}

func inactive(t *testing.T, replicas []world) {
	w := replicas[0]
	who := w.servers.NewAccount(t)
	k := &kept{world: w, replicas: replicas, who: who, channel: w.consents(t, who)}
	k.by = k.lease(t, w, 0).Key["x"]
	k.sleepsAndWakes(t)
}

func inactivePassword(t *testing.T, replicas []world) {
	w := replicas[0]
	who := w.servers.NewAccount(t)
	k := &kept{world: w, replicas: replicas, who: who, by: who.DID, channel: w.signsIn(t, who, w.servers.AppPassword(t, who, rand.Text()))}
	k.sleepsAndWakes(t)
}

// sleepsAndWakes deactivates the account and brings it back, each time unheard until
// somebody checks.
func (k *kept) sleepsAndWakes(t *testing.T) {
	t.Helper()
	connected := k.health(t)
	k.explains(t, "connected", connected, healthy())
	checked := k.check(t)
	k.explains(t, "a check", checked, healthy().checked())
	if !checked.ProvenAt.After(connected.ProvenAt) {
		t.Errorf("proven: got %v after a check, want later than %v", checked.ProvenAt, connected.ProvenAt)
	}

	k.servers.AsOwner(t, k.who, "com.atproto.server.deactivateAccount", struct{}{})
	k.explains(t, "a check of a deactivated account", k.check(t), over("account_inactive").checked())
	k.ended(t, "account_inactive")
	if got := k.refused(t, 0); got != "409 account_inactive" {
		t.Errorf("lease of a deactivated account: got %s, want 409 account_inactive", got)
	}

	k.servers.AsOwner(t, k.who, "com.atproto.server.activateAccount", nil)
	k.explains(t, "a check of an account that is back", k.check(t), healthy().checked())
	k.works(t, k.lease(t, k.world, 0))
	k.once(t, "by schedule, after that", func() {
		before := k.version(t)
		k.due(t)
		k.await(t, "the refresh that is due", func() bool { return k.version(t) == before+1 })
		k.works(t, k.lease(t, k.world, 0))
	})
	k.told(t, "channel.connected", "channel.needs_reauth account_inactive", "channel.recovered")
}

// kept is an account whose channel stays connected.
type kept struct {
	world
	replicas []world
	who      testkit.AtprotoAccount
	by       string // what the server's log of token requests calls it
	channel  int64
	known    int64 // the version of the token that the application has
}

// await looks until something is so; the program's loops see to it within seconds.
func (k *kept) await(t *testing.T, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !so(); {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not come: health %+v", what, k.health(t))
		}
		select {
		case <-t.Context().Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
}
