package connect_test

import (
	"bytes"
	"cmp"
	"context"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/httpx"
	"patchbay/internal/platform"
	"patchbay/internal/testkit"
	"patchbay/internal/vault"
)

var interleavings = flag.Int("interleavings", 5, "how many interleavings of each three operations are tried, and six times as many of each two; 0: every one of two to eight steps, and a thousand of each three")

// TestInterleavings runs reconnect, refresh, disconnect, erase and lease side by side on one
// consent, in orders of their first eight steps: a seeded sample, or with the flag every
// one of two and very many of three. A step ends where the database is written or the platform is asked. Nothing is
// brought back, the newest consent wins, and nothing is left behind.
func TestInterleavings(t *testing.T) {
	t.Parallel()
	deeds := []string{"reconnect", "refresh", "disconnect", "erase", "lease"}
	for i, a := range deeds {
		for j, b := range deeds[i+1:] {
			t.Run(a+"+"+b, func(t *testing.T) {
				t.Parallel()
				enumerate(t, 6**interleavings, a, b)
			})
			for _, c := range deeds[i+j+2:] {
				t.Run(a+"+"+b+"+"+c, func(t *testing.T) {
					t.Parallel()
					enumerate(t, cmp.Or(*interleavings, 1000), a, b, c)
				})
			}
		}
	}
}

const depth = 8

// enumerate tries every order of the first eight steps, like an odometer; or with a sample
// so many of them, by a seed.
func enumerate(t *testing.T, sample int, deeds ...string) {
	t.Helper()
	for _, reach := range []platform.Reach{platform.ReachUserApp, platform.ReachToken} {
		o := newOrchard(t, reach)
		seed := rand.Uint64()
		random := rand.New(rand.NewPCG(seed, 1))
		order, runs := []int{}, 0
		for {
			if sample > 0 {
				order = order[:0]
				for range depth {
					order = append(order, random.IntN(len(deeds)))
				}
			}
			alternatives := o.run(t, order, deeds)
			if runs++; t.Failed() {
				t.Fatalf("%s, in the order %v (reach %s, run %d, seed %d)", strings.Join(deeds, "+"), order, reach, runs, seed)
			}
			if sample > 0 && runs >= sample {
				break
			}
			if sample == 0 {
				if order = next(order, alternatives); order == nil {
					break
				}
			}
		}
		o.search(t)
		t.Logf("reach %s: %d orders", reach, runs)
	}
}

// next is the following order; nil after the last. alternatives tells how many choices
// there were at each step of the one before.
func next(order, alternatives []int) []int {
	full := append(append([]int{}, order...), make([]int, len(alternatives)-len(order))...)
	for i := len(full) - 1; i >= 0; i-- {
		if full[i]+1 < alternatives[i] {
			full[i]++
			return full[:i+1]
		}
	}
	return nil
}

// orchard is a server with one person's consent after the other, and the platform's truth.
type orchard struct {
	*journey
	reach   platform.Reach
	stage   *stage
	mu      sync.Mutex
	family  int             // the newest consent's
	grown   map[string]int  // access and refresh tokens, by family
	newest  map[int]string  // the refresh token of a family that may be used
	dead    map[int]bool    // families that are over
	told    []string        // what happened, for a failure's message
	sealed  map[string]bool // every sealed value that was stored, and must be gone after an erasure
	owner   int64
	channel int64
	rounds  int
	// accepted is how many reconnects were taken in this round, erased ones included.
	accepted int
}

func newOrchard(t *testing.T, reach platform.Reach) *orchard {
	t.Helper()
	w := newJourney(t)
	o := &orchard{journey: w, reach: reach, grown: map[string]int{}, newest: map[int]string{}, dead: map[int]bool{}, sealed: map[string]bool{}}
	o.stage = &stage{}
	w.svc = connect.New(connect.Config{
		Store: &steppedStore{Store: w.store, o: o}, Vault: w.vault, Platforms: platform.NewRegistry([]platform.Platform{o}), Apps: map[string]platform.App{"garden": w.app(t)},
		Env: platform.Env{HTTP: httpx.NewClient(httpx.ClientConfig{}), Now: w.clock.now, PublicURL: "https://connect.example"},
		Log: slog.New(slog.DiscardHandler), RefreshRate: 1e6,
	})
	return o
}

func (o *orchard) Spec() platform.Spec {
	s := o.garden.Spec()
	s.Refresh, s.AccessLifetime, s.Revocation, s.RevokeReplaced = platform.RefreshRotating, time.Hour, o.reach, o.reach == platform.ReachToken
	return s
}

// issue makes tokens of a family.
func (o *orchard) issue(family int) platform.Token {
	n := len(o.grown)
	access, refresh := fmt.Sprintf("access-%d-%d", family, n), fmt.Sprintf("refresh-%d-%d", family, n)
	o.grown[access], o.grown[refresh], o.newest[family] = family, family, refresh
	return platform.Token{Credentials: platform.Credentials{
		Access: vault.NewSecret(access), Refresh: vault.NewSecret(refresh), ExpiresAt: o.clock.now().Add(time.Hour),
	}}
}

func (o *orchard) Exchange(ctx context.Context, _ platform.Env, _ platform.ExchangeRequest) (platform.Token, error) {
	pause(ctx)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.family++
	o.told = append(o.told, fmt.Sprint("consent ", o.family))
	return o.issue(o.family), nil
}

func (o *orchard) Refresh(ctx context.Context, _ platform.Env, r platform.RefreshRequest) (platform.Token, error) {
	pause(ctx)
	o.mu.Lock()
	defer o.mu.Unlock()
	family := o.grown[r.Credentials.Refresh.Reveal()]
	if o.dead[family] || o.newest[family] != r.Credentials.Refresh.Reveal() {
		o.dead[family] = true
		return platform.Token{}, platform.Refuse(platform.ClassPermanent, platform.ReasonRevoked, nil)
	}
	o.told = append(o.told, fmt.Sprint("refreshed ", family))
	return o.issue(family), nil
}

func (o *orchard) Revoke(ctx context.Context, _ platform.Env, r platform.RevokeRequest) error {
	pause(ctx)
	o.mu.Lock()
	defer o.mu.Unlock()
	family := o.grown[r.Credentials.Refresh.Reveal()]
	o.told = append(o.told, fmt.Sprint("revoked ", family))
	o.dead[family] = true
	for f := range o.newest {
		o.dead[f] = o.dead[f] || o.reach == platform.ReachUserApp
	}
	return nil
}

func (o *orchard) Targets(ctx context.Context, c *platform.Client) (platform.Identity, []platform.Target, error) {
	pause(ctx)
	o.mu.Lock()
	dead := o.dead[o.grown[c.Credentials.Access.Reveal()]]
	o.mu.Unlock()
	if dead {
		return platform.Identity{}, nil, platform.Refuse(platform.ClassPermanent, platform.ReasonRevoked, nil)
	}
	return o.garden.Targets(ctx, c)
}

// run is one order of the deeds on a fresh consent. It answers how many could go on at each
// of the first steps.
func (o *orchard) run(t *testing.T, order []int, deeds []string) []int {
	t.Helper()
	o.plant(t)
	ended := map[string]int{} // the step at which each deed ended, in the order of steps
	faults := map[string]error{}
	actors := make([]*actor, len(deeds))
	for i, deed := range deeds {
		actors[i] = o.stage.enter(t.Context(), o.deed(t, deed, func(err error) { faults[deed] = err }))
	}
	var alternatives []int
	for step := 0; ; step++ {
		ready := able(actors)
		if len(ready) == 0 {
			break
		}
		choice := 0
		if step < depth {
			if step < len(order) {
				choice = order[step] % len(ready)
			}
			alternatives = append(alternatives, len(ready))
		}
		a := ready[choice]
		a.go1()
		for i := range actors {
			if actors[i] == a && a.done {
				ended[deeds[i]] = step + 1
			}
		}
		o.remember(t)
		o.accepted = max(o.accepted, o.count(t, fmt.Sprintf("sessions WHERE reconnect_id = %d AND status = 'succeeded'", o.channel)))
	}
	o.judge(t, ended, faults)
	return alternatives
}

// plant is a new person with a channel whose token is due.
func (o *orchard) plant(t *testing.T) {
	t.Helper()
	o.rounds++
	o.accepted = 0
	o.mu.Lock()
	o.grown, o.newest, o.dead, o.told = map[string]int{}, map[int]string{}, map[int]bool{}, nil
	o.mu.Unlock()
	o.garden.reach(1, fmt.Sprint("person ", o.rounds))
	made, err := o.svc.CreateSession(t.Context(), o.caller, connect.NewSession{OwnerExternalID: fmt.Sprint("owner-", o.rounds)}, connect.Once[connect.CreatedSession]{})
	must(t, err)
	v := &visit{w: o.journey, id: made.ID, link: made.Link}
	v.consent(t, browserA, browserA)
	o.owner, o.channel = made.OwnerID, v.now(t).Session.ChannelIDs[0]
	o.clock.advance(59*time.Minute + 30*time.Second)
	o.remember(t)
}

// deed is one operation.
func (o *orchard) deed(t *testing.T, name string, ended func(error)) func(context.Context) {
	t.Helper()
	var v *visit
	var state vault.Secret
	if name == "reconnect" {
		v = o.again(t, o.channel)
		state = v.begin(t, browserA)
	}
	return func(ctx context.Context) {
		var err error
		switch name {
		case "reconnect":
			_, err = o.svc.Callback(ctx, connect.CallbackRequest{Platform: "garden", State: state, Code: vault.NewSecret("code"), Browser: browserA})
		case "refresh":
			err = o.refreshDue(ctx)
		case "disconnect":
			if _, err = o.svc.DisconnectChannel(ctx, o.caller, o.channel); err == nil {
				o.revokeDue(ctx)
			}
		case "erase":
			if _, err = o.svc.EraseOwner(ctx, o.caller, o.owner); err == nil {
				o.revokeDue(ctx)
			}
		case "lease":
			_, err = o.svc.LeaseToken(ctx, o.caller, connect.LeaseRequest{ChannelID: o.channel})
		}
		ended(err)
	}
}

func (o *orchard) refreshDue(ctx context.Context) error {
	apps, err := o.svc.DueApps(ctx)
	for _, app := range apps {
		claims, _, _, err := o.svc.ClaimDue(ctx, app, 10)
		if err != nil {
			return err
		}
		for _, c := range claims {
			_ = o.svc.Work(ctx, c) // late is fine
		}
	}
	return err
}

func (o *orchard) revokeDue(ctx context.Context) {
	apps, _ := o.svc.DueRevocations(ctx)
	for _, app := range apps {
		claimed, _, _, _ := o.svc.ClaimRevocations(ctx, app, 10)
		for _, r := range claimed {
			_ = o.svc.TellPlatform(ctx, r)
		}
	}
}

// remember notes every sealed credential that is stored at this moment.
func (o *orchard) remember(t *testing.T) {
	t.Helper()
	rows, err := o.db.QueryContext(t.Context(), `SELECT sealed FROM grants WHERE sealed IS NOT NULL UNION ALL SELECT sealed FROM revocations WHERE sealed IS NOT NULL`)
	must(t, err)
	defer rows.Close()
	for rows.Next() {
		var sealed []byte
		must(t, rows.Scan(&sealed))
		o.sealed[string(sealed)] = true
	}
	must(t, rows.Err())
}

// judge looks at how things stand when everything is over and the platform was told.
func (o *orchard) judge(t *testing.T, ended map[string]int, faults map[string]error) {
	t.Helper()
	for range 3 { // what is put off for those who were consenting
		o.clock.advance(10 * time.Second)
		o.revokeDue(t.Context())
	}
	o.remember(t)
	ch, err := o.store.Channel(t.Context(), o.space.ID, o.channel)
	erased := faults["erase"] == nil && ended["erase"] > 0
	say := func(format string, args ...any) {
		t.Helper()
		t.Errorf("%s: ended at %v with %v; %v", fmt.Sprintf(format, args...), ended, faults, o.told)
	}
	switch {
	case erased && err == nil:
		say("the channel outlived its owner")
	case !erased && err != nil:
		say("the channel is gone: %v", err)
	}
	if n := o.count(t, fmt.Sprintf("grants WHERE owner_id = %d", o.owner)); erased && n > 0 {
		say("%d grants outlived their owner", n)
	}
	if n := o.count(t, "revocations"); n > 0 {
		say("%d revocations are left", n)
	}
	connected := err == nil && ch.Lifecycle == connect.LifecycleActive
	if disconnected := ended["disconnect"] > 0 && faults["disconnect"] == nil; !erased {
		reconnected := o.accepted > 0
		switch {
		case !disconnected && !connected:
			say("nobody disconnected the channel")
		case disconnected && !reconnected && connected:
			say("a disconnected channel came back")
		}
	}
	o.judgeTokens(t, ch, connected, say)
	if connected { // clear the ground for the next round
		_, err := o.svc.DisconnectChannel(t.Context(), o.caller, o.channel)
		must(t, err)
	}
	o.revokeDue(t.Context())
	o.clock.advance(2 * time.Hour)
	o.sweep(t)
}

// judgeTokens: what stands here works at the platform, and what does not stand here is over there.
func (o *orchard) judgeTokens(t *testing.T, ch connect.Channel, connected bool, say func(string, ...any)) {
	t.Helper()
	standing := 0
	if connected {
		o.clock.advance(2 * time.Minute) // a probe that was planned is due
		must(t, o.refreshDue(t.Context()))
		ch = o.journey.channel(t, ch.ID)
		lease, err := o.svc.LeaseToken(t.Context(), o.caller, connect.LeaseRequest{ChannelID: ch.ID})
		if err == nil {
			standing = o.grown[lease.Access.Reveal()]
		}
		switch {
		case err == nil && o.dead[standing]:
			say("a dead token of consent %d is lent", standing)
		case err == nil && standing != o.family && o.accepted > 0:
			say("consent %d is in use, and %d is newer", standing, o.family)
		case err != nil && ch.Health == connect.HealthHealthy:
			say("a healthy channel lends nothing: %v", err)
		}
	}
	for family := range o.newest {
		// A new consent took its place, which ending it would end too: its tokens are left to run out.
		replaced := o.reach == platform.ReachUserApp && family < o.family && o.accepted > 0
		if family != standing && !o.dead[family] && !replaced {
			say("consent %d stands nowhere and lives on at the platform", family)
		}
	}
}

// forget takes what a table still holds out of what must not be found.
func (o *orchard) forget(t *testing.T, table string) {
	t.Helper()
	rows, err := o.db.QueryContext(t.Context(), "SELECT sealed FROM "+table+" WHERE sealed IS NOT NULL")
	must(t, err)
	defer rows.Close()
	for rows.Next() {
		var sealed []byte
		must(t, rows.Scan(&sealed))
		delete(o.sealed, string(sealed))
	}
	must(t, rows.Err())
}

// search looks for credentials in the database's file, after everybody was disconnected.
func (o *orchard) search(t *testing.T) {
	t.Helper()
	if n := o.count(t, "grants WHERE state = 'usable'"); n > 0 {
		t.Errorf("%d grants are left", n)
	}
	for _, table := range []string{"grants", "revocations"} {
		o.forget(t, table)
	}
	if len(o.sealed) == 0 {
		t.Error("got no credentials that were erased, want some")
	}
	testkit.Soon(t, "no credentials that were erased in the files", func() bool {
		for _, suffix := range []string{"", "-wal"} {
			content, err := os.ReadFile(o.path + suffix)
			must(t, err)
			for sealed := range o.sealed {
				if bytes.Contains(content, []byte(sealed)) {
					return false
				}
			}
		}
		return true
	})
}

// stage lets one actor go on at a time.
type stage struct{}

// actor is a deed that runs step by step.
type actor struct {
	turn, rest    chan struct{}
	done, waiting bool // waiting: it polls for somebody else
	reads         int
}

type actorKey struct{}

func (s *stage) enter(ctx context.Context, deed func(context.Context)) *actor {
	a := &actor{turn: make(chan struct{}), rest: make(chan struct{})}
	go func() {
		<-a.turn
		deed(context.WithValue(ctx, actorKey{}, a))
		a.done = true
		a.rest <- struct{}{}
	}()
	return a
}

// go1 lets the actor take its next step.
func (a *actor) go1() {
	a.turn <- struct{}{}
	<-a.rest
}

// able are the actors that can go on; those that only wait for others come when nobody else does.
func able(actors []*actor) []*actor {
	var busy, waiting []*actor
	for _, a := range actors {
		switch {
		case a.done:
		case a.waiting:
			waiting = append(waiting, a)
		default:
			busy = append(busy, a)
		}
	}
	if len(busy) > 0 {
		return busy
	}
	return waiting
}

// pause ends a step.
func pause(ctx context.Context) {
	a, ok := ctx.Value(actorKey{}).(*actor)
	if !ok {
		return
	}
	a.rest <- struct{}{}
	<-a.turn
}

// steppedStore ends a step before each write, and where somebody looks at a grant again and again.
type steppedStore struct {
	connect.Store
	o *orchard
}

func (s *steppedStore) InTx(ctx context.Context, fn func(connect.Tx) error) error {
	if a, ok := ctx.Value(actorKey{}).(*actor); ok {
		a.reads, a.waiting = 0, false
	}
	pause(ctx)
	return s.Store.InTx(ctx, fn)
}

func (s *steppedStore) Grant(ctx context.Context, workspaceID, id int64) (connect.Grant, error) {
	if a, ok := ctx.Value(actorKey{}).(*actor); ok {
		if a.reads++; a.reads > 4 {
			a.waiting = true
			pause(ctx)
		}
	}
	return s.Store.Grant(ctx, workspaceID, id)
}
