package hosted

import (
	"strings"
	"testing"

	"patchbay/internal/connect"
	"patchbay/internal/platform"
)

// Opening a link begins nothing, also where there is nothing to choose.
func TestOnePlatformHasOneButton(t *testing.T) {
	t.Parallel()
	plain := platform.Spec{ID: "plain", Name: "Plain"}
	for name, tt := range map[string]struct {
		offered connect.Offered
		want    string
	}{
		"button":      {connect.Offered{Spec: plain, Configured: true}, `name="platform" value="plain"`},
		"unavailable": {connect.Offered{Spec: plain}, "Not set up by whoever runs this service."},
		"typed first": {connect.Offered{Spec: platform.Spec{ID: "many", Name: "Many", Input: platform.InputServer}, Configured: true}, `name="platform" value="many"`},
	} {
		v := connect.LinkView{Workspace: connect.Workspace{Name: "Harbour Tools"}, Offered: []connect.Offered{tt.offered}}
		b := newBrowser(t, Config{Service: core{view: showing(v)}})
		text := textOf(t, b.get(sessionAt))
		if !strings.Contains(text, tt.want) || !strings.Contains(text, sessionAt+"/leave") {
			t.Errorf("%s: %q is missing: %s", name, tt.want, text)
		}
	}
}

// To say no, here or at the platform, is nobody's mistake: the page raises no alarm.
func TestSayingNoRaisesNoAlarm(t *testing.T) {
	t.Parallel()
	denied := connect.Attempt{ID: 1, State: connect.AttemptDenied, Reason: "denied"}
	for name, tt := range map[string]struct {
		status connect.SessionStatus
		reason string
		alarm  bool
	}{
		"canceled": {connect.SessionCanceled, "", false},
		"denied":   {connect.SessionFailed, "denied", false},
		"no page":  {connect.SessionFailed, "no_targets", true},
	} {
		text := textOf(t, newBrowser(t, Config{Service: core{view: showing(straight(tt.status, tt.reason, denied, ""))}}).get(sessionAt))
		if got := strings.Contains(text, `role="alert"`); got != tt.alarm {
			t.Errorf("%s: got an alarm %t, want %t:\n%s", name, got, tt.alarm, text)
		}
	}
}
