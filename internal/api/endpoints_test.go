package api_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"patchbay/internal/connect"
)

// receiver is an endpoint of the application's.
type receiver struct {
	url string

	mu     sync.Mutex
	status int
	ids    []string // webhook-id of each message
	signed []string // how many signatures each had
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{status: http.StatusOK}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.ids = append(r.ids, req.Header.Get("webhook-id"))
		r.signed = append(r.signed, strings.Repeat("v1 ", strings.Count(req.Header.Get("webhook-signature"), "v1,")))
		w.WriteHeader(r.status)
		_, _ = w.Write([]byte("thanks"))
	}))
	t.Cleanup(server.Close)
	r.url = server.URL + "/hooks"
	return r
}

func (r *receiver) answer(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

// endpoint makes one, to the receiver, and returns its address.
func (w *world) endpoint(t *testing.T, r *receiver) (path string, made map[string]any) {
	t.Helper()
	made = w.post(t, "/v1/endpoints", `{"url":"`+r.url+`"}`)
	return "/v1/endpoints/" + idOf(made), made
}

func TestAnEndpointIsMadeReadChangedAndDeleted(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	w.post(t, "/v1/owners", `{"external_id":"user_42"}`)
	made := w.post(t, "/v1/endpoints", `{"url":"`+r.url+`","types":["channel.*","grant.revoked"],"description":"production","owner":"user_42"}`)
	secret, _ := made["secret"].(string)
	if !strings.HasPrefix(secret, "whsec_") {
		t.Errorf("got secret %q, want one of Standard Webhooks", secret)
	}
	same(t, "made", without(made, "id", "secret", "created_at", "updated_at"), map[string]any{
		"url": r.url, "types": []any{"channel.*", "grant.revoked"}, "scheme": "standard", "description": "production", "owner_id": 2.0, "state": "active",
		"reason": nil, "failures": 0.0, "failing_since": nil, "succeeded_at": nil, "failed_at": nil,
	})
	path := "/v1/endpoints/" + idOf(made)
	same(t, "read", w.get(t, path), without(made, "secret"))
	same(t, "listed", w.get(t, "/v1/endpoints"), map[string]any{"data": []any{any(without(made, "secret"))}, "next_cursor": nil})

	changed := w.care(t, "PATCH", path, `{"types":[],"description":"","state":"disabled"}`)
	same(t, "changed", []any{changed["types"], changed["description"], changed["state"], changed["reason"], changed["url"]}, []any{[]any{}, nil, "disabled", "disabled", r.url})
	same(t, "enabled", w.care(t, "PATCH", path, `{"state":"active"}`)["reason"], nil)

	gone := wantStatus(t, w.call(t, w.key, "DELETE", path, ""), 204)
	if gone.text != "" {
		t.Errorf("got %q after it was deleted, want nothing", gone.text)
	}
	for _, method := range []string{"GET", "DELETE"} {
		wantStatus(t, w.call(t, w.key, method, path, ""), 404)
	}
	same(t, "listed afterwards", w.get(t, "/v1/endpoints")["data"], any([]any{}))
}

func TestWrongEndpointsAreRefused(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	path, _ := w.endpoint(t, r)
	const url = `"url":"https://app.example/hooks"`
	for _, test := range []struct{ body, field, reason string }{
		{`{"url":"http://app.example/hooks"}`, "url", "url"},
		{`{"url":"https://10.0.0.1/hooks"}`, "url", "url"},
		{`{"url":"canary7Q"}`, "url", "url"},
		{`{` + url + `,"types":["canary7Q"]}`, "types[0]", "unknown"},
		{`{` + url + `,"types":"channel.*"}`, "types", "type"},
		{`{` + url + `,"description":"` + strings.Repeat("d", 256) + `"}`, "description", "length"},
	} {
		w.refuse(t, "POST", "/v1/endpoints", test.body, 422, test.field, test.reason)
		w.refuse(t, "PATCH", path, test.body, 422, test.field, test.reason)
	}
	w.refuse(t, "POST", "/v1/endpoints", `{}`, 422, "url", "required")
	w.refuse(t, "POST", "/v1/endpoints", `{`+url+`,"scheme":"canary7Q"}`, 422, "scheme", "unknown")
	w.refuse(t, "POST", "/v1/endpoints", `{`+url+`,"owner":"canary7Q"}`, 422, "owner", "unknown")
	w.refuse(t, "PATCH", path, `{"state":"paused"}`, 422, "state", "enum")
	same(t, "endpoints afterwards", len(w.get(t, "/v1/endpoints")["data"].([]any)), 1)
}

func TestAnEndpointIsTested(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	path, _ := w.endpoint(t, r)
	good := w.care(t, "POST", path+"/test", "")
	same(t, "tested", without(good, "took_ms", "delivery_id", "message_id"), map[string]any{"delivered": true, "status": 200.0, "error": nil, "answer": "thanks"})
	r.answer(http.StatusTeapot)
	bad := w.care(t, "POST", path+"/test", "")
	same(t, "tested again", []any{bad["delivered"], bad["status"], bad["answer"]}, []any{false, 418.0, "thanks"})
	if bad["error"] == nil || len(r.ids) != 2 || r.ids[0] != good["message_id"] {
		t.Errorf("got %v and the messages %v, want an error and %v first", bad, r.ids, good["message_id"])
	}
}

func TestASecretIsRotatedWithAnOverlap(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	path, made := w.endpoint(t, r)
	for _, test := range []struct {
		body   string
		hours  float64
		signed string
	}{{"", 24, "v1 v1 "}, {`{"overlap_s":3600}`, 1, "v1 v1 v1 "}, {`{"overlap_s":0}`, 0, "v1 "}} {
		rotated := w.care(t, "POST", path+"/rotate-secret", test.body)
		if rotated["secret"] == made["secret"] || rotated["secret"] == nil {
			t.Errorf("%s: got the secret %v, want a new one", test.body, rotated["secret"])
		}
		if test.hours == 0 {
			same(t, "previous_until", rotated["previous_until"], nil)
		} else if left := when(t, rotated["previous_until"]).Sub(w.clock.Now()).Hours(); left < test.hours-0.1 || left > test.hours+0.1 {
			t.Errorf("%s: got %v hours of overlap, want %v", test.body, left, test.hours)
		}
		w.care(t, "POST", path+"/test", "")
		same(t, "signatures", r.signed[len(r.signed)-1], test.signed)
	}
	w.refuse(t, "POST", path+"/rotate-secret", `{"overlap_s":604801}`, 422, "overlap_s", "range")
	w.refuse(t, "POST", path+"/rotate-secret", `{"overlap_s":-1}`, 422, "overlap_s", "range")
}

func TestAnEndpointIsMadeOnce(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	body := `{"url":"` + r.url + `"}`
	first := wantStatus(t, w.call(t, w.key, "POST", "/v1/endpoints", body, "Idempotency-Key", "k"), 201)
	again := wantStatus(t, w.call(t, w.key, "POST", "/v1/endpoints", body, "Idempotency-Key", "k"), 201)
	if first.text != again.text || again.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("got %s, want the first answer again, with its secret: %s", again.text, first.text)
	}
	same(t, "endpoints", len(w.get(t, "/v1/endpoints")["data"].([]any)), 1)
}

// What is another workspace's is not there, and who may not look after endpoints is told so.
func TestEndpointsStayInsideWorkspaceAndScope(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	path, _ := w.endpoint(t, r)
	w.create(t, "")
	replay := idOf(w.post(t, path+"/replays", ""))
	stranger := w.newKey(t, connect.Key{WorkspaceID: w.workspace(t, "Other").ID, Scopes: connect.Scopes()})
	bound := w.newKey(t, connect.Key{WorkspaceID: w.space.ID, OwnerID: 1, Scopes: connect.Scopes()})
	weak := w.newKey(t, connect.Key{WorkspaceID: w.space.ID, Scopes: []connect.Scope{connect.ScopeEventsRead}})
	for _, test := range []struct {
		pattern, body string
		foreign       int
	}{
		{"GET /v1/endpoints", "", 200},
		{"POST /v1/endpoints", `{"url":"` + r.url + `"}`, 201},
		{"GET " + path, "", 404},
		{"PATCH " + path, `{"description":"theirs"}`, 404},
		{"POST " + path + "/rotate-secret", "", 404},
		{"POST " + path + "/test", "", 404},
		{"POST " + path + "/replays", "", 404},
		{"GET /v1/replays/" + replay, "", 404},
		{"GET /v1/deliveries", "", 200},
		{"GET /v1/deliveries/1", "", 404},
		{"POST /v1/deliveries/1/replay", "", 404},
		{"DELETE " + path, "", 404},
	} {
		method, path, _ := strings.Cut(test.pattern, " ")
		for name, c := range map[string]struct {
			key    string
			status int
		}{"another workspace": {stranger, test.foreign}, "a bound key": {bound, 403}, "a key without the scope": {weak, 403}} {
			if got := w.call(t, c.key, method, path, test.body); got.status != c.status {
				t.Errorf("%s by %s: got %d %s, want %d", test.pattern, name, got.status, got.text, c.status)
			}
		}
	}
	seen := wantStatus(t, w.call(t, stranger, "GET", "/v1/deliveries", ""), 200)
	same(t, "deliveries of another workspace", seen.body["data"], any([]any{}))
}
