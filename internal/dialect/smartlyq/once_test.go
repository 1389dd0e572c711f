package smartlyq_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/vault"
)

// writes is each call that changes something, with two bodies that are fine. What stands
// for an id is a new account's or group's.
var writes = map[string]struct {
	method, path string
	body, other  string
	status       int
}{
	"connect":      {http.MethodPost, "/connect/facebook", ``, `{"return_url":"https://a.example/"}`, 201},
	"password":     {http.MethodPost, "/connect/bluesky", `{"identifier":"a","app_password":"abcd-efgh-ijkl-mnop"}`, `{"identifier":"b","app_password":"abcd-efgh-ijkl-mnop"}`, 201},
	"pause":        {http.MethodPost, "/accounts/{account}/pause", ``, `{"a":1}`, 200},
	"resume":       {http.MethodPost, "/accounts/{account}/resume", ``, `{"a":1}`, 200},
	"move":         {http.MethodPost, "/accounts/{account}/move", `{"profile_id":{owner}}`, `{"profile_id":0}`, 200},
	"rename":       {http.MethodPatch, "/accounts/{account}", `{"account_name":"One"}`, `{"account_name":"Two"}`, 200},
	"disconnect":   {http.MethodDelete, "/accounts/{account}", ``, `{"a":1}`, 200},
	"group":        {http.MethodPost, "/account-groups", `{"name":"One","account_ids":[]}`, `{"name":"Two","account_ids":[]}`, 201},
	"change group": {http.MethodPut, "/account-groups/{group}", `{"name":"One"}`, `{"name":"Two"}`, 200},
	"delete group": {http.MethodDelete, "/account-groups/{group}", ``, `{"a":1}`, 200},
}

func TestEveryChangeHappensOnce(t *testing.T) {
	t.Parallel()
	for name, c := range writes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			fill := w.stand()
			call := func(body, header, key string) answer { return w.call(c.method, fill(c.path), fill(body), header, key) }
			first := call(c.body, "X-Idempotency-Key", "k")
			if first.Status != c.status || first.Header.Get("Idempotent-Replayed") != "" {
				t.Fatalf("got %d %s, want %d", first.Status, first.Body, c.status)
			}
			events := w.events()
			w.wait(23 * time.Hour)
			for _, header := range []string{"X-Idempotency-Key", "Idempotency-Key", "X-Request-Id"} {
				again := call(c.body, header, "k")
				if again.Status != c.status || again.Body != first.Body || again.Header.Get("Idempotent-Replayed") != "true" {
					t.Errorf("%s again: got %d %s, want %d %s", header, again.Status, again.Body, c.status, first.Body)
				}
			}
			call(c.other, "X-Idempotency-Key", "k").refuses(t, http.StatusConflict, "IDEMPOTENCY_CONFLICT", `{}`)
			if got := w.events(); got != events {
				t.Errorf("got %d events after repetitions, want the %d of the first", got, events)
			}
			w.wait(time.Hour)
			if got := call(c.other, "X-Idempotency-Key", "k"); got.Error.Code == "IDEMPOTENCY_CONFLICT" {
				t.Errorf("after a day: got %d %s, want a new request", got.Status, got.Body)
			}
		})
	}
}

func TestRefusedRequestsKeepNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.connected("twitter", "x")
	rename := func(body string) answer {
		return w.call(http.MethodPatch, at("/accounts/%d", id), body, "X-Idempotency-Key", "k")
	}
	rename(`{"account_name":5}`).refuses(t, 422, validation, `{"fields":{"account_name":"must be a string"}}`)
	rename(`{"account_name":"Five"}`).wants(t, http.StatusOK, `{"id":1,"platform":"twitter","account_name":"Five"}`)
}

// A request whose server died after its effect and before its answer is sent again: it is
// answered as if it were the first.
func TestRepetitionAfterACrash(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"disconnect", "move", "delete group", "rename"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, w := writes[name], newWorld(t)
			fill := w.stand()
			call := func(body string) answer {
				return w.call(c.method, fill(c.path), fill(body), "X-Idempotency-Key", "k")
			}
			first := call(c.body)
			w.forgetAnswer()
			again := call(c.body)
			if again.Status != first.Status || again.Data != first.Data || again.Header.Get("Idempotent-Replayed") != "" {
				t.Errorf("got %d %s, want %d with the data %s", again.Status, again.Body, first.Status, first.Data)
			}
			call(c.other).refuses(t, http.StatusConflict, "IDEMPOTENCY_CONFLICT", `{}`)
		})
	}
}

// Two requests under one key at the same moment: one of them wins, whole.
func TestOneKeyIsOneRequestAlsoAtTheSameMoment(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.connected("twitter", "x")
	var wg sync.WaitGroup
	answers := make([]answer, 16)
	for i := range answers {
		wg.Go(func() {
			answers[i] = w.call(http.MethodPatch, at("/accounts/%d", id), at(`{"account_name":"Name %d"}`, int64(i%2)), "X-Idempotency-Key", "k")
		})
	}
	wg.Wait()
	names := map[string]bool{}
	for i, got := range answers {
		switch got.Status {
		case http.StatusOK:
			names[got.Data] = true
		case http.StatusConflict:
		default:
			t.Errorf("%d: got %d %s, want 200 or 409", i, got.Status, got.Body)
		}
	}
	if len(names) != 1 {
		t.Errorf("got answers of %v, want one name", names)
	}
}

// The kept answer to a move names an account of the new profile, and is erased with that.
func TestTheAnswerToAMoveGoesWithTheNewProfile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	from, to := w.newOwner("before"), w.newOwner("after")
	id := w.connected("twitter", "x", "X-Profile-Id", at("%d", from))
	move := func() answer {
		return w.call(http.MethodPost, at("/accounts/%d/move", id), at(`{"profile_id":%d}`, to), "X-Idempotency-Key", "k", "X-Profile-Id", at("%d", from))
	}
	move().wants(t, http.StatusOK, fmt.Sprintf(`{"id":%d,"platform":"twitter","account_name":"Acme","profile_id":%d}`, id, to))
	if got := move(); got.Header.Get("Idempotent-Replayed") == "" {
		t.Errorf("got %d %s, want the kept answer", got.Status, got.Body)
	}
	if _, err := w.svc.EraseOwner(t.Context(), w.caller(), to); err != nil {
		t.Fatal(err)
	}
	move().refuses(t, http.StatusNotFound, notFound, `{}`)
}

func TestKeysOfProfilesAndRoutesDoNotMeet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	customer := w.newOwner("customer")
	first := w.call(http.MethodPost, "/account-groups", `{"name":"a","account_ids":[]}`, "X-Idempotency-Key", "k")
	second := w.call(http.MethodPost, "/account-groups", `{"name":"b","account_ids":[]}`, "X-Idempotency-Key", "k", "X-Profile-Id", at("%d", customer))
	if first.Status != 201 || second.Status != 201 {
		t.Errorf("got %d and %d %s, want two groups", first.Status, second.Status, second.Body)
	}
	w.call(http.MethodDelete, "/account-groups/1", "", "X-Idempotency-Key", "k").wants(t, http.StatusOK, `{}`)
}

func TestOddIdempotencyKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	post := func(headers ...string) answer {
		return w.call(http.MethodPost, "/account-groups", `{"name":"a","account_ids":[]}`, headers...)
	}
	for _, bad := range []string{"", " ", strings.Repeat("k", 65), "a b", "ä", "a/b", "k\t"} {
		for _, header := range []string{"X-Idempotency-Key", "Idempotency-Key", "X-Request-Id"} {
			if got := post(header, bad); got.Status != 422 || got.Error.Code != validation || got.Error.Details["fields"].(map[string]any)[header] == nil {
				t.Errorf("%s %q: got %d %s, want VALIDATION_ERROR", header, bad, got.Status, got.Body)
			}
		}
	}
	post("X-Idempotency-Key", "a", "X-Idempotency-Key", "b").refuses(t, 422, validation,
		`{"fields":{"X-Idempotency-Key":"must be 1 to 64 of the characters A-Z a-z 0-9 . _ : -"}}`)
	first, alias := post("X-Idempotency-Key", "good", "X-Request-Id", "trace-1"), post("X-Idempotency-Key", "good", "X-Request-Id", "trace-2")
	if first.Status != 201 || alias.Body != first.Body {
		t.Errorf("got %s and %s, want one answer: the header goes before its alias", first.Body, alias.Body)
	}
	if got := w.call(http.MethodGet, "/accounts", "", "X-Idempotency-Key", "a/b"); got.Status != http.StatusOK {
		t.Errorf("reading: got %d %s, want the header ignored", got.Status, got.Body)
	}
}

// stand makes what the writes need and fills in its ids.
func (w *world) stand() func(string) string {
	w.t.Helper()
	account, owner := w.connected("twitter", "x"), w.newOwner("customer")
	if got := w.call(http.MethodPost, "/account-groups", `{"name":"Zero","account_ids":[]}`); got.Status != http.StatusCreated {
		w.t.Fatalf("group: got %d %s", got.Status, got.Body)
	}
	return strings.NewReplacer("{account}", fmt.Sprint(account), "{owner}", fmt.Sprint(owner), "{group}", "1").Replace
}

func (w *world) caller() connect.Caller {
	w.t.Helper()
	c, err := w.svc.Authenticate(w.t.Context(), vault.NewSecret(w.token))
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func (w *world) events() int {
	w.t.Helper()
	all, err := w.svc.Events(w.t.Context(), w.caller(), 0, 1000)
	if err != nil {
		w.t.Fatal(err)
	}
	return len(all)
}
