package connect_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// revocations tells the platforms what is due, until nothing is.
func (w *journey) revocations(t *testing.T) {
	t.Helper()
	apps, err := w.svc.DueRevocations(t.Context())
	must(t, err)
	for _, app := range apps {
		claimed, _, _, err := w.svc.ClaimRevocations(t.Context(), app, 10)
		must(t, err)
		for _, r := range claimed {
			must(t, w.svc.TellPlatform(t.Context(), r))
		}
	}
}

// channel is one as it stands.
func (w *journey) channel(t *testing.T, id int64) connect.Channel {
	t.Helper()
	ch, err := w.store.Channel(t.Context(), w.space.ID, id)
	must(t, err)
	return ch
}

// again is a session that is pinned to a channel.
func (w *journey) again(t *testing.T, id int64) *visit {
	t.Helper()
	made, err := w.svc.Reconnect(t.Context(), w.caller, connect.NewReconnect{ChannelID: id}, connect.Once[connect.CreatedSession]{})
	must(t, err)
	return &visit{w: w, id: made.ID, link: made.Link}
}

func TestADisconnectedChannelComesBackWithItsID(t *testing.T) {
	t.Parallel()
	p := &plot{model: platform.RefreshStable, life: time.Hour, reach: platform.ReachToken}
	w, id := plant(t, p)
	ended, err := w.svc.DisconnectChannel(t.Context(), w.caller, id)
	must(t, err)
	if ended.Lifecycle != connect.LifecycleDisconnected || ended.GrantID != 0 {
		t.Errorf("got %+v, want it disconnected and without a consent", ended)
	}
	if n := w.count(t, "grants"); n != 0 {
		t.Errorf("%d grants are left, want 0", n)
	}
	_, err = w.svc.LeaseToken(t.Context(), w.caller, connect.LeaseRequest{ChannelID: id})
	wants(t, "a lease", err, connect.ErrDisconnected)
	w.revocations(t)
	if want := []string{"access-1"}; !slices.Equal(p.revoked, want) {
		t.Errorf("revoked %v, want %v", p.revoked, want)
	}
	if n := w.count(t, "revocations"); n != 0 {
		t.Errorf("%d revocations are left, want 0", n)
	}
	before := len(w.events(t))
	if _, err := w.svc.DisconnectChannel(t.Context(), w.caller, id); err != nil || len(w.events(t)) != before {
		t.Errorf("again: got %v and %d events more, want nothing to happen", err, len(w.events(t))-before)
	}
	w.visit(t, connect.CheckSameBrowser).consent(t, browserA, browserA)
	if got := w.channel(t, id); got.Lifecycle != connect.LifecycleActive || got.GrantID == 0 {
		t.Errorf("connected again: got %+v, want the same channel, active", got)
	}
	if n := w.count(t, "channels"); n != 1 {
		t.Errorf("%d channels, want 1", n)
	}
}

func TestRevokingSparesALivingConsentOfTheSamePerson(t *testing.T) {
	t.Parallel()
	p := &plot{model: platform.RefreshStable, life: time.Hour, reach: platform.ReachUserApp}
	w, id := plant(t, p)
	other, err := w.svc.CreateSession(t.Context(), w.caller, connect.NewSession{OwnerExternalID: "other"}, connect.Once[connect.CreatedSession]{})
	must(t, err)
	(&visit{w: w, id: other.ID, link: other.Link}).consent(t, browserA, browserA)
	_, err = w.svc.DisconnectChannel(t.Context(), w.caller, id)
	must(t, err)
	w.revocations(t)
	if len(p.revoked) != 0 || w.count(t, "revocations") != 0 {
		t.Errorf("revoked %v, want nothing while the other owner's consent lives", p.revoked)
	}
	var second int64
	must(t, w.db.QueryRow("SELECT id FROM channels WHERE lifecycle = 'active'").Scan(&second))
	_, err = w.svc.DisconnectChannel(t.Context(), w.caller, second)
	must(t, err)
	w.revocations(t)
	if len(p.revoked) != 1 {
		t.Errorf("revoked %v, want the last one's", p.revoked)
	}
}

func TestANewConsentCallsOffWhatWouldEndIt(t *testing.T) {
	t.Parallel()
	p := &plot{model: platform.RefreshStable, life: time.Hour, reach: platform.ReachUserApp}
	w, id := plant(t, p)
	_, err := w.svc.DisconnectChannel(t.Context(), w.caller, id)
	must(t, err)
	w.visit(t, connect.CheckSameBrowser).consent(t, browserA, browserA)
	w.revocations(t)
	if len(p.revoked) != 0 || w.count(t, "revocations") != 0 {
		t.Errorf("revoked %v, want nothing: the same person consented anew", p.revoked)
	}
}

func TestAPlatformThatIsAwayIsToldLater(t *testing.T) {
	t.Parallel()
	away := platform.Refuse(platform.ClassTransient, "", nil)
	p := &plot{model: platform.RefreshStable, life: time.Hour, reach: platform.ReachToken, revoke: func() error { return away }}
	w, id := plant(t, p)
	_, err := w.svc.DisconnectChannel(t.Context(), w.caller, id)
	must(t, err)
	w.revocations(t)
	if n := w.count(t, "revocations WHERE tries = 1"); n != 1 {
		t.Fatalf("%d revocations that were tried once, want 1", n)
	}
	p.revoke = nil
	w.clock.advance(time.Hour)
	w.revocations(t)
	if len(p.revoked) != 1 || w.count(t, "revocations") != 0 {
		t.Errorf("revoked %v, want it done", p.revoked)
	}
	p.revoke = func() error { return away }
	w.visit(t, connect.CheckSameBrowser).consent(t, browserA, browserA)
	_, err = w.svc.DisconnectChannel(t.Context(), w.caller, id)
	must(t, err)
	w.clock.advance(25 * time.Hour)
	w.revocations(t)
	if n := w.count(t, "revocations"); n != 0 {
		t.Errorf("%d revocations after a day, want it given up", n)
	}
	if n := w.count(t, `events WHERE type = 'grant.revoked' AND data LIKE '%gave_up%'`); n != 1 {
		t.Errorf("%d events that say so, want 1", n)
	}
}

func TestARefreshThatComesHomeToAnErasedGrantIsRevoked(t *testing.T) {
	t.Parallel()
	p := &plot{model: platform.RefreshRotating, life: time.Hour, reach: platform.ReachToken}
	w, id := plant(t, p)
	p.refresh = func() error {
		_, err := w.svc.DisconnectChannel(t.Context(), w.caller, id)
		return err
	}
	w.clock.advance(58 * time.Minute)
	w.work(t)
	w.revocations(t)
	slices.Sort(p.revoked)
	if want := []string{"access-1", "access-2"}; !slices.Equal(p.revoked, want) {
		t.Errorf("revoked %v, want %v", p.revoked, want)
	}
	if n := w.count(t, "grants"); n != 0 {
		t.Errorf("%d grants, want none brought back", n)
	}
}

func TestALeaseIsNotHandedOutAfterADisconnect(t *testing.T) {
	t.Parallel()
	p := &plot{model: platform.RefreshStable, life: time.Hour, reach: platform.ReachToken}
	w, id := plant(t, p)
	w.clock.advance(59*time.Minute + 30*time.Second)
	p.refresh = func() error {
		_, err := w.svc.DisconnectChannel(t.Context(), w.caller, id)
		return err
	}
	lease, err := w.svc.LeaseToken(t.Context(), w.caller, connect.LeaseRequest{ChannelID: id})
	if err == nil {
		t.Errorf("got a token of version %d, want none", lease.Version)
	}
}

// gathering holds one transaction up and counts who comes to a lease's last look meanwhile.
type gathering struct {
	connect.Store
	hold   atomic.Bool // the next transaction
	inside chan struct{}
	let    chan struct{}
	looks  chan struct{}
}

func (g *gathering) InTx(ctx context.Context, fn func(connect.Tx) error) error {
	if g.hold.CompareAndSwap(true, false) {
		close(g.inside)
		<-g.let
	}
	return g.Store.InTx(ctx, fn)
}

func (g *gathering) App(ctx context.Context, workspaceID, id int64) (connect.App, error) {
	defer func() { g.looks <- struct{}{} }()
	return g.Store.App(ctx, workspaceID, id)
}

// TestLeasesThatComeTogether: one of two channels is paused when their tokens have been
// looked for and not handed out. Each lease gets its own answer, and the audit log a line
// for each that was handed out.
func TestLeasesThatComeTogether(t *testing.T) {
	t.Parallel()
	p := &plot{model: platform.RefreshStable, life: 24 * time.Hour}
	w, id := plant(t, p)
	twin := w.channel(t, id)
	twin.ExternalID += "-twin"
	must(t, w.store.InTx(t.Context(), func(tx connect.Tx) error {
		saved, err := tx.SaveChannel(t.Context(), twin)
		twin = saved.Channel
		return err
	}))
	const each = 10
	g := &gathering{Store: p.stale.Store, inside: make(chan struct{}), let: make(chan struct{}), looks: make(chan struct{}, 3*each)}
	p.stale.Store = g
	g.hold.Store(true)
	var all sync.WaitGroup
	lease := func(id int64, want error) {
		all.Go(func() {
			if _, err := w.svc.LeaseToken(t.Context(), w.caller, connect.LeaseRequest{ChannelID: id}); !errors.Is(err, want) {
				t.Errorf("channel %d: got %v, want %v", id, err, want)
			}
		})
	}
	lease(id, nil)
	<-g.inside
	for range each {
		lease(id, nil)
		lease(twin.ID, connect.ErrPaused)
	}
	for range 1 + 2*each {
		<-g.looks
	}
	_, err := w.svc.PauseChannel(t.Context(), w.caller, twin.ID)
	must(t, err)
	close(g.let)
	all.Wait()
	var lines, ofTwin int64
	must(t, w.db.QueryRow("SELECT count(*), count(*) FILTER (WHERE channel_id = $2) FROM audit WHERE action = $1", connect.AuditTokenLeased, twin.ID).Scan(&lines, &ofTwin))
	if lines != 1+each || ofTwin != 0 {
		t.Errorf("got %d lines, %d of the paused channel, want %d and none", lines, ofTwin, 1+each)
	}
	lease(twin.ID+99, fault.NotFound)
	all.Wait()
}

// TestALeaseDoesNotOutliveAMove: a key of the former owner gets no token of a channel that
// went to another owner while the token was looked for.
func TestALeaseDoesNotOutliveAMove(t *testing.T) {
	t.Parallel()
	p := &plot{model: platform.RefreshStable, life: 24 * time.Hour}
	w, id := plant(t, p)
	g := &gathering{Store: p.stale.Store, inside: make(chan struct{}), let: make(chan struct{}), looks: make(chan struct{}, 10)}
	to := w.owner(t, "user-2").ID
	p.stale.Store = g
	g.hold.Store(true)
	bound := w.caller
	bound.OwnerID = w.channel(t, id).OwnerID
	answer := make(chan error)
	go func() {
		_, err := w.svc.LeaseToken(t.Context(), bound, connect.LeaseRequest{ChannelID: id})
		answer <- err
	}()
	<-g.inside
	_, err := w.svc.MoveChannel(t.Context(), w.caller, id, to)
	must(t, err)
	close(g.let)
	if err := <-answer; !errors.Is(err, fault.NotFound) {
		t.Errorf("got %v, want that there is no such channel", err)
	}
	if _, err := w.svc.LeaseToken(t.Context(), w.caller, connect.LeaseRequest{ChannelID: id}); err != nil {
		t.Errorf("a key of the whole workspace: got %v", err)
	}
}

func TestReconnectIsPinnedToItsChannel(t *testing.T) {
	t.Parallel()
	p := &plot{model: platform.RefreshStable, life: time.Hour}
	w, id := plant(t, p)
	_, err := w.svc.PauseChannel(t.Context(), w.caller, id)
	must(t, err)

	w.garden.reachFrom(5, 1, "somebody else")
	v := w.again(t, id)
	v.consent(t, browserA, browserA)
	if got, want := v.attempts(t), []string{"failed other_account"}; !slices.Equal(got, want) {
		t.Errorf("another account: got %v, want %v", got, want)
	}
	w.garden.reach(0, "a third one")
	v.consent(t, browserA, browserA)
	if got, want := v.attempts(t), []string{"failed other_account", "failed other_account"}; !slices.Equal(got, want) {
		t.Errorf("another account that has nothing: got %v, want %v", got, want)
	}
	w.garden.reachFrom(5, 1, "person")
	v.consent(t, browserA, browserA)
	if got, want := v.attempts(t), []string{"failed other_account", "failed other_account", "failed target_missing"}; !slices.Equal(got, want) {
		t.Errorf("without the page: got %v, want %v", got, want)
	}
	if n := w.count(t, "grants"); n != 1 {
		t.Errorf("%d grants, want the one of before", n)
	}
	w.garden.reach(3, "person")
	v.consent(t, browserA, browserA)
	if got := v.now(t).Session; got.Status != connect.SessionSucceeded || !slices.Equal(got.ChannelIDs, []int64{id}) {
		t.Errorf("got %+v, want it succeeded with the one channel", got)
	}
	if got := w.channel(t, id); got.Lifecycle != connect.LifecyclePaused {
		t.Errorf("got lifecycle %s, want the pause to stay", got.Lifecycle)
	}
	w.garden.reach(1, "a colleague")
	v = w.again(t, id)
	v.consent(t, browserA, browserA)
	if got := v.now(t).Session.Status; got != connect.SessionSucceeded {
		t.Errorf("by somebody else who administers the page: got %s, want succeeded", got)
	}
	if n := w.count(t, "grants"); n != 1 {
		t.Errorf("%d grants, want the older one erased", n)
	}
}

func TestAConsentThatWouldDropChannelsWarns(t *testing.T) {
	t.Parallel()
	w := newJourney(t)
	w.garden.reach(3, "person")
	v := w.visit(t, connect.CheckSameBrowser)
	v.consent(t, browserA, browserA)
	must(t, v.choose(t, browserA, 2))

	w.garden.reach(1, "person")
	v = w.visit(t, connect.CheckSameBrowser)
	if got := v.consent(t, browserA, browserA).State; got != connect.AttemptWarned {
		t.Fatalf("got %s, want warned", got)
	}
	view := v.open(t, browserA)
	if len(view.Losses) != 1 || view.Losses[0].ExternalID != "page-1" {
		t.Errorf("got the losses %+v, want page-1", view.Losses)
	}
	if n := w.count(t, "channels WHERE health = 'healthy'"); n != 2 {
		t.Errorf("%d healthy channels before the person decided, want 2", n)
	}
	_, err := w.svc.AcceptLoss(t.Context(), connect.AcceptLossRequest{Link: v.link, Browser: browserB})
	wants(t, "in another browser", err, connect.ErrNothingToChoose)

	w.garden.reach(3, "person") // asked again, and left all ticked
	v.consent(t, browserA, browserA)
	must(t, v.choose(t, browserA, 1))
	if got, want := v.attempts(t), []string{"superseded attempt_superseded", "succeeded"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}

	w.garden.reach(1, "person")
	v = w.visit(t, connect.CheckSameBrowser)
	v.consent(t, browserA, browserA)
	session, err := w.svc.AcceptLoss(t.Context(), connect.AcceptLossRequest{Link: v.link, Browser: browserA})
	must(t, err)
	if session.Status != connect.SessionSucceeded {
		t.Errorf("got %s, want succeeded", session.Status)
	}
	if n := w.count(t, "channels WHERE health_reason = 'target_gone'"); n != 1 {
		t.Errorf("%d channels that lost their page, want 1", n)
	}
	if n := w.count(t, "grants"); n != 1 {
		t.Errorf("%d grants, want 1", n)
	}
}

// TestAConsentThatWouldDropAnotherOwnersChannelsWarns where the platform knows the person
// and the app alone, and nowhere else.
func TestAConsentThatWouldDropAnotherOwnersChannelsWarns(t *testing.T) {
	t.Parallel()
	for reach, want := range map[platform.Reach][]string{platform.ReachUserApp: {"page-0"}, platform.ReachToken: nil} {
		t.Run(string(reach), func(t *testing.T) {
			t.Parallel()
			p := &plot{model: platform.RefreshStable, life: time.Hour, reach: reach}
			w, _ := plant(t, p) // user-1 has page-0
			again := func(first, targets int) (state connect.AttemptState, lost []string) {
				w.garden.reachFrom(first, targets, "person")
				made, err := w.svc.CreateSession(t.Context(), w.caller, connect.NewSession{
					OwnerExternalID: "other", InitiatorCheck: connect.CheckSameBrowser, RedirectURL: "https://app.example/back",
				}, connect.Once[connect.CreatedSession]{})
				must(t, err)
				v := &visit{w: w, id: made.ID, link: made.Link}
				state = v.consent(t, browserA, browserA).State
				for _, ch := range v.open(t, browserA).Losses {
					lost = append(lost, ch.ExternalID)
				}
				return state, lost
			}
			if state, lost := again(1, 1); (state == connect.AttemptWarned) != (want != nil) || !slices.Equal(lost, want) {
				t.Errorf("page-1 alone for another owner: got %s and the losses %q, want %q", state, lost, want)
			}
			if state, lost := again(0, 2); state == connect.AttemptWarned || lost != nil {
				t.Errorf("both pages: got %s and the losses %q, want none", state, lost)
			}
		})
	}
}

func TestAWarningThatNobodyAnswersChangesNothing(t *testing.T) {
	t.Parallel()
	w := newJourney(t)
	w.garden.reach(2, "person")
	v := w.visit(t, connect.CheckSameBrowser)
	v.consent(t, browserA, browserA)
	must(t, v.choose(t, browserA, 2))
	w.garden.reach(1, "person")
	v = w.visit(t, connect.CheckSameBrowser)
	v.consent(t, browserA, browserA)
	w.clock.advance(time.Hour)
	w.sweep(t)
	if got, want := v.attempts(t), []string{"expired attempt_expired"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if n := w.count(t, "grants"); n != 1 {
		t.Errorf("%d grants, want the one of before", n)
	}
}

func TestRetargetKeepsTheID(t *testing.T) {
	t.Parallel()
	w := newJourney(t)
	w.garden.reach(3, "person")
	v := w.visit(t, connect.CheckSameBrowser)
	v.consent(t, browserA, browserA)
	must(t, v.choose(t, browserA, 2))
	ids := v.now(t).Session.ChannelIDs
	targets, err := w.svc.ChannelTargets(t.Context(), w.caller, ids[0])
	must(t, err)
	if len(targets) != 3 {
		t.Fatalf("got %d targets, want 3", len(targets))
	}
	_, err = w.svc.Retarget(t.Context(), w.caller, ids[0], targets[1].ID)
	wants(t, "a page that has a channel", err, fault.Conflict)
	_, err = w.svc.Retarget(t.Context(), w.caller, ids[0], 999)
	wants(t, "a page that there is not", err, connect.ErrTargetUnknown)
	ch, err := w.svc.Retarget(t.Context(), w.caller, ids[0], targets[2].ID)
	must(t, err)
	if ch.ID != ids[0] || ch.ExternalID != "page-2" || w.channel(t, ids[0]).Facts.Name != "Page 2" {
		t.Errorf("got %+v, want the same channel for page-2", ch)
	}
	if got := w.events(t); got[len(got)-1] != connect.EventChannelRetargeted {
		t.Errorf("got the last event %s, want it told", got[len(got)-1])
	}
}

// direct is a link straight to the garden.
func (w *journey) direct(t *testing.T) (*visit, vault.Secret) {
	t.Helper()
	made, err := w.svc.CreateDirect(t.Context(), w.caller, connect.NewSession{
		Platforms: []string{"garden"}, Selection: connect.SelectAll, Origin: connect.OriginSmartlyQ,
	}, connect.Once[connect.CreatedDirect]{})
	must(t, err)
	if !strings.Contains(made.URL, "state="+made.State.Reveal()) {
		t.Errorf("got the address %s, want its state to be the token", made.URL)
	}
	return &visit{w: w, id: made.ID, link: made.State}, made.State
}

func TestADirectLinkConnectsEverythingOnce(t *testing.T) {
	t.Parallel()
	w := newJourney(t)
	w.garden.reach(3, "person")
	v, state := w.direct(t)
	_, err := v.back(t, state, browserA)
	must(t, err)
	if got := v.now(t).Session; got.Status != connect.SessionSucceeded || len(got.ChannelIDs) != 3 {
		t.Errorf("got %+v, want three channels", got)
	}
	_, err = v.back(t, state, browserB)
	wants(t, "a second arrival", err, connect.ErrReplayed)

	v, state = w.direct(t)
	_, err = w.svc.Callback(t.Context(), connect.CallbackRequest{Platform: "garden", State: state, Error: "access_denied"})
	must(t, err)
	if got := v.now(t).Session; got.Status != connect.SessionFailed || !got.Final() {
		t.Errorf("denied: got %+v, want it over", got)
	}
	_, err = w.svc.Begin(t.Context(), connect.BeginRequest{Link: state, Browser: browserA, Platform: "garden"})
	wants(t, "begun anew", err, fault.Conflict)

	w.garden.reach(0, "person")
	v, state = w.direct(t)
	_, err = v.back(t, state, browserA)
	must(t, err)
	if got := v.now(t).Session; got.Status != connect.SessionFailed || got.Reason != platform.ErrNoTargets.Reason {
		t.Errorf("nothing to connect: got %+v", got)
	}

	v, state = w.direct(t)
	w.clock.advance(15 * time.Minute)
	_, err = v.back(t, state, browserA)
	if got := v.now(t).Session; got.Status == connect.SessionSucceeded {
		t.Errorf("after its time: got %+v and %v, want nothing connected", got, err)
	}
}

func TestARestoredDatabaseRevokesNothing(t *testing.T) {
	t.Parallel()
	p := &plot{model: platform.RefreshStable, life: time.Hour, reach: platform.ReachToken}
	w, id := plant(t, p)
	_, err := w.svc.DisconnectChannel(t.Context(), w.caller, id)
	must(t, err)
	must(t, connect.HoldRefreshing(t.Context(), w.store))
	w.revocations(t)
	if len(p.revoked) != 0 || w.count(t, "revocations") != 0 {
		t.Errorf("revoked %v, want nothing of what the original has done", p.revoked)
	}
}
