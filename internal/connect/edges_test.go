package connect_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/httpx"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// pages is a platform whose targets have tokens of their own.
type pages struct{ *garden }

func (p pages) Targets(ctx context.Context, c *platform.Client) (platform.Identity, []platform.Target, error) {
	id, targets, err := p.garden.Targets(ctx, c)
	for i := range targets {
		targets[i].Credentials = platform.Credentials{Access: vault.NewSecret("token of " + targets[i].ExternalID)}
	}
	return id, targets, err
}

func newPages(t *testing.T) *journey {
	t.Helper()
	w := newJourney(t)
	w.svc = connect.New(connect.Config{
		Store: w.store, Vault: w.vault, Platforms: platform.NewRegistry([]platform.Platform{pages{w.garden}}), Apps: map[string]platform.App{"garden": w.app(t)},
		Env: platform.Env{HTTP: httpx.NewClient(httpx.ClientConfig{}), Now: w.clock.now, PublicURL: "https://connect.example"},
		Log: slog.New(slog.DiscardHandler),
	})
	return w
}

// connected are so many channels of one consent that reaches so many pages.
func (w *journey) connected(t *testing.T, channels, reached int) []int64 {
	t.Helper()
	w.garden.reach(reached, "person")
	v := w.visit(t, connect.CheckSameBrowser)
	v.consent(t, browserA, browserA)
	must(t, v.choose(t, browserA, channels))
	return v.now(t).Session.ChannelIDs
}

func (w *journey) retarget(t *testing.T, id int64, page int) error {
	t.Helper()
	targets, err := w.svc.ChannelTargets(t.Context(), w.caller, id)
	must(t, err)
	_, err = w.svc.Retarget(t.Context(), w.caller, id, targets[page].ID)
	return err
}

func TestAPageWhoseTokenWasErasedIsNotChosen(t *testing.T) {
	t.Parallel()
	w := newPages(t)
	ids := w.connected(t, 2, 2)
	_, err := w.svc.MoveChannel(t.Context(), w.caller, ids[1], w.owner(t, "user-2").ID)
	must(t, err)
	_, err = w.svc.DisconnectChannel(t.Context(), w.caller, ids[1])
	must(t, err)
	wants(t, "a page without its token", w.retarget(t, ids[0], 1), connect.ErrTargetUnknown)
	if got := w.access(t, ids[0]); got != "token of page-0" {
		t.Errorf("lent %q, want the page's own", got)
	}
}

func TestASessionOutlivesItsChannels(t *testing.T) {
	t.Parallel()
	w := newJourney(t)
	v := w.visit(t, connect.CheckSameBrowser)
	v.consent(t, browserA, browserA)
	id := v.now(t).Session.ChannelIDs[0]
	_, err := w.svc.MoveChannel(t.Context(), w.caller, id, w.owner(t, "user-2").ID)
	must(t, err)
	if view := v.now(t); len(view.Channels) != 0 {
		t.Errorf("the session of the former owner shows %+v", view.Channels)
	}
	w.erase(t, "user-2")
	if view := v.now(t); view.Session.Status != connect.SessionSucceeded {
		t.Errorf("got %s, want it still told", view.Session.Status)
	}
	v.open(t, browserA)
}

func TestDisconnectWhileSomebodyChooses(t *testing.T) {
	t.Parallel()
	w := newJourney(t)
	id := w.connected(t, 1, 3)[0]
	v := w.visit(t, connect.CheckSameBrowser)
	if got := v.consent(t, browserA, browserA).State; got != connect.AttemptChoosing {
		t.Fatalf("got %s, want choosing", got)
	}
	_, err := w.svc.DisconnectChannel(t.Context(), w.caller, id)
	must(t, err)
	w.clock.advance(time.Hour)
	w.sweep(t)
	if n := w.count(t, "grants"); n != 0 {
		t.Errorf("%d grants after the choice ran out, want 0", n)
	}
}

func TestAReconnectMakesNoOtherChannel(t *testing.T) {
	t.Parallel()
	t.Run("moved meanwhile", func(t *testing.T) {
		t.Parallel()
		w := newJourney(t)
		w.visit(t, connect.CheckSameBrowser).consent(t, browserA, browserA)
		v := w.again(t, 1)
		_, err := w.svc.MoveChannel(t.Context(), w.caller, 1, w.owner(t, "user-2").ID)
		must(t, err)
		v.consent(t, browserA, browserA)
		w.only(t, v, connect.SessionFailed, 1)
	})
	t.Run("warned, and put on another page meanwhile", func(t *testing.T) {
		t.Parallel()
		w := newJourney(t)
		id := w.connected(t, 2, 3)[0]
		v := w.again(t, id)
		w.garden.reach(1, "person")
		v.consent(t, browserA, browserA)
		must(t, w.retarget(t, id, 2))
		_, err := w.svc.AcceptLoss(t.Context(), connect.AcceptLossRequest{Link: v.link, Browser: browserA})
		wants(t, "going on", err, connect.ErrTargetMissing)
		w.only(t, v, connect.SessionFailed, 2)
	})
	t.Run("to be confirmed, and put on another page meanwhile", func(t *testing.T) {
		t.Parallel()
		w := newJourney(t)
		id := w.connected(t, 1, 2)[0]
		made, err := w.svc.Reconnect(t.Context(), w.caller, connect.NewReconnect{
			ChannelID: id, InitiatorCheck: connect.CheckConfirm, RedirectURL: "https://app.example/back",
		}, connect.Once[connect.CreatedSession]{})
		must(t, err)
		v := &visit{w: w, id: made.ID, link: made.Link}
		v.consent(t, browserA, browserA)
		must(t, w.retarget(t, id, 1))
		_, err = v.confirm(t, v.open(t, browserA).ConfirmCode)
		wants(t, "confirming", err, fault.Conflict)
		w.only(t, v, connect.SessionFailed, 1)
	})
}

// only wants the session in a state, so many channels, and none of the session's.
func (w *journey) only(t *testing.T, v *visit, status connect.SessionStatus, channels int) {
	t.Helper()
	if got := v.now(t).Session; got.Status != status || len(got.ChannelIDs) != 0 {
		t.Errorf("got %s with %v, want %s with nothing", got.Status, got.ChannelIDs, status)
	}
	if n := w.count(t, "channels"); n != channels {
		t.Errorf("%d channels, want %d", n, channels)
	}
	if n := w.count(t, "grants"); n != 1 {
		t.Errorf("%d grants, want 1", n)
	}
}

func TestOneTokenIsImportedOnce(t *testing.T) {
	t.Parallel()
	b := &bank{plot: &plot{model: platform.RefreshStable, life: time.Hour, reach: platform.ReachToken}, ours: true, known: true}
	w := newBank(t, b)
	w.imports(t, tokens("shared", ""))
	again := tokens("shared", "")
	again.OwnerExternalID = "user-2"
	_, err := w.svc.Import(t.Context(), w.caller, again)
	wants(t, "for another owner", err, connect.ErrTokenInUse)
	again.Access = vault.NewSecret("another-of-the-same-person")
	_, err = w.svc.Import(t.Context(), w.caller, again)
	must(t, err)
}

func TestTheAuditLogKeepsNobodysAddress(t *testing.T) {
	t.Parallel()
	w := newJourney(t)
	for from, want := range map[string]string{"198.51.100.9": "198.51.100.0/24", "2001:db8:1:2::9": "2001:db8:1::/48", "": ""} {
		v := w.visit(t, connect.CheckSameBrowser)
		state := v.begin(t, browserA)
		_, err := w.svc.Callback(t.Context(), connect.CallbackRequest{Platform: "garden", State: state, Code: state, Browser: browserA, From: from})
		must(t, err)
		var got string
		must(t, w.db.QueryRow("SELECT from_address FROM audit WHERE action = 'channel.connected' ORDER BY number DESC").Scan(&got))
		if got != want {
			t.Errorf("%q: got %q, want %q", from, got, want)
		}
	}
}
