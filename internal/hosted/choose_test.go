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
