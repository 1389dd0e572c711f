package badinput_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"patchbay/internal/e2e"
	"patchbay/internal/httpx"
)

func TestBadInputIsRefusedEverywhereAndChangesNothing(t *testing.T) {
	t.Parallel()
	for _, engine := range e2e.Engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, engine)
			tried, before := 0, w.dump(t)
			for _, r := range w.App.Routes {
				all := w.attemptsAt(t, r)
				for _, a := range all {
					w.try(t, r, a)
				}
				tried += len(all)
				w.nothingHappened(t, r, before)
				before = w.dump(t)
			}
			t.Logf("%d attempts at %d routes", tried, len(w.App.Routes))
		})
	}
}

// attemptsAt is everything that is tried at a route.
func (w *world) attemptsAt(t *testing.T, r httpx.Route) []attempt {
	t.Helper()
	everywhere := w.universal(r)
	if r.Format == httpx.FormatLab {
		return everywhere // whatever else the Lab answers is the imitated platform's
	}
	if native, ok := w.nativeAttempts(t, r); ok {
		return append(native, everywhere...)
	}
	special, ok := entries[r.Pattern()]
	if !ok {
		special, ok = smartlyqEntries[r.Pattern()]
	}
	if !ok {
		t.Errorf("%s is not in the table of entries: tell what bad input it takes", r.Pattern())
		return nil
	}
	return append(special(w, r), everywhere...)
}

func (w *world) try(t *testing.T, r httpx.Route, a attempt) {
	t.Helper()
	got := w.send(t, a)
	if err := w.judge(a, got); err != nil {
		t.Errorf("%s: %s: %s %s: %v: got %d %.300s", r.Pattern(), a.what, a.method, cut(a.target), err, got.status, got.body)
	}
}

var requestID = regexp.MustCompile(`"request_id":"[a-z0-9]+",?`)

// nothingHappened compares the database, and reads the log of the route's attempts.
func (w *world) nothingHappened(t *testing.T, r httpx.Route, before contents) {
	t.Helper()
	for _, line := range changed(before, w.dump(t)) {
		t.Errorf("%s: the database changed: %s", r.Pattern(), line)
	}
	log := requestID.ReplaceAllString(w.log.take(), "") // random letters spell any word in time
	for _, word := range []string{"panic", `"level":"ERROR"`, `"level":"WARN"`, "canary"} {
		for line := range strings.Lines(log) {
			if strings.Contains(line, word) {
				t.Errorf("%s: the log holds %s: %.2000s", r.Pattern(), word, line)
				break
			}
		}
	}
	for _, told := range []string{w.Key, w.pending.link, w.away.state, w.away.cookie, w.browser} {
		if strings.Contains(log, told) {
			t.Errorf("%s: the log holds a secret that was sent", r.Pattern())
		}
	}
}

// universal is what every address is tried with: methods that it does not have, paths
// that nearly are its own, and bodies that nobody reads.
func (w *world) universal(r httpx.Route) (all []attempt) {
	path := placeholder.ReplaceAllString(strings.TrimSuffix(r.Path, "{$}"), nobody)
	if strings.Contains(path, "{") || r.Method == "" {
		return nil // a prefix: what is below it is its entry's
	}
	lab := r.Format == httpx.FormatLab
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get"} {
		if _, pattern := w.mux.Handler(&http.Request{Method: method, URL: urlOf(path), Host: "127.0.0.1"}); pattern == r.Pattern() {
			continue
		}
		if w.mounted(method, path) {
			continue
		}
		all = append(all, attempt{what: "the method " + method, method: method, target: path, header: w.bearer(w.Key), mild: lab || method == "HEAD"})
	}
	near := []string{path + "/", path + "//", path + "/.", path + "/..", path + "%2f", path + "?%zz", path + "?a=%00;b", path + "?" + strings.Repeat("a", 20_000), path + "%00", path + "%20", strings.ToUpper(path)}
	var body []byte
	if r.Method != http.MethodGet && r.Method != http.MethodDelete {
		body = []byte("[]") // what the odd address would not stop, this does
	}
	for _, target := range near {
		all = append(all, attempt{what: "the address " + cut(target), method: r.Method, target: target, header: w.bearer(w.Key), body: body, mild: true})
	}
	if r.Method == http.MethodGet {
		all = append(all, attempt{what: "a body with GET", method: r.Method, target: path, header: w.bearer(w.Key), body: []byte(strings.Repeat("a", 2*httpx.MaxBody)), mild: true})
	}
	return all
}

// mounted tells whether the address answers the method by another route of its own,
// whose own attempts are elsewhere.
func (w *world) mounted(method, path string) bool {
	_, pattern := w.mux.Handler(&http.Request{Method: method, URL: urlOf(path), Host: "127.0.0.1"})
	return strings.HasPrefix(pattern, method+" ")
}

// The bodies that are made wrong above are taken when nothing is wrong with them. What
// stands beside is unknown, though a lenient reader takes it for the member of nearly
// that name.
func TestTheDocumentsExamplesAreTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	refused := map[string]int{
		"confirmSession":      http.StatusConflict,            // nothing of this world waits for it
		"eraseOwner":          http.StatusUnprocessableEntity, // it confirms another owner
		"chooseChannelTarget": http.StatusUnprocessableEntity, // the channel's consent does not reach it
		"importChannels":      http.StatusUnprocessableEntity, // the platform knows no such tokens
	}
	for _, r := range w.App.Routes {
		op := w.native.at(r.Method, r.Path)
		if op == nil || op.RequestBody == nil {
			continue
		}
		body, _ := json.Marshal(besides(w.example(op)))
		got := w.send(t, attempt{what: "an example", method: r.Method, target: w.ownAddress(t, r), header: w.bearer(w.Key), body: body})
		if want := refused[op.OperationID]; (want == 0 && got.status/100 != 2) || (want != 0 && got.status != want) {
			t.Errorf("%s with the document's example: got %d %s", r.Pattern(), got.status, got.body)
		}
	}
}

func besides(body map[string]any) map[string]any {
	all := maps.Clone(body)
	for name, value := range body {
		for _, other := range []string{strings.ToUpper(name), strings.Replace(name, "s", "ſ", 1), strings.Replace(name, "k", "\u212a", 1)} {
			if other != name {
				all[other] = map[string]bool{"unknown": true}
			}
		}
		if inner, ok := value.(map[string]any); ok {
			all[name] = besides(inner)
		}
	}
	return all
}

// A member of nearly the name of another changes nothing of it.
func TestNamesOfMembersAreExact(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite")
	var made struct {
		Selection      string
		InitiatorCheck string `json:"initiator_check"`
		Owner          struct {
			ExternalID string `json:"external_id"`
		}
	}
	w.Call(t, http.MethodPost, "/v1/sessions", map[string]any{
		"selection": "one", "SELECTION": "all", "ſelection": "all", "initiator_check": "same_browser", "initiator_chec\u212a": "nothing",
		"owner": map[string]string{"external_id": "user-1", "EXTERNAL_ID": "user-2", "external_ID": "user-3"},
	}).Into(t, http.StatusCreated, &made)
	if made.Selection != "one" || made.InitiatorCheck != "same_browser" || made.Owner.ExternalID != "user-1" {
		t.Errorf("got %+v, want what the exact names say", made)
	}
}
