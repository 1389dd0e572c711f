package connect_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/platform"
)

// One app with more to be revoked than is looked at keeps no other app's waiting.
func TestOneAppsRevocationsKeepNoOthersWaiting(t *testing.T) {
	t.Parallel()
	p := &plot{model: platform.RefreshStable, life: time.Hour, reach: platform.ReachToken}
	w, _ := plant(t, p)
	var busy, other connect.App
	must(t, w.store.InTx(t.Context(), func(tx connect.Tx) (err error) {
		for i, app := range []*connect.App{&busy, &other} {
			*app, err = tx.EnsureApp(t.Context(), connect.App{Platform: "garden", Server: fmt.Sprint(i), ClientID: fmt.Sprint(i), CreatedAt: w.clock.now(), UpdatedAt: w.clock.now()})
			if err != nil {
				return err
			}
		}
		for i := range 600 {
			r := connect.Revocation{WorkspaceID: w.space.ID, AppID: busy.ID, Platform: "garden", NextAt: w.clock.now().Add(-time.Hour), CreatedAt: w.clock.now()}
			if i == 0 {
				r.AppID, r.NextAt = other.ID, w.clock.now()
			}
			if _, err := tx.InsertRevocation(t.Context(), r); err != nil {
				return err
			}
		}
		return nil
	}))
	apps, err := w.svc.DueRevocations(t.Context())
	must(t, err)
	if !slices.Equal(apps, []int64{busy.ID, other.ID}) {
		t.Errorf("got the apps %v, want %d and %d", apps, busy.ID, other.ID)
	}
	claimed, looked, _, err := w.svc.ClaimRevocations(t.Context(), other.ID, 8)
	must(t, err)
	if len(claimed) != 1 || looked != 1 || claimed[0].AppID != other.ID {
		t.Errorf("got %d claimed of %d, want the other app's one", len(claimed), looked)
	}
}

// A copy forgets what its original is telling a platform at this moment.
func TestHoldingForgetsWhatIsBeingRevoked(t *testing.T) {
	t.Parallel()
	p := &plot{model: platform.RefreshStable, life: time.Hour, reach: platform.ReachToken}
	w, id := plant(t, p)
	_, err := w.svc.DisconnectChannel(t.Context(), w.caller, id)
	must(t, err)
	apps, err := w.svc.DueRevocations(t.Context())
	must(t, err)
	claimed, _, _, err := w.svc.ClaimRevocations(t.Context(), apps[0], 10)
	must(t, err)
	same(t, "claimed", len(claimed), 1)
	must(t, connect.HoldRefreshing(t.Context(), w.store))
	same(t, "left", w.count(t, "revocations"), 0)
}
