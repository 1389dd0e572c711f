package bluesky_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	denied      = "denied (denied): begun denied"
	deniedTitle = "You did not give permission"
)

func TestDenyAndTryAgain(t *testing.T) {
	t.Parallel()
	w := start(t, "sqlite")
	made, p := w.deny(t)
	p.look("denied")
	w.checkStatus(t, made.ID, "failed", "denied")
	if got := w.Receiver.Arrivals(); len(got) != 0 {
		t.Errorf("arrivals after a denial: got %v, want none: the person may try again", got)
	}

	p.press("Try again", "Connect Bluesky")
	p.approve(w.bob)
	w.checkReturn(t, fmt.Sprintf("/callback?session_id=%d&status=succeeded", made.ID))
	w.checkStatus(t, made.ID, "succeeded", "")
	if diff := cmp.Diff([]string{denied, succeeded}, w.timeline(t, made.ID)); diff != "" {
		t.Errorf("attempts (-want +got):\n%s", diff)
	}
	w.checkStoredSession(t, w.bob)
}

func TestDenyAndGoBack(t *testing.T) {
	t.Parallel()
	w := start(t, "postgres")
	made, p := w.deny(t)
	p.press("Back to Harbour Tools", "Back at the application")
	w.checkReturn(t, fmt.Sprintf("/callback?session_id=%d&status=failed&reason=denied", made.ID))
	w.checkStatus(t, made.ID, "failed", "denied")
	if diff := cmp.Diff([]string{denied}, w.timeline(t, made.ID)); diff != "" {
		t.Errorf("attempts (-want +got):\n%s", diff)
	}
	if got := w.channels(t); len(got) != 0 {
		t.Errorf("channels: got %d, want none", len(got))
	}
}

// deny says no on the server's page.
func (w world) deny(t *testing.T) (sessionJSON, person) {
	t.Helper()
	made := w.newSession(t)
	p := newPerson(t)
	p.openHandlePage(made.ConnectURL)
	p.typeHandle(w.bob.Handle)
	p.signIn(w.bob)
	p.press("Deny access", deniedTitle)
	return made, p
}

func (w world) checkStatus(t *testing.T, session int64, status, reason string) {
	t.Helper()
	if got := w.session(t, session); got.Status != status || got.Reason != reason {
		t.Errorf("session: got %s %q, want %s %q", got.Status, got.Reason, status, reason)
	}
}
