package api_test

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/connect"
)

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// without is an object without some members, which are checked elsewhere.
func without(o map[string]any, members ...string) map[string]any {
	out := map[string]any{}
	for name, value := range o {
		out[name] = value
	}
	for _, name := range members {
		delete(out, name)
	}
	return out
}

func TestAnOwnerIsMadeReadAndChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.post(t, "/v1/owners", `{"external_id":"user_42","name":"Bakery","avatar_url":"https://app.example/a.png","contact_email":"a@app.example","reference":"42"}`)
	same(t, "made", without(made, "id", "created_at", "updated_at"), map[string]any{
		"external_id": "user_42", "name": "Bakery", "avatar_url": "https://app.example/a.png", "contact_email": "a@app.example", "reference": "42", "default": false,
	})
	path := "/v1/owners/" + idOf(made)
	same(t, "read", w.get(t, path), made)

	changed := wantStatus(t, w.call(t, w.key, "PATCH", path, `{"name":"Brewery","contact_email":"","external_id":"another"}`), 200).body
	want := without(made)
	want["name"], want["contact_email"], want["updated_at"] = "Brewery", nil, changed["updated_at"]
	same(t, "changed", changed, want)
	if !when(t, changed["updated_at"]).After(when(t, made["updated_at"])) {
		t.Errorf("got updated_at %v, want it later than %v", changed["updated_at"], made["updated_at"])
	}
	same(t, "read again", w.get(t, path), changed)

	w.refuse(t, "POST", "/v1/owners", `{"external_id":"user_42"}`, 409, "", "owner_exists")
	session := w.create(t, `{"owner":{"external_id":"user_42","name":"Not this"}}`)
	same(t, "the session's", session["owner"], any(map[string]any{"id": made["id"], "external_id": "user_42", "name": "Brewery"}))
}

func TestAnOwnerWithoutANameGetsOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.post(t, "/v1/owners", ``)
	if external, _ := made["external_id"].(string); !regexp.MustCompile(`^[a-z0-9]{24}$`).MatchString(external) || made["name"] != external {
		t.Errorf("got %v, want 24 lower-case letters and digits as external_id and name", made)
	}
	first := w.get(t, "/v1/owners")["data"].([]any)[0].(map[string]any)
	if first["default"] != true || first["name"] != "Test" {
		t.Errorf("got %v first, want the default owner", first)
	}
}

func TestWrongOwnersAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := "/v1/owners/" + idOf(w.post(t, "/v1/owners", `{"external_id":"user_42"}`))
	before := w.get(t, path)
	for _, test := range []struct{ body, field, reason string }{
		{`{"name":""}`, "name", "length"},
		{`{"name":"  "}`, "name", "required"},
		{`{"name":"a\u0007"}`, "name", "characters"},
		{`{"name":"` + strings.Repeat("ü", 200) + `"}`, "name", "length"},
		{`{"avatar_url":"http://app.example/a.png"}`, "avatar_url", "url"},
		{`{"avatar_url":"https://user@app.example/a.png"}`, "avatar_url", "url"},
		{`{"avatar_url":"javascript:alert(1)"}`, "avatar_url", "url"},
		{`{"avatar_url":"https://app.example/a b.png"}`, "avatar_url", "url"},
		{`{"contact_email":"nobody"}`, "contact_email", "email"},
		{`{"contact_email":"A <a@app.example>"}`, "contact_email", "email"},
		{`{"reference":"` + strings.Repeat("r", 1025) + `"}`, "reference", "length"},
	} {
		w.refuse(t, "PATCH", path, test.body, 422, test.field, test.reason)
		if test.body != `{"name":""}` { // of a new one it counts as none
			w.refuse(t, "POST", "/v1/owners", test.body, 422, test.field, test.reason)
		}
	}
	w.refuse(t, "POST", "/v1/owners", `{"external_id":""}`, 422, "external_id", "length")
	w.refuse(t, "PATCH", "/v1/owners/4711", `{"name":"x"}`, 404, "", "not_found")
	same(t, "the owner afterwards", w.get(t, path), before)
	same(t, "owners afterwards", len(w.get(t, "/v1/owners")["data"].([]any)), 2)
}

// A published interface may have made an owner from an id that is none here: what is
// said of it can still be changed.
func TestAnOwnerOfAnOddNameCanBeChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner := w.create(t, `{"owner":{"external_id":" "}}`)["owner"].(map[string]any)
	path := "/v1/owners/" + idOf(owner)
	changed := wantStatus(t, w.call(t, w.key, "PATCH", path, `{"reference":"r"}`), 200).body
	same(t, "changed", []any{changed["reference"], changed["external_id"], changed["name"]}, []any{"r", " ", " "})
}

// Every list is walked to its end with every size of page, and each row comes once.
func TestPagesHoldEveryRowOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 3 {
		w.post(t, "/v1/owners", `{}`)
		w.post(t, "/v1/keys", `{"name":"k","scopes":["keys:read"]}`)
		w.post(t, "/v1/workspaces", fmt.Sprintf(`{"name":"W%d"}`, i))
	}
	for _, platform := range []string{"facebook", "x", "linkedin", "garden"} {
		w.post(t, "/v1/apps", fmt.Sprintf(`{"platform":%q,"client_id":"c","client_secret":"s"}`, platform))
	}
	for path, rows := range map[string]int{"/v1/owners": 4, "/v1/keys": 4, "/v1/workspaces": 4, "/v1/apps": 4} {
		all := w.get(t, path)
		if n := len(all["data"].([]any)); n != rows || all["next_cursor"] != nil {
			t.Errorf("%s: got %d rows and the cursor %v, want %d and none", path, n, all["next_cursor"], rows)
		}
		for limit := 1; limit <= rows+1; limit++ {
			same(t, fmt.Sprintf("%s by %d", path, limit), w.walk(t, path, limit), all["data"].([]any))
		}
		w.refuse(t, "GET", path+"?cursor=canary7Q", "", 422, "cursor", "cursor")
		w.refuse(t, "GET", path+"?limit=0", "", 422, "limit", "range")
		w.refuse(t, "GET", path+"?limit=201", "", 422, "limit", "range")
	}
}

func (w *world) walk(t *testing.T, path string, limit int) (rows []any) {
	t.Helper()
	for cursor := ""; ; {
		page := w.get(t, fmt.Sprintf("%s?limit=%d&cursor=%s", path, limit, cursor))
		rows = append(rows, page["data"].([]any)...)
		next, ok := page["next_cursor"].(string)
		if !ok {
			return rows
		}
		cursor = next
	}
}

// cursorAfter is the cursor of the page after a row.
func cursorAfter(row map[string]any) string {
	return base64.RawURLEncoding.EncodeToString([]byte(idOf(row)))
}

// A key that is bound to one owner sees and changes that one alone.
func TestABoundKeyKnowsItsOwner(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mine := w.post(t, "/v1/owners", `{"external_id":"mine"}`)
	theirs := w.post(t, "/v1/owners", `{"external_id":"theirs"}`)
	bound := w.newKey(t, connect.Key{WorkspaceID: w.space.ID, OwnerID: int64(mine["id"].(float64)), Scopes: connect.Scopes()})
	list := wantStatus(t, w.call(t, bound, "GET", "/v1/owners", ""), 200).body
	same(t, "list", list["data"], any([]any{any(mine)}))
	after := wantStatus(t, w.call(t, bound, "GET", "/v1/owners?cursor="+cursorAfter(mine), ""), 200).body
	same(t, "the page after it", after["data"], any([]any{}))
	wantStatus(t, w.call(t, bound, "GET", "/v1/owners/"+idOf(mine), ""), 200)
	wantStatus(t, w.call(t, bound, "PATCH", "/v1/owners/"+idOf(mine), `{"name":"New"}`), 200)
	wantStatus(t, w.call(t, bound, "PATCH", "/v1/owners/"+idOf(theirs), `{"name":"New"}`), 404)
	wantStatus(t, w.call(t, bound, "GET", "/v1/owners/"+idOf(theirs), ""), 404)
	wantStatus(t, w.call(t, bound, "POST", "/v1/owners", `{}`), 403)
	own := wantStatus(t, w.call(t, bound, "POST", "/v1/sessions", `{"owner":{"external_id":"mine"}}`), 201).body
	wantStatus(t, w.call(t, bound, "GET", "/v1/sessions/"+idOf(own), ""), 200)
	wantStatus(t, w.call(t, bound, "POST", "/v1/sessions/"+idOf(own)+"/cancel", ""), 200)
	other := w.create(t, `{"owner":{"external_id":"theirs"}}`)
	wantStatus(t, w.call(t, bound, "POST", "/v1/sessions/"+idOf(other)+"/cancel", ""), 404)
}
