package api_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/connect"
	"patchbay/internal/httpx"
)

// canary stands in every wrong value and must come back in none.
const canary = "canary7Q"

func TestEveryFailureIsAProblem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	weak := w.newKey(t, connect.Key{WorkspaceID: w.space.ID, Scopes: []connect.Scope{}})
	revoked, raw, err := w.svc.CreateKey(t.Context(), connect.Key{WorkspaceID: w.space.ID, Scopes: connect.Scopes()})
	must(t, err)
	_, err = w.svc.RevokeKey(t.Context(), connect.Caller{WorkspaceID: w.space.ID, Scopes: connect.Scopes()}, revoked.ID)
	must(t, err)
	big := `{"a":"` + strings.Repeat("x", httpx.MaxBody) + `"}`
	for _, test := range []struct {
		name, key, method, path, body string
		status                        int
		reason, field                 string
	}{
		{"no key", "", "GET", "/v1/channels", "", 401, "key_unknown", ""},
		{"wrong key", canary, "GET", "/v1/channels", "", 401, "key_unknown", ""},
		{"revoked key", raw.Reveal(), "GET", "/v1/channels", "", 401, "key_unknown", ""},
		{"no key, no route", "", "GET", "/v1/" + canary, "", 401, "key_unknown", ""},
		{"no scope to make sessions", weak, "POST", "/v1/sessions", "", 403, "scope_missing", ""},
		{"no scope to read sessions", weak, "GET", "/v1/sessions/1", "", 403, "scope_missing", ""},
		{"no scope to read timelines", weak, "GET", "/v1/sessions/1/attempts", "", 403, "scope_missing", ""},
		{"no scope to list channels", weak, "GET", "/v1/channels", "", 403, "scope_missing", ""},
		{"no scope to ask for owners", weak, "GET", "/v1/channels?owner=" + canary, "", 403, "scope_missing", ""},
		{"no scope to read channels", weak, "GET", "/v1/channels/1", "", 403, "scope_missing", ""},
		{"no scope to list platforms", weak, "GET", "/v1/platforms", "", 403, "scope_missing", ""},
		{"no scope to read platforms", weak, "GET", "/v1/platforms/x", "", 403, "scope_missing", ""},
		{"no scope to read events", weak, "GET", "/v1/events", "", 403, "scope_missing", ""},
		{"no such session", w.key, "GET", "/v1/sessions/4711?wait=60", "", 404, "not_found", ""},
		{"no such timeline", w.key, "GET", "/v1/sessions/4711/attempts", "", 404, "not_found", ""},
		{"no such channel", w.key, "GET", "/v1/channels/4711", "", 404, "not_found", ""},
		{"no such platform", w.key, "GET", "/v1/platforms/" + canary, "", 404, "platform_unknown", ""},
		{"no such address", w.key, "GET", "/v1/" + canary, "", 404, "route_unknown", ""},
		{"nor with a slash", w.key, "GET", "/v1/sessions/", "", 404, "route_unknown", ""},
		{"wrong method", w.key, "DELETE", "/v1/sessions/" + canary, "", 405, "method_not_allowed", ""},
		{"broken JSON", w.key, "POST", "/v1/sessions", `{"owner":` + canary, 400, "body_not_json", ""},
		{"no object", w.key, "POST", "/v1/sessions", `["` + canary + `"]`, 400, "body_not_json", ""},
		{"a form", w.key, "POST", "/v1/sessions", "owner=" + canary, 400, "body_not_json", ""},
		{"body too large", w.key, "POST", "/v1/sessions", big, 413, "body_too_large", ""},
		{"id no number", w.key, "GET", "/v1/sessions/" + canary, "", 422, "type", "id"},
		{"id too large", w.key, "GET", "/v1/channels/99999999999999999999", "", 422, "type", "id"},
		{"wait no number", w.key, "GET", "/v1/sessions/1?wait=" + canary, "", 422, "type", "wait"},
		{"wait too long", w.key, "GET", "/v1/sessions/1?wait=61", "", 422, "range", "wait"},
		{"wait negative", w.key, "GET", "/v1/sessions/1?wait=-1", "", 422, "range", "wait"},
		{"limit zero", w.key, "GET", "/v1/channels?limit=0", "", 422, "range", "limit"},
		{"limit too large", w.key, "GET", "/v1/events?limit=201", "", 422, "range", "limit"},
		{"after negative", w.key, "GET", "/v1/events?after=-1", "", 422, "range", "after"},
		{"no lifecycle", w.key, "GET", "/v1/channels?lifecycle=" + canary, "", 422, "enum", "lifecycle"},
		{"no health", w.key, "GET", "/v1/channels?health=" + canary, "", 422, "enum", "health"},
		{"cursor of another make", w.key, "GET", "/v1/channels?cursor=" + canary, "", 422, "cursor", "cursor"},
		{"cursor of no id", w.key, "GET", "/v1/channels?cursor=MA", "", 422, "cursor", "cursor"},
		{"owner no object", w.key, "POST", "/v1/sessions", `{"owner":"` + canary + `"}`, 422, "type", "owner"},
		{"external id no text", w.key, "POST", "/v1/sessions", `{"owner":{"external_id":["` + canary + `"]}}`, 422, "type", "owner.external_id"},
		{"external id empty", w.key, "POST", "/v1/sessions", `{"owner":{"external_id":""}}`, 422, "length", "owner.external_id"},
		{"external id too long", w.key, "POST", "/v1/sessions", `{"owner":{"external_id":"` + strings.Repeat(canary, 40) + `"}}`, 422, "length", "owner.external_id"},
		{"platforms no list", w.key, "POST", "/v1/sessions", `{"platforms":"` + canary + `"}`, 422, "type", "platforms"},
		{"platform no text", w.key, "POST", "/v1/sessions", `{"platforms":["x",{"` + canary + `":1}]}`, 422, "type", "platforms[1]"},
		{"platform unknown", w.key, "POST", "/v1/sessions", `{"platforms":["` + canary + `"]}`, 422, "unknown", "platforms"},
		{"key without a name", w.key, "POST", "/v1/keys", `{"scopes":["keys:read"]}`, 422, "required", "name"},
		{"selection unknown", w.key, "POST", "/v1/sessions", `{"selection":"` + canary + `"}`, 422, "enum", "selection"},
		{"redirect no URL", w.key, "POST", "/v1/sessions", `{"redirect_url":"javascript:` + canary + `"}`, 422, "url", "redirect_url"},
		{"life no number", w.key, "POST", "/v1/sessions", `{"expires_in":"` + canary + `"}`, 422, "type", "expires_in"},
		{"life half a second", w.key, "POST", "/v1/sessions", `{"expires_in":90.5}`, 422, "type", "expires_in"},
		{"life too short", w.key, "POST", "/v1/sessions", `{"expires_in":59}`, 422, "range", "expires_in"},
		{"life too long", w.key, "POST", "/v1/sessions", `{"expires_in":1e300}`, 422, "range", "expires_in"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := wantStatus(t, w.call(t, test.key, test.method, test.path, test.body), test.status)
			checkProblem(t, got)
			if got := reasonOf(got, test.field); got != test.reason {
				t.Errorf("got reason %q of %q, want %q", got, test.field, test.reason)
			}
		})
	}
}

// reasonOf is the problem's reason, or that of the field when one is named.
func reasonOf(a answer, field string) any {
	if field == "" {
		return a.body["reason"]
	}
	list, _ := a.body["errors"].([]any)
	for _, e := range list {
		if e := e.(map[string]any); e["field"] == field {
			return e["reason"]
		}
	}
	return nil
}

func checkProblem(t *testing.T, a answer) {
	t.Helper()
	if got := a.header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("got Content-Type %q", got)
	}
	if strings.Contains(a.text, canary) {
		t.Errorf("the answer echoes what was sent: %s", a.text)
	}
	code, _ := a.body["code"].(string)
	if a.body["type"] != "/problems/"+code || a.body["status"] != float64(a.status) || a.body["title"] == "" || a.body["detail"] == "" {
		t.Errorf("got %s, want type, title, status and detail in accord", a.text)
	}
	if id := a.header.Get("X-Request-Id"); id == "" || a.body["request_id"] != id {
		t.Errorf("got request_id %v, want %q as in the header", a.body["request_id"], id)
	}
	if got := a.header.Get("WWW-Authenticate"); (got == "Bearer") != (a.status == 401) {
		t.Errorf("got WWW-Authenticate %q with %d", got, a.status)
	}
	if allow := a.header.Get("Allow"); (allow != "") != (a.status == 405) {
		t.Errorf("got Allow %q with %d", allow, a.status)
	}
}

func TestSeveralWrongInputsAreToldTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got := wantStatus(t, w.call(t, w.key, "POST", "/v1/sessions", `{"selection":"two","expires_in":1,"platforms":[5]}`), 422)
	fields := map[string]any{}
	for _, e := range got.body["errors"].([]any) {
		e := e.(map[string]any)
		fields[e["field"].(string)] = e["message"]
	}
	want := map[string]any{
		"selection": "must be one of platform, one", "expires_in": "must be at least 60", "platforms[0]": "must be a string",
	}
	if diff := cmp.Diff(want, fields); diff != "" || got.body["reason"] != "invalid_fields" {
		t.Errorf("%s (-want +got):\n%s", got.text, diff)
	}
}

func TestASingleWrongInputIsTheDetail(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got := wantStatus(t, w.call(t, w.key, "GET", "/v1/channels?limit=500", ""), 422)
	if got.body["detail"] != "limit must be at most 200" {
		t.Errorf("got detail %q", got.body["detail"])
	}
}

func TestWrongMethodNamesTheRightOnes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for path, want := range map[string]string{"/v1/sessions": "POST", "/v1/sessions/1": "GET, HEAD"} {
		if got := w.call(t, w.key, "PUT", path, "").header.Get("Allow"); got != want {
			t.Errorf("%s: got Allow %q, want %q", path, got, want)
		}
	}
}

func TestInternalFailuresAreForTheLogOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	session := w.create(t, "")
	w.store.breakWith(errors.New("disk " + canary))
	got := wantStatus(t, w.call(t, w.key, "GET", "/v1/sessions/"+idOf(session), ""), 500)
	checkProblem(t, got)
	if log := w.log.String(); !strings.Contains(log, "disk "+canary) || !strings.Contains(log, got.body["request_id"].(string)) {
		t.Errorf("the log lacks the cause or the request id:\n%s", log)
	}
}
