package isolation_test

import (
	"net/http"
	"strings"
	"testing"
)

// seenBy is all that the callers can read: every address of a GET, with their own ids.
func (w *world) seenBy(t *testing.T, callers []intruder) map[string]answer {
	t.Helper()
	seen := map[string]answer{}
	for _, in := range callers {
		for path, ops := range w.doc.Paths {
			if _, ok := ops["get"]; !ok {
				continue
			}
			addresses := []string{path, path + "?limit=2", path + "?limit=200&owner=" + in.own.external(), path + "?limit=200&owner=external-victim"}
			if strings.Contains(path, "{id}") {
				addresses = nil
				for _, id := range in.own.ids[tableOf[collection(path)]] {
					addresses = append(addresses, at(path, id))
				}
			}
			for _, address := range addresses {
				seen[in.name+" "+address] = w.send(t, in.key, http.MethodGet, address, nil, "")
			}
		}
	}
	if len(seen) < 50 {
		t.Fatalf("only %d answers: the walk is broken", len(seen))
	}
	return seen
}

// stillSee: what came to the victim has changed no list, no feed and no count of others.
// The operator's list of workspaces is no secret to it.
func (w *world) stillSee(t *testing.T, callers []intruder, before map[string]answer) {
	t.Helper()
	for address, now := range w.seenBy(t, callers) {
		if strings.HasPrefix(address, "the operator /v1/workspaces") {
			continue
		}
		if now != before[address] {
			t.Errorf("%s:\ngot  %d %s\nwant %d %s, as before the victim came", address, now.status, now.text, before[address].status, before[address].text)
		}
		mustNotTell(t, address, now.text, w.marks(w.victim))
	}
}
