package connect_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/httpx"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// plot is a platform whose answers a test chooses.
type plot struct {
	*garden
	model    platform.RefreshModel
	life     time.Duration // of access tokens
	every    time.Duration // between two probes
	noRT     bool
	until    time.Duration // of refresh tokens, as told; zero: not told
	key      string        // to which tokens of a consent are bound
	deadline time.Duration
	clock    *clock
	refresh  func() error
	probe    func() (platform.Proof, error)
	tokens   int
	sent     int    // refreshes that reached the platform
	redeemed string // the refresh token of the last one
	reach    platform.Reach
	replaced bool     // consents that a new one replaced are revoked
	same     bool     // a new consent is answered with the same tokens
	revoked  []string // access tokens that were ended at the platform
	revoke   func() error
	stale    *staleStore
}

// staleStore lets something happen between a look at a grant and what follows it.
type staleStore struct {
	connect.Store
	meanwhile func() // once; nil: nothing
}

func (s *staleStore) Grant(ctx context.Context, workspaceID, id int64) (connect.Grant, error) {
	g, err := s.Store.Grant(ctx, workspaceID, id)
	if meanwhile := s.meanwhile; meanwhile != nil {
		s.meanwhile = nil
		meanwhile()
	}
	return g, err
}

func (p *plot) Spec() platform.Spec {
	s := p.garden.Spec()
	s.Refresh, s.AccessLifetime, s.ProbeEvery, s.RefreshGrace, s.Revocation = p.model, p.life, p.every, 30*time.Second, p.reach
	s.RevokeReplaced = p.replaced
	return s
}

func (p *plot) credentials(now time.Time) platform.Credentials {
	if !p.same {
		p.tokens++
	}
	c := platform.Credentials{Access: vault.NewSecret(fmt.Sprint("access-", p.tokens)), ExpiresAt: now.Add(p.life)}
	if !p.noRT {
		c.Refresh = vault.NewSecret(fmt.Sprint("refresh-", p.tokens))
		if p.until > 0 {
			c.RefreshExpiresAt = now.Add(p.until)
		}
	}
	return c
}

func (p *plot) Exchange(_ context.Context, env platform.Env, _ platform.ExchangeRequest) (platform.Token, error) {
	token := platform.Token{Credentials: p.credentials(env.Now())}
	if p.key != "" {
		token.Credentials.Extra = vault.NewSecret(p.key)
	}
	return token, nil
}

func (p *plot) Refresh(ctx context.Context, env platform.Env, r platform.RefreshRequest) (platform.Token, error) {
	if ctx.Err() != nil {
		return platform.Token{}, ctx.Err()
	}
	p.sent++
	p.redeemed = r.Credentials.Refresh.Reveal()
	if p.refresh != nil {
		if err := p.refresh(); err != nil {
			return platform.Token{}, err
		}
	}
	return platform.Token{Credentials: p.credentials(env.Now())}, nil
}

func (p *plot) Revoke(_ context.Context, _ platform.Env, r platform.RevokeRequest) error {
	if p.revoke != nil {
		if err := p.revoke(); err != nil {
			return err
		}
	}
	p.revoked = append(p.revoked, r.Credentials.Access.Reveal())
	return nil
}

func (p *plot) Probe(context.Context, *platform.Client, []platform.Target) (platform.Proof, error) {
	if p.probe != nil {
		return p.probe()
	}
	return platform.Proof{}, nil
}

// plant connects one channel at the plot.
func plant(t *testing.T, p *plot) (*journey, int64) {
	t.Helper()
	w := newJourney(t)
	p.garden, p.clock = w.garden, w.clock
	p.stale = &staleStore{Store: w.store}
	w.svc = connect.New(connect.Config{
		Store: p.stale, Vault: w.vault, Platforms: platform.NewRegistry([]platform.Platform{p}), Apps: map[string]platform.App{"garden": w.app(t)},
		Env:             platform.Env{HTTP: httpx.NewClient(httpx.ClientConfig{}), Now: w.clock.now, PublicURL: "https://connect.example"},
		RefreshDeadline: p.deadline, Log: slog.New(slog.DiscardHandler),
	})
	w.caller = connect.Caller{WorkspaceID: w.space.ID, Scopes: connect.WorkspaceScopes()}
	w.visit(t, connect.CheckSameBrowser).consent(t, browserA, browserA)
	var id int64
	must(t, w.db.QueryRow("SELECT id FROM channels").Scan(&id))
	return w, id
}

// work does what is due, until nothing is.
func (w *journey) work(t *testing.T) {
	t.Helper()
	for range 50 {
		looked := 0
		for _, c := range w.claim(t, &looked) {
			if err := w.svc.Work(t.Context(), c); err != nil {
				t.Log("work:", err)
			}
		}
		if looked == 0 {
			return
		}
	}
	t.Fatal("still busy after 50 rounds")
}

func (w *journey) claim(t *testing.T, looked *int) (claims []connect.Claim) {
	t.Helper()
	apps, err := w.svc.DueApps(t.Context())
	must(t, err)
	for _, id := range apps {
		some, n, _, err := w.svc.ClaimDue(t.Context(), id, 10)
		must(t, err)
		*looked += n
		claims = append(claims, some...)
	}
	return claims
}

// after lets time pass in steps, and does what comes due.
func (w *journey) after(t *testing.T, steps int, step time.Duration) {
	t.Helper()
	for range steps {
		w.clock.advance(step)
		w.work(t)
	}
}

func (w *journey) health(t *testing.T, id int64, want connect.Health, reason string) {
	t.Helper()
	c, err := w.store.Channel(t.Context(), w.space.ID, id)
	must(t, err)
	if c.Health != want || c.HealthReason != reason {
		t.Errorf("the channel is %s %q, want %s %q", c.Health, c.HealthReason, want, reason)
	}
}

// due tells whether a refresh or a forecast will come.
func (w *journey) due(t *testing.T) bool {
	t.Helper()
	var n int
	must(t, w.db.QueryRow("SELECT count(*) FROM grants WHERE refresh_at IS NOT NULL OR tell_at IS NOT NULL").Scan(&n))
	return n > 0
}

func (w *journey) set(t *testing.T, query string, args ...any) {
	t.Helper()
	_, err := w.db.Exec(query, args...)
	must(t, err)
}

func refusing(class platform.Class, reason string) func() (platform.Proof, error) {
	return func() (platform.Proof, error) {
		return platform.Proof{}, platform.Refuse(class, reason, errors.New("no"))
	}
}

func TestShortTokensThatRenewThemselves(t *testing.T) {
	t.Parallel()
	w, id := plant(t, &plot{model: platform.RefreshRenewing, life: time.Hour})
	w.after(t, 60, 5*time.Minute)
	w.health(t, id, connect.HealthHealthy, "")
	if !w.due(t) {
		t.Error("nothing is due any more")
	}
}

func TestARenewalBeforeItsTimeChangesNoPlan(t *testing.T) {
	t.Parallel()
	p := &plot{model: platform.RefreshRenewing, life: 60 * 24 * time.Hour}
	w, id := plant(t, p)
	lease, err := w.svc.LeaseToken(t.Context(), w.caller, connect.LeaseRequest{ChannelID: id})
	must(t, err)
	_, err = w.svc.LeaseToken(t.Context(), w.caller, connect.LeaseRequest{ChannelID: id, NewerThan: lease.Version})
	must(t, err)
	p.sent = 0
	w.after(t, 50, 24*time.Hour)
	if p.sent == 0 {
		t.Error("it was never renewed again")
	}
	w.health(t, id, connect.HealthHealthy, "")
}

func TestAConsentOfWhichOneThingIsGoneIsStillRefreshed(t *testing.T) {
	t.Parallel()
	p := &plot{model: platform.RefreshRotating, life: 2 * time.Hour, every: 24 * time.Hour}
	w, id := plant(t, p)
	p.probe = refusing(platform.ClassPermanent, platform.ReasonTargetGone)
	report, err := w.svc.CheckChannel(t.Context(), w.caller, id)
	must(t, err)
	if report.Channel.HealthReason != platform.ReasonTargetGone || p.sent != 0 {
		t.Errorf("got %q after %d refreshes, want %q after none", report.Channel.HealthReason, p.sent, platform.ReasonTargetGone)
	}
	p.probe = nil
	_, err = w.svc.CheckChannel(t.Context(), w.caller, id)
	must(t, err)
	w.health(t, id, connect.HealthHealthy, "")
	w.after(t, 50, 5*time.Minute)
	if p.sent == 0 {
		t.Error("it was never refreshed")
	}
	w.health(t, id, connect.HealthHealthy, "")
}

func TestARefusedTokenThatCannotBeRenewedIsAskedAbout(t *testing.T) {
	t.Parallel()
	p := &plot{model: platform.RefreshNone, life: 2000 * time.Hour, noRT: true}
	w, id := plant(t, p)
	p.probe = refusing(platform.ClassPermanent, platform.ReasonTargetGone)
	lease, err := w.svc.LeaseToken(t.Context(), w.caller, connect.LeaseRequest{ChannelID: id})
	must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	_, err = w.svc.LeaseToken(ctx, w.caller, connect.LeaseRequest{ChannelID: id, NewerThan: lease.Version})
	if fault.ReasonOf(err) != platform.ReasonTargetGone {
		t.Errorf("got %v, want %s", err, platform.ReasonTargetGone)
	}
}

func TestAChecksAnswerHoldsBackNobody(t *testing.T) {
	t.Parallel()
	p := &plot{model: platform.RefreshRotating, life: 2 * time.Hour}
	w, id := plant(t, p)
	for _, class := range []platform.Class{platform.ClassRateLimited, platform.ClassConfiguration, platform.ClassTransient} {
		p.probe = func() (platform.Proof, error) {
			no := platform.Refuse(class, "", errors.New("no"))
			no.RetryAfter = 24 * time.Hour
			return platform.Proof{}, no
		}
		for range 6 {
			if _, err := w.svc.CheckChannel(t.Context(), w.caller, id); err == nil {
				t.Errorf("%s: the check told nothing", class)
			}
		}
	}
	w.after(t, 30, 5*time.Minute)
	if p.sent == 0 {
		t.Error("refreshing was held back")
	}
	w.health(t, id, connect.HealthHealthy, "")
}

func TestAKeyThatComesBack(t *testing.T) {
	t.Parallel()
	for _, every := range []time.Duration{0, 24 * time.Hour} {
		p := &plot{model: platform.RefreshStable, life: 2 * time.Hour, every: every}
		w, id := plant(t, p)
		var sealed []byte
		must(t, w.db.QueryRow("SELECT sealed FROM grants").Scan(&sealed))
		w.set(t, "UPDATE grants SET sealed = x'0102'")
		w.after(t, 1, 110*time.Minute)
		w.health(t, id, connect.HealthNeedsReauth, connect.ReasonUnreadable)
		w.set(t, "UPDATE grants SET sealed = $1", sealed)
		p.probe = refusing(platform.ClassPermanent, platform.ReasonTokenRefused) // it has run out
		w.after(t, 1, 61*time.Minute)
		p.probe = nil
		w.health(t, id, connect.HealthHealthy, "")
		if p.sent != 1 {
			t.Errorf("got %d refreshes, want one", p.sent)
		}
	}
}

func TestADeadTokenBehindALostAnswerIsFoundAtOnce(t *testing.T) {
	t.Parallel()
	p := &plot{model: platform.RefreshRotating, life: 2 * time.Hour}
	w, id := plant(t, p)
	p.refresh = func() error {
		no := platform.Refuse(platform.ClassTransient, "", errors.New("cut"))
		no.Ambiguous = true
		return no
	}
	lease, err := w.svc.LeaseToken(t.Context(), w.caller, connect.LeaseRequest{ChannelID: id})
	must(t, err)
	if _, err = w.svc.LeaseToken(t.Context(), w.caller, connect.LeaseRequest{ChannelID: id, NewerThan: lease.Version}); err == nil {
		t.Fatal("a token came from nowhere")
	}
	w.clock.advance(2 * time.Minute)
	p.refresh = func() error {
		return platform.Refuse(platform.ClassPermanent, platform.ReasonRevoked, errors.New("dead"))
	}
	p.probe = refusing(platform.ClassPermanent, platform.ReasonTokenRefused)
	_, err = w.svc.CheckChannel(t.Context(), w.caller, id)
	must(t, err)
	w.health(t, id, connect.HealthNeedsReauth, connect.ReasonLostRotation)
}

func TestALeaseThatRanOutBeforeAnythingWasSent(t *testing.T) {
	t.Parallel()
	p := &plot{model: platform.RefreshRotating, life: 2 * time.Hour, deadline: 1}
	w, id := plant(t, p)
	w.after(t, 1, 115*time.Minute)
	w.after(t, 1, 30*time.Second)
	if p.sent != 0 {
		t.Errorf("%d were sent by whom the grant may no longer be", p.sent)
	}
	w.health(t, id, connect.HealthHealthy, "")
	var holds int
	must(t, w.db.QueryRow("SELECT holds + failing FROM apps").Scan(&holds))
	if holds != 0 || !w.due(t) {
		t.Errorf("its app is blamed (%d), or nothing is due", holds)
	}
}

func TestALateAnswerIsTakenInWhateverHappenedMeanwhile(t *testing.T) {
	t.Parallel()
	p := &plot{model: platform.RefreshRotating, life: 2 * time.Hour}
	w, id := plant(t, p)
	w.clock.advance(119 * time.Minute)
	looked := 0
	claims := w.claim(t, &looked)
	p.refresh = func() error { // the platform acts; meanwhile the lease is over, the app held back, the grant marked
		w.set(t, "UPDATE grants SET lease_until = 0")
		w.set(t, "UPDATE apps SET trouble = 'platform_unavailable', holds = 1, hold_until = $1", w.clock.now().Add(5*time.Minute).UnixMilli())
		w.clock.advance(2 * time.Minute)
		w.work(t)
		w.health(t, id, connect.HealthError, connect.ReasonUnavailable)
		return nil
	}
	must(t, w.svc.Work(t.Context(), claims[0]))
	w.health(t, id, connect.HealthHealthy, "")
	p.refresh = nil
	w.after(t, 40, 5*time.Minute)
	w.health(t, id, connect.HealthHealthy, "")
}

func TestNobodyCanRotateATokenThatIsNew(t *testing.T) {
	t.Parallel()
	p := &plot{model: platform.RefreshRotating, life: 2 * time.Hour}
	w, id := plant(t, p)
	for range 100 {
		w.clock.advance(time.Millisecond)
		_, err := w.svc.LeaseToken(t.Context(), w.caller, connect.LeaseRequest{ChannelID: id, MinLife: 2 * time.Hour})
		if !errors.Is(err, connect.ErrTokenShort) {
			t.Fatalf("got %v, want %v", err, connect.ErrTokenShort)
		}
	}
	if p.sent != 0 {
		t.Errorf("got %d rotations, want none", p.sent)
	}
}

func TestForecastsOfAnAppThatIsHeldBack(t *testing.T) {
	t.Parallel()
	w, id := plant(t, &plot{model: platform.RefreshNone, noRT: true, life: 10 * 24 * time.Hour, every: 24 * time.Hour})
	for range 11 * 24 {
		w.set(t, "UPDATE apps SET trouble = 'rate_limited', holds = 1, hold_until = $1", w.clock.now().Add(12*time.Hour).UnixMilli())
		w.after(t, 1, time.Hour)
	}
	w.health(t, id, connect.HealthNeedsReauth, platform.ReasonConsentExpired)
	told := 0
	for _, event := range w.events(t) {
		if event == connect.EventChannelExpiring {
			told++
		}
	}
	if told != 2 {
		t.Errorf("got %d forecasts, want those of 7 days and of 1", told)
	}
}

func TestAPageThatComesBackRecoversAndIsNotForetoldAgain(t *testing.T) {
	t.Parallel()
	p := &plot{model: platform.RefreshNone, noRT: true, life: 10 * 24 * time.Hour, every: 24 * time.Hour}
	w, id := plant(t, p)
	for day := range 8 {
		p.probe = nil
		if day == 5 {
			var c connect.Channel
			c, err := w.store.Channel(t.Context(), w.space.ID, id)
			must(t, err)
			p.probe = func() (platform.Proof, error) {
				return platform.Proof{Broken: map[platform.TargetKey]string{{Kind: c.Kind, ExternalID: c.ExternalID}: platform.ReasonTargetGone}}, nil
			}
		}
		w.after(t, 1, 24*time.Hour)
	}
	list, err := w.svc.Events(t.Context(), w.caller, 0, 200)
	must(t, err)
	var got []string
	for _, e := range list {
		if e.ChannelID != 0 && e.Type != connect.EventChannelConnected {
			got = append(got, e.Type)
		}
	}
	want := fmt.Sprint([]string{connect.EventChannelExpiring, connect.EventChannelError, connect.EventChannelRecovered})
	if fmt.Sprint(got) != want {
		t.Errorf("got events %v, want %v", got, want)
	}
	w.health(t, id, connect.HealthExpiring, connect.ReasonEnding)
}

func TestACheckOfOneChannelPostponesNoProbe(t *testing.T) {
	t.Parallel()
	w, id := plant(t, &plot{model: platform.RefreshNone, noRT: true, life: 1000 * 24 * time.Hour, every: 24 * time.Hour})
	var before, after int64
	w.clock.advance(20 * time.Hour)
	must(t, w.db.QueryRow("SELECT probe_at FROM grants").Scan(&before))
	_, err := w.svc.CheckChannel(t.Context(), w.caller, id)
	must(t, err)
	must(t, w.db.QueryRow("SELECT probe_at FROM grants").Scan(&after))
	if before != after {
		t.Errorf("the probe moved by %s", time.Duration(after-before)*time.Millisecond)
	}
}

func TestAPageThatWasNotJudgedStaysAsItWas(t *testing.T) {
	t.Parallel()
	p := &plot{model: platform.RefreshNone, noRT: true, life: 1000 * 24 * time.Hour, every: 24 * time.Hour}
	w, id := plant(t, p)
	c, err := w.store.Channel(t.Context(), w.space.ID, id)
	must(t, err)
	page := platform.TargetKey{Kind: c.Kind, ExternalID: c.ExternalID}
	for _, proof := range []platform.Proof{
		{Broken: map[platform.TargetKey]string{page: platform.ReasonTargetGone}}, {Unasked: map[platform.TargetKey]bool{page: true}},
	} {
		p.probe = func() (platform.Proof, error) { return proof, nil }
		w.after(t, 1, 24*time.Hour)
		w.health(t, id, connect.HealthError, platform.ReasonTargetGone)
	}
}

func TestACheckRevivesNoConsentWhoseRefreshTokenIsDead(t *testing.T) {
	t.Parallel()
	p := &plot{model: platform.RefreshRotating, life: 2 * time.Hour}
	w, id := plant(t, p)
	p.refresh = func() error {
		return platform.Refuse(platform.ClassPermanent, platform.ReasonRevoked, errors.New("dead"))
	}
	w.after(t, 1, 115*time.Minute)
	w.health(t, id, connect.HealthNeedsReauth, platform.ReasonRevoked)
	_, err := w.svc.CheckChannel(t.Context(), w.caller, id) // the access token works for five more minutes
	must(t, err)
	w.health(t, id, connect.HealthNeedsReauth, platform.ReasonRevoked)
}

func TestATokenThatAnotherReplicaJustRenewedIsNotRenewedAgain(t *testing.T) {
	t.Parallel()
	p := &plot{model: platform.RefreshRotating, life: 2 * time.Hour}
	w, id := plant(t, p)
	w.clock.advance(119 * time.Minute)
	looks := 0
	var other func()
	other = func() {
		if looks++; looks < 2 { // the first look is before the turn among this process's callers
			p.stale.meanwhile = other
			return
		}
		w.work(t) // as another replica would
	}
	p.stale.meanwhile = other
	_, err := w.svc.LeaseToken(t.Context(), w.caller, connect.LeaseRequest{ChannelID: id, MinLife: 2 * time.Minute})
	must(t, err)
	if p.sent != 1 {
		t.Errorf("got %d refreshes, want one", p.sent)
	}
}
