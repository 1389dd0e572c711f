package isolation_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"patchbay/internal/e2e"
	"patchbay/internal/httpx"
)

// intrudeByID: the answer about each of the victim's ids is that about an id that does
// not exist, and nothing changes.
func (w *world) intrudeByID(t *testing.T, r httpx.Route, op operation, in intruder) {
	t.Helper()
	if !strings.Contains(r.Path, "{id}") {
		return
	}
	if _, known := tableOf[collection(r.Path)]; !known {
		t.Errorf("%s: no table is known for the ids of %s", r.Pattern(), collection(r.Path))
	}
	body := w.valid(op)
	nobody := w.send(t, in.key, r.Method, at(r.Path, absent), body, "")
	w.refused(t, r, op, in, nobody)
	for _, id := range w.foreignIDs(in, tableOf[collection(r.Path)]) {
		if got := w.send(t, in.key, r.Method, at(r.Path, id), body, ""); got != nobody {
			t.Errorf("%s with %d by %s:\ngot  %d %s\nwant %d %s, as for an id that does not exist",
				r.Pattern(), id, in.name, got.status, got.text, nobody.status, nobody.text)
		}
	}
	w.unchanged(t, r.Pattern()+" by "+in.name)
}

// refused holds the answer about what does not exist to not found, or forbidden where
// the intruder's kind of key may do nothing of the kind.
func (w *world) refused(t *testing.T, r httpx.Route, op operation, in intruder, got answer) {
	t.Helper()
	want := http.StatusNotFound
	if in.own == w.neighbor && slices.Contains(boundRefused, op.ID) {
		want = http.StatusForbidden
	}
	if got.status != want {
		t.Errorf("%s by %s: got %d %s, want %d", r.Pattern(), in.name, got.status, got.text, want)
	}
}

// intrudeByQuery: a list that is asked for with what is the victim's holds the
// intruder's own rows, or none.
func (w *world) intrudeByQuery(t *testing.T, r httpx.Route, name string, values []string, in intruder) {
	t.Helper()
	if len(values) == 0 {
		return
	}
	all := w.rows(t, w.send(t, in.key, r.Method, r.Path+"?limit=200", nil, ""))
	for _, value := range values {
		got := w.send(t, in.key, r.Method, r.Path+"?limit=200&"+name+"="+value, nil, "")
		for _, row := range w.rows(t, got) {
			if !slices.Contains(all, row) {
				t.Errorf("%s with %s=%s by %s: got %s, which is not its own", r.Pattern(), name, value, in.name, row)
			}
		}
		if name == "owner" {
			nobody := w.send(t, in.key, r.Method, r.Path+"?limit=200&owner=nobody", nil, "")
			if got != nobody {
				t.Errorf("%s with owner=%s by %s: got %v, want %v as for nobody", r.Pattern(), value, in.name, got, nobody)
			}
		}
	}
	w.unchanged(t, r.Pattern()+" by "+in.name)
}

// rows are the rows of a list, as text; none when it was refused.
func (w *world) rows(t *testing.T, a answer) (rows []string) {
	t.Helper()
	if a.status != http.StatusOK {
		return nil
	}
	var page struct{ Data []map[string]any }
	a.into(t, &page)
	for _, row := range page.Data {
		rows = append(rows, fmt.Sprint(row))
	}
	return rows
}

// intrudeByMember: a body that names what is the victim's has the same outcome as one
// that names what nobody has.
func (w *world) intrudeByMember(t *testing.T, r httpx.Route, op operation, member string, value any, in intruder) {
	t.Helper()
	path := at(r.Path, absent)
	switch op.ID {
	case "confirmSession":
		path = at(r.Path, in.own.visits["confirming"].id)
	case "moveChannel", "chooseChannelTarget":
		path = at(r.Path, in.own.ids["channels"][0])
	}
	var none any = op.ID + "-nobody-" + in.own.name
	if _, number := value.(int64); number {
		none = absent
	}
	nobody := w.send(t, in.key, r.Method, path, put(w.valid(op), member, none), "")
	got := w.send(t, in.key, r.Method, path, put(w.valid(op), member, value), "")
	if got.status != nobody.status || (got.status >= 400 && got != nobody) {
		t.Errorf("%s with %s=%v by %s: got %d %s, want as for nobody: %d %s", r.Pattern(), member, value, in.name, got.status, got.text, nobody.status, nobody.text)
	}
	mustNotTell(t, r.Pattern()+" by "+in.name, got.text, []string{"Other of victim"})
	w.unharmed(t, r.Pattern()+" by "+in.name, in, got.status >= 400)
}

// unchanged: the database is as it was when this was asked last.
func (w *world) unchanged(t *testing.T, what string) {
	t.Helper()
	now := w.db.Dump(t)
	for _, line := range e2e.Changed(w.before, now) {
		t.Errorf("%s: %s", what, line)
	}
	w.before = now
}

// unharmed: nothing of the victim's has changed; nothing at all where the intruder was refused.
func (w *world) unharmed(t *testing.T, what string, in intruder, refused bool) {
	t.Helper()
	before, after := w.before, w.db.Dump(t)
	w.before = after
	switch {
	case refused:
	case in.workspace != w.Workspace.ID:
		before, after = before.Of(w.Workspace.ID), after.Of(w.Workspace.ID)
	default: // another owner's rows may have come
		for row := range before {
			if !after[row] && row.Table != "event_counters" && row.Table != "audit_heads" {
				t.Errorf("%s: - %s", what, row)
			}
		}
		return
	}
	for _, line := range e2e.Changed(before, after) {
		t.Errorf("%s: %s", what, line)
	}
}

// intrudeByOnce: an idempotency key of the victim's workspace is any other to the intruder.
func (w *world) intrudeByOnce(t *testing.T, r httpx.Route, in intruder) {
	t.Helper()
	kept, ok := w.kept[r.Path]
	if !ok {
		t.Errorf("%s takes an idempotency key and has no case", r.Pattern())
		return
	}
	address := r.Path
	if ids := in.own.ids[tableOf[collection(r.Path)]]; len(ids) > 0 {
		address = at(r.Path, ids[0]) // about what is its own
	}
	got := w.send(t, in.key, r.Method, address, kept.body, kept.key)
	if got.replayed != "" || got.text == kept.text || (got.status != http.StatusCreated && got.status != http.StatusForbidden) {
		t.Errorf("%s with the victim's idempotency key by %s: got %d %s, want an answer of its own", r.Pattern(), in.name, got.status, got.text)
	}
	w.unharmed(t, r.Pattern()+" by "+in.name, in, got.status >= 400)
}

// lesser: a key of the same workspace with every scope but the one that is needed gets
// the same answer whether or not it is there, and changes nothing.
func (w *world) lesser(t *testing.T, r httpx.Route, op operation) {
	t.Helper()
	key := w.less[op.scope()]
	got := w.send(t, key, r.Method, at(r.Path, w.rowFor(op, r.Path)), w.valid(op), "a-new-key")
	if got.status != http.StatusForbidden || !strings.Contains(got.text, `"scope_missing"`) {
		t.Errorf("%s without %s: got %d %s, want 403 scope_missing", r.Pattern(), op.scope(), got.status, got.text)
	}
	if nobody := w.send(t, key, r.Method, at(r.Path, absent), w.valid(op), "a-new-key"); got != nobody {
		t.Errorf("%s without %s: got %v, want as for an id that does not exist: %v", r.Pattern(), op.scope(), got, nobody)
	}
	w.unchanged(t, r.Pattern()+" without "+op.scope())
}

// ended: a key that has ended is as good as none.
func (w *world) ended(t *testing.T, r httpx.Route, op operation, dead []intruder) {
	t.Helper()
	nobody := w.send(t, "", r.Method, at(r.Path, absent), w.valid(op), "")
	for _, in := range dead {
		if got := w.send(t, in.key, r.Method, at(r.Path, w.rowFor(op, r.Path)), w.valid(op), "a-new-key"); got != nobody || got.status != http.StatusUnauthorized {
			t.Errorf("%s by %s: got %d %s, want 401 as without a key", r.Pattern(), in.name, got.status, got.text)
		}
	}
	w.unchanged(t, r.Pattern()+" by a dead key")
}
