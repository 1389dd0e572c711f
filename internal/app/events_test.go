package app_test

import (
	"testing"
	"time"

	"patchbay/internal/connect"
)

// TestWhoeverWaitsForEventsIsTold when they are committed, and not at the next look of
// each second, which is for those of other processes.
func TestWhoeverWaitsForEventsIsTold(t *testing.T) {
	t.Parallel()
	a, l := devApp(t)
	_ = l.Close()
	defer func() { check(t, a.Close()) }()
	ctx := t.Context()
	space, err := a.Service.CreateWorkspace(ctx, connect.Workspace{Name: "Harbour Tools"})
	check(t, err)
	caller := connect.Caller{WorkspaceID: space.ID, Scopes: connect.WorkspaceScopes()}
	for after := range int64(5) {
		told := make(chan []connect.Event, 1)
		go func() {
			events, err := a.Service.WaitEvents(ctx, caller, after, 10, 900*time.Millisecond)
			if err != nil {
				t.Error(err)
			}
			told <- events
		}()
		_, err := a.Service.CreateSession(ctx, caller, connect.NewSession{}, connect.Once[connect.CreatedSession]{})
		check(t, err)
		if events := <-told; len(events) != 1 {
			t.Errorf("after %d: got %d events, want the one that was made meanwhile", after, len(events))
		}
	}
}
