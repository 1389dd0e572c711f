package isolation_test

import (
	"slices"
	"testing"

	"patchbay/internal/connect"
)

// What intruders are refused is taken from a key of the workspace that has the one
// scope of the document: the requests are good, and no other scope is asked for.
func TestTheDocumentedScopeIsEnough(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	w.addVictim(t)
	last := []string{"confirmSession", "cancelSession", "updateWorkspace", "retireApp", "revokeKey", "disconnectChannel", "deleteEndpoint", "eraseOwner"} // others would find less
	for _, late := range []bool{false, true} {
		for _, r := range w.App.Routes {
			op, native := w.doc.at(r)
			if !native || slices.Contains(last, op.ID) != late {
				continue
			}
			key := w.NewKey(t, connect.Key{WorkspaceID: w.Workspace.ID, Scopes: []connect.Scope{connect.Scope(op.scope())}})
			path := at(r.Path, w.rowFor(op, r.Path))
			if op.ID == "getPlatform" {
				path = "/v1/platforms/x"
			}
			if got := w.send(t, key, r.Method, path, w.valid(op), ""); got.status/100 != 2 {
				t.Errorf("%s with %s alone: got %d %s", r.Pattern(), op.scope(), got.status, got.text)
			}
		}
	}
}
