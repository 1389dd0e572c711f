package isolation_test

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"patchbay/internal/connect"
	"patchbay/internal/e2e"
	"patchbay/internal/httpx"
)

// better are values for which the document's examples do not do: those are shortened
// for the reader, or name what this world does not have.
func (w *world) better(op operation) map[string]any {
	return map[string]map[string]any{
		"createApp":      {"client_secret": "a1b2c3"},
		"updateApp":      {"client_secret": "a1b2c3"},
		"createOwner":    {"external_id": "user_77"},
		"createKey":      {"owner": w.victim.external(), "scopes": []string{op.scope()}},
		"confirmSession": {"code": w.victim.visits["confirming"].code},
		"leaseToken":     {"newer_than": 0}, // any
		"createEndpoint": {"url": w.Receiver.URL, "owner": w.victim.external()},
		"updateEndpoint": {"url": w.Receiver.URL},
		"createReplay":   {"after": nil, "until": nil, "since": nothingToSend["since"]},
		"eraseOwner":     {"confirm": thirdExternal},
		"moveChannel":    {"owner": otherExternal},
		"importChannels": {
			"platform": "x", "owner": w.victim.external(), "server": nil, "access_token": w.token, "refresh_token": nil, "expires_at": nil, "scopes": nil, "targets": nil, "dry_run": true,
		},
		"chooseChannelTarget": {"target_id": w.target},
	}[op.ID]
}

// valid is a request that the victim's own workspace may make: its path, about the row
// of an id, and its body.
func (w *world) valid(op operation) map[string]any {
	body, _ := w.doc.example(w.doc.body(op)).(map[string]any)
	for name, value := range w.better(op) {
		body = put(body, name, value)
	}
	return body
}

// rowFor is the victim's row that the operation could be about.
func (w *world) rowFor(op operation, path string) int64 {
	switch op.ID {
	case "cancelSession":
		return w.victim.visits["pending"].id
	case "confirmSession":
		return w.victim.visits["confirming"].id
	case "eraseOwner":
		return w.third
	}
	if ids := w.victim.ids[tableOf[collection(path)]]; len(ids) > 0 {
		return ids[0]
	}
	return absent
}

func at(path string, id int64) string {
	return strings.ReplaceAll(path, "{id}", strconv.FormatInt(id, 10))
}

// queries says what the parameters of queries name of the victim's; nil: nothing.
func (w *world) queries(t *testing.T, r httpx.Route) map[string][]string {
	return map[string][]string{
		"owner":  {w.victim.external()},
		"cursor": w.cursors(t, r),
		"after":  {"1", "2", strconv.Itoa(len(w.Events(t)) - 1)},
		"limit":  nil, "wait": nil, "platform": nil, "kind": nil, "lifecycle": nil, "health": nil,
		"endpoint": texts(w.victim.ids["endpoints"]), "channel": texts(w.victim.ids["channels"]), "event": {"1", "2"},
		"type": {connect.EventChannelConnected}, "state": nil, "head": {w.head},
	}
}

func texts(ids []int64) (all []string) {
	for _, id := range ids {
		all = append(all, strconv.FormatInt(id, 10))
	}
	return all
}

// cursors are those of the victim's workspace at a list.
func (w *world) cursors(t *testing.T, r httpx.Route) (all []string) {
	if r.Method != http.MethodGet || strings.Contains(r.Path, "{id}") {
		return nil
	}
	for next := ""; ; {
		var page struct {
			Next *string `json:"next_cursor"`
		}
		a := w.send(t, w.Key, http.MethodGet, r.Path+"?limit=2&cursor="+next, nil, "")
		if a.status != http.StatusOK {
			return nil // no list
		}
		if a.into(t, &page); page.Next == nil {
			return all
		}
		next = *page.Next
		all = append(all, next)
	}
}

// members says what the members of bodies name of the victim's.
func (w *world) members() map[string]any {
	return map[string]any{
		"createKey owner":                 w.victim.external(),
		"createSession owner.external_id": otherExternal, // these two make one where there is none
		"createOwner external_id":         thirdExternal,
		"confirmSession code":             w.victim.visits["confirming"].code,
		"createEndpoint owner":            w.victim.external(),
		"moveChannel owner":               w.victim.external(),
		"importChannels owner":            w.victim.external(),
		"eraseOwner confirm":              thirdExternal,
		"chooseChannelTarget target_id":   w.target,
	}
}

// plain are the members that name nothing.
var plain = []string{
	"owner.name", "name", "avatar_url", "contact_email", "reference", "platform", "platforms", "selection", "initiator_check", "redirect_url",
	"expires_in", "client_id", "client_secret", "scopes", "require_redirect_url", "allowed_redirects",
	"min_lifetime_s", "newer_than", "headless_connect", "bounce_page",
	"label", "owner_name", "server", "access_token", "refresh_token", "expires_at", "targets", "dry_run",
	"url", "types", "scheme", "description", "state", "overlap_s", "after", "until", "since", "failed_only",
}

// boundRefused are the operations that no key may do that is bound to one owner.
var boundRefused = []string{
	"createOwner", "createApp", "listApps", "getApp", "updateApp", "retireApp", "createWorkspace", "updateWorkspace", "listEvents", "listAuditEntries", "verifyAuditLog",
	"moveChannel", "eraseOwner", "createEndpoint", "listEndpoints", "getEndpoint", "updateEndpoint", "deleteEndpoint", "rotateEndpointSecret", "testEndpoint",
	"createReplay", "getReplay", "listDeliveries", "getDelivery", "replayDelivery",
}

func TestNothingCrosses(t *testing.T) {
	t.Parallel()
	for _, engine := range e2e.Engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, engine)
			intruders := w.intruders(t)
			seen := w.seenBy(t, intruders)
			w.addVictim(t)
			w.stillSee(t, intruders, seen)
			dead := w.deadKeys(t)
			w.less = map[string]string{}
			for _, scope := range connect.Scopes() {
				w.less[string(scope)] = w.NewKey(t, connect.Key{WorkspaceID: w.Workspace.ID, Scopes: without(scope)})
			}
			w.before = w.db.Dump(t)
			for _, r := range w.App.Routes {
				op, native := w.doc.at(r)
				switch check, ok := cases[r.Pattern()]; {
				case native:
					for _, in := range intruders {
						w.intrude(t, r, op, in)
					}
					w.lesser(t, r, op)
					w.ended(t, r, op, dead)
				case ok:
					check(t, w, r, intruders, dead)
				case open[r.Pattern()] == "" && r.Format != httpx.FormatLab:
					t.Errorf("%s has no case: tell who may not see or change what by it", r.Pattern())
				}
			}
		})
	}
}

// intrude tries all that an intruder could bring to a route.
func (w *world) intrude(t *testing.T, r httpx.Route, op operation, in intruder) {
	t.Helper()
	w.intrudeByID(t, r, op, in)
	queries := w.queries(t, r)
	for _, p := range op.Parameters {
		values, known := queries[p.Name]
		switch {
		case p.In == "query" && !known:
			t.Errorf("%s: the parameter %s has no case", r.Pattern(), p.Name)
		case p.In == "query":
			w.intrudeByQuery(t, r, p.Name, values, in)
		case p.In == "header" && p.Name == "Idempotency-Key":
			w.intrudeByOnce(t, r, in)
		case p.In != "path" || p.Name != "id":
			t.Errorf("%s: the parameter %s (%s) has no case", r.Pattern(), p.Name, p.In)
		}
	}
	for _, member := range w.doc.members(w.doc.body(op), "") {
		value, named := w.members()[op.ID+" "+member]
		switch {
		case named:
			w.intrudeByMember(t, r, op, member, value, in)
		case !slices.Contains(plain, member):
			t.Errorf("%s: the member %s has no case", r.Pattern(), member)
		}
	}
}
