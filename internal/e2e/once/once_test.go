package once_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/connect"
	"patchbay/internal/e2e"
)

func TestEveryCreatingRouteIsHere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite", 1)
	var doc struct {
		Paths map[string]map[string]struct {
			Parameters []struct{ Name, In string }
		}
	}
	w.Call(t, http.MethodGet, "/openapi.json", nil).Into(t, http.StatusOK, &doc)
	var documented, tested []string
	for path, ops := range doc.Paths {
		for method, op := range ops {
			for _, p := range op.Parameters {
				if p.Name == "Idempotency-Key" && p.In == "header" && method == "post" {
					documented = append(documented, path)
				}
			}
		}
	}
	for _, r := range routes {
		tested = append(tested, r.path)
	}
	slices.Sort(documented)
	slices.Sort(tested)
	if diff := cmp.Diff(documented, tested); diff != "" {
		t.Errorf("routes that take the header (-documented +tested):\n%s", diff)
	}
}

// setups are the engines, and two replicas over one database.
var setups = []struct {
	name, engine string
	replicas     int
}{{"sqlite", "sqlite", 1}, {"postgres", "postgres", 1}, {"two replicas", "postgres", 2}}

// duplicates is how many send the same request at once.
const duplicates = 8

func TestDuplicatesHaveOneEffectAndOneAnswer(t *testing.T) {
	t.Parallel()
	for _, setup := range setups {
		t.Run(setup.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, setup.engine, setup.replicas)
			for _, r := range routes {
				before, events := w.db.Dump(t), len(w.Events(t))
				got := w.atOnce(t, r)
				checkSame(t, r, got)
				if diff := cmp.Diff(r.effect, added(before, w.db.Dump(t))); diff != "" {
					t.Errorf("%s: rows added (-want +got):\n%s", r.path, diff)
				}
				if n := len(w.Events(t)) - events; n != r.events {
					t.Errorf("%s: got %d events, want %d", r.path, n, r.events)
				}
				got[0].works(t, w.urls[len(w.urls)-1], w.Key)
			}
		})
	}
}

func (w *world) atOnce(t *testing.T, r creating) []answer {
	t.Helper()
	got, errs := make([]answer, duplicates), make([]error, duplicates)
	start := make(chan struct{})
	var all sync.WaitGroup
	for i := range got {
		all.Go(func() {
			<-start
			got[i], errs[i] = post(w.urls[i%len(w.urls)], w.Key, w.here.of(r), r.body, "duplicate")
		})
	}
	close(start)
	all.Wait()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	return got
}

// checkSame: all answers are one, and one of them was the first.
func checkSame(t *testing.T, r creating, got []answer) {
	t.Helper()
	first := 0
	for _, a := range got {
		if a.status != http.StatusCreated || a.media != "application/json" || a.body != got[0].body {
			t.Errorf("%s: got %+v beside %+v", r.path, a, got[0])
		}
		switch a.replayed {
		case "":
			first++
		case "true":
		default:
			t.Errorf("%s: got Idempotent-Replayed %q", r.path, a.replayed)
		}
	}
	if first != 1 {
		t.Errorf("%s: got %d answers that are no replay, want 1", r.path, first)
	}
}

func onBoth(t *testing.T, test func(*testing.T, *world)) {
	t.Parallel()
	for _, engine := range e2e.Engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			test(t, newWorld(t, engine, 1))
		})
	}
}

// The same request is the same whatever the order of its members; another one under
// the key is refused, and changes nothing.
func TestAnotherRequestUnderTheKeyIsRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		for _, r := range routes {
			first := w.post(t, w.Key, w.here.of(r), r.body, "k").want(t, http.StatusCreated, "")
			before := w.db.Dump(t)
			if again := w.post(t, w.Key, w.here.of(r), r.reworded, "k").want(t, http.StatusCreated, "true"); again.body != first.body {
				t.Errorf("%s: got %s, want %s", r.path, again.body, first.body)
			}
			got := w.post(t, w.Key, w.here.of(r), r.other, "k").want(t, http.StatusUnprocessableEntity, "")
			if got.reason(t) != "idempotency_key_reused" {
				t.Errorf("%s: got %s, want idempotency_key_reused", r.path, got.body)
			}
			if diff := e2e.Changed(before, w.db.Dump(t)); diff != nil {
				t.Errorf("%s: something changed: %q", r.path, diff)
			}
		}
	})
}

// The same key of another workspace, of a key that is bound to an owner, or at another
// route is another key.
func TestKeysOfDifferentPlacesDoNotMeet(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		other, err := w.App.Service.CreateWorkspace(t.Context(), connect.Workspace{Name: "Other"})
		if err != nil {
			t.Fatal(err)
		}
		foreign := w.NewKey(t, connect.Key{WorkspaceID: other.ID})
		there := newPlace(t, w.db, w.URL, foreign, "there")
		bound := w.NewKey(t, connect.Key{WorkspaceID: w.Workspace.ID, OwnerID: w.ownerOf(t, w.here[reconnectPath])})
		second := w.NewKey(t, connect.Key{WorkspaceID: w.Workspace.ID})
		for _, r := range routes {
			first := w.post(t, w.Key, w.here.of(r), r.body, "k").want(t, http.StatusCreated, "")
			if got := w.post(t, foreign, there.of(r), r.body, "k").want(t, http.StatusCreated, ""); got.body == first.body {
				t.Errorf("%s: another workspace got the first one's answer", r.path)
			}
			// Whoever has another key of the same workspace sends the same request.
			if got := w.post(t, second, w.here.of(r), r.body, "k").want(t, http.StatusCreated, "true"); got.body != first.body {
				t.Errorf("%s: got %s, want %s", r.path, got.body, first.body)
			}
		}
		for path, body := range map[string]string{"/v1/sessions": `{}`, "/v1/keys": `{"name":"k","scopes":["channels:read"]}`, reconnectPath: `{}`} {
			path = w.here.of(creating{path: path})
			first := w.post(t, w.Key, path, body, "b").want(t, http.StatusCreated, "")
			own := w.post(t, bound, path, body, "b").want(t, http.StatusCreated, "")
			if own.body == first.body {
				t.Errorf("%s: a key that is bound to an owner got the workspace's answer", path)
			}
			if again := w.post(t, bound, path, body, "b").want(t, http.StatusCreated, "true"); again.body != own.body {
				t.Errorf("%s: got %s, want %s", path, again.body, own.body)
			}
		}
	})
}

// Two things of one route take the same key for two requests.
func TestAKeyIsAboutOneThing(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		beside := newPlace(t, w.db, w.URL, w.Key, "beside")
		for _, r := range routes {
			if beside.of(r) == w.here.of(r) {
				continue
			}
			w.post(t, w.Key, w.here.of(r), r.body, "k").want(t, http.StatusCreated, "")
			got := w.post(t, w.Key, beside.of(r), r.body, "k").want(t, http.StatusUnprocessableEntity, "")
			if got.reason(t) != "idempotency_key_reused" {
				t.Errorf("%s: got %s, want idempotency_key_reused", r.path, got.body)
			}
		}
	})
}

func (w *world) ownerOf(t *testing.T, channel int64) (owner int64) {
	t.Helper()
	if err := w.db.QueryRowContext(t.Context(), "SELECT owner_id FROM channels WHERE id = $1", channel).Scan(&owner); err != nil {
		t.Fatal(err)
	}
	return owner
}

// A key that lacks the scope learns nothing from an answer that is kept.
func TestAReplayNeedsTheScopeToo(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		weak := w.NewKey(t, connect.Key{WorkspaceID: w.Workspace.ID, Scopes: []connect.Scope{connect.ScopeChannelsRead}})
		for _, r := range routes {
			w.post(t, w.Key, w.here.of(r), r.body, "k").want(t, http.StatusCreated, "")
			w.post(t, weak, w.here.of(r), r.body, "k").want(t, http.StatusForbidden, "")
		}
		// Nor does one that may make keys, but not such a one.
		maker := w.NewKey(t, connect.Key{WorkspaceID: w.Workspace.ID, Scopes: []connect.Scope{connect.ScopeKeysWrite}})
		w.post(t, maker, "/v1/keys", `{"name":"k","scopes":["channels:read"]}`, "k").want(t, http.StatusForbidden, "")
	})
}

// What was refused had no effect, and keeps nothing: the request may be sent again
// under its key when it, or what stood against it, was corrected.
func TestARefusalKeepsNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		before := w.db.Dump(t)
		for _, r := range routes {
			if got := w.post(t, w.Key, w.here.of(r), r.wrong, "k"); got.status != http.StatusUnprocessableEntity && got.status != http.StatusNotFound {
				t.Errorf("%s: got %d %s, want a refusal", r.path, got.status, got.body)
			}
		}
		if diff := e2e.Changed(before, w.db.Dump(t)); diff != nil {
			t.Errorf("something changed: %q", diff)
		}
		for _, r := range routes {
			w.post(t, w.Key, w.here.of(r), r.body, "k").want(t, http.StatusCreated, "")
		}
		// Refused inside its transaction, and then the same bytes again.
		key := `{"name":"k","scopes":["channels:read"],"owner":"late"}`
		w.post(t, w.Key, "/v1/keys", key, "late").want(t, http.StatusNotFound, "")
		w.post(t, w.Key, ownersPath, `{"external_id":"late"}`, "late").want(t, http.StatusCreated, "")
		w.post(t, w.Key, "/v1/keys", key, "late").want(t, http.StatusCreated, "")
	})
}

// After 24 hours the key is free, and what was kept is dropped.
func TestAnAnswerIsKeptForADay(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		i := slices.IndexFunc(routes, func(r creating) bool { return r.path == ownersPath })
		r := routes[i] // no event, and nothing that may stand only once
		first := w.post(t, w.Key, w.here.of(r), r.body, "k").want(t, http.StatusCreated, "")
		w.clock.advance(24*time.Hour - time.Millisecond)
		if got := w.post(t, w.Key, w.here.of(r), r.body, "k").want(t, http.StatusCreated, "true"); got.body != first.body {
			t.Errorf("got %s, want %s", got.body, first.body)
		}
		w.drop(t, 1)
		w.clock.advance(time.Millisecond)
		second := w.post(t, w.Key, w.here.of(r), r.body, "k").want(t, http.StatusCreated, "")
		if second.body == first.body {
			t.Errorf("got %s after a day, want a new effect", second.body)
		}
		if got := w.post(t, w.Key, w.here.of(r), r.body, "k").want(t, http.StatusCreated, "true"); got.body != second.body {
			t.Errorf("got %s, want %s", got.body, second.body)
		}
		w.clock.advance(24 * time.Hour)
		w.drop(t, 0)
		w.post(t, w.Key, w.here.of(r), r.other, "k").want(t, http.StatusCreated, "")
	})
}

// drop does what the program does every few minutes.
func (w *world) drop(t *testing.T, want int) {
	t.Helper()
	if err := w.App.Service.DropReplies(context.Background()); err != nil {
		t.Fatal(err)
	}
	if n := w.count(t, "replies"); n != want {
		t.Errorf("got %d kept answers, want %d", n, want)
	}
}

func (w *world) count(t testing.TB, table string) (n int) {
	t.Helper()
	if err := w.db.QueryRowContext(t.Context(), "SELECT count(*) FROM "+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestMoreThanABatchIsDropped(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite", 1)
	for i := range 120 {
		w.post(t, w.Key, ownersPath, `{}`, fmt.Sprint(i)).want(t, http.StatusCreated, "")
	}
	w.clock.advance(24 * time.Hour)
	w.drop(t, 0)
}
