package api_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/platform"
)

// documented is one request with the answer that the document must describe. Requests
// of an operation are sent in the order of the table.
type documented struct{ pattern, path, body, status string }

func (w *world) documented(t *testing.T) []documented {
	t.Helper()
	session, denied := w.connected(t, "user_42"), w.create(t, "")
	w.consent(t, denied, "access_denied")
	waiting, code := w.waiting(t)
	owner := idOf(w.post(t, "/v1/owners", `{"external_id":"known"}`))
	app := idOf(w.post(t, "/v1/apps", `{"platform":"x","client_id":"c","client_secret":"s"}`))
	key := idOf(w.post(t, "/v1/keys", `{"name":"k","scopes":["channels:read"],"owner":"known","expires_in":60}`))
	version := idOfVersion(w.call(t, w.key, "POST", "/v1/channels/1/token", "").body)
	const nobody = "4711"
	return []documented{
		{"POST /v1/sessions", "/v1/sessions", `{"initiator_check":"confirm","redirect_url":"https://app.example/back"}`, "201"},
		{"GET /v1/sessions/{id}", "/v1/sessions/" + idOf(session), "", "200"},
		{"GET /v1/sessions/{id}", "/v1/sessions/" + idOf(denied), "", "200"},
		{"GET /v1/sessions/{id}", "/v1/sessions/" + idOf(waiting), "", "200"},
		{"GET /v1/sessions/{id}", "/v1/sessions/" + nobody, "", "404"},
		{"GET /v1/sessions/{id}/attempts", "/v1/sessions/" + idOf(denied) + "/attempts", "", "200"},
		{"GET /v1/sessions/{id}/attempts", "/v1/sessions/" + idOf(waiting) + "/attempts", "", "200"},
		{"GET /v1/sessions/{id}/attempts", "/v1/sessions/" + nobody + "/attempts", "", "404"},
		{"POST /v1/sessions/{id}/confirm", "/v1/sessions/" + idOf(denied) + "/confirm", `{"code":"c"}`, "409"},
		{"POST /v1/sessions/{id}/confirm", "/v1/sessions/" + idOf(waiting) + "/confirm", `{"code":"` + code + `"}`, "200"},
		{"POST /v1/sessions/{id}/confirm", "/v1/sessions/" + nobody + "/confirm", `{"code":"c"}`, "404"},
		{"POST /v1/sessions/{id}/cancel", "/v1/sessions/" + idOf(denied) + "/cancel", "", "200"},
		{"POST /v1/sessions/{id}/cancel", "/v1/sessions/" + idOf(session) + "/cancel", "", "409"},
		{"POST /v1/sessions/{id}/cancel", "/v1/sessions/" + nobody + "/cancel", "", "404"},
		{"GET /v1/channels", "/v1/channels", "", "200"},
		{"GET /v1/channels", "/v1/channels?limit=1", "", "200"},
		{"GET /v1/channels/{id}", "/v1/channels/1", "", "200"},
		{"GET /v1/channels/{id}", "/v1/channels/" + nobody, "", "404"},
		{"GET /v1/channels/{id}/health", "/v1/channels/1/health", "", "200"},
		{"GET /v1/channels/{id}/health", "/v1/channels/" + nobody + "/health", "", "404"},
		{"POST /v1/channels/{id}/check", "/v1/channels/1/check", "", "200"},
		{"POST /v1/channels/{id}/check", w.orphan(t) + "/check", "", "409"},
		{"POST /v1/channels/{id}/check", "/v1/channels/" + nobody + "/check", "", "404"},
		{"POST /v1/channels/{id}/token", "/v1/channels/1/token", "", "200"},
		{"POST /v1/channels/{id}/token", "/v1/channels/1/token", `{"newer_than":` + version + `}`, "409"},
		{"POST /v1/channels/{id}/token", "/v1/channels/" + nobody + "/token", "", "404"},
		{"GET /v1/audit", "/v1/audit", "", "200"},
		{"POST /v1/owners", "/v1/owners", `{"avatar_url":"https://app.example/a.png","contact_email":"a@app.example","reference":"r"}`, "201"},
		{"POST /v1/owners", "/v1/owners", `{"external_id":"known"}`, "409"},
		{"GET /v1/owners", "/v1/owners?limit=1", "", "200"},
		{"GET /v1/owners/{id}", "/v1/owners/" + owner, "", "200"},
		{"GET /v1/owners/{id}", "/v1/owners/" + nobody, "", "404"},
		{"PATCH /v1/owners/{id}", "/v1/owners/" + owner, `{"name":"New"}`, "200"},
		{"PATCH /v1/owners/{id}", "/v1/owners/" + nobody, `{"name":"New"}`, "404"},
		{"GET /v1/platforms", "/v1/platforms", "", "200"},
		{"GET /v1/platforms/{id}", "/v1/platforms/facebook", "", "200"},
		{"GET /v1/platforms/{id}", "/v1/platforms/nowhere", "", "404"},
		{"POST /v1/apps", "/v1/apps", `{"platform":"facebook","client_id":"c","client_secret":"s"}`, "201"},
		{"POST /v1/apps", "/v1/apps", `{"platform":"x","client_id":"c","client_secret":"s"}`, "409"},
		{"GET /v1/apps", "/v1/apps?limit=1", "", "200"},
		{"GET /v1/apps/{id}", "/v1/apps/" + app, "", "200"},
		{"GET /v1/apps/{id}", "/v1/apps/" + nobody, "", "404"},
		{"PATCH /v1/apps/{id}", "/v1/apps/" + app, `{"name":"New"}`, "200"},
		{"PATCH /v1/apps/{id}", "/v1/apps/" + nobody, `{"name":"New"}`, "404"},
		{"DELETE /v1/apps/{id}", "/v1/apps/" + app, "", "200"},
		{"DELETE /v1/apps/{id}", "/v1/apps/" + nobody, "", "404"},
		{"PATCH /v1/apps/{id}", "/v1/apps/" + app, `{"name":"New"}`, "409"}, // retired by now
		{"POST /v1/keys", "/v1/keys", `{"name":"k","scopes":["channels:read"]}`, "201"},
		{"POST /v1/keys", "/v1/keys", `{"name":"k","scopes":["channels:read"],"owner":"nobody"}`, "404"},
		{"GET /v1/keys", "/v1/keys?limit=1", "", "200"},
		{"GET /v1/keys/{id}", "/v1/keys/" + key, "", "200"},
		{"GET /v1/keys/{id}", "/v1/keys/" + nobody, "", "404"},
		{"DELETE /v1/keys/{id}", "/v1/keys/" + key, "", "200"},
		{"DELETE /v1/keys/{id}", "/v1/keys/" + nobody, "", "404"},
		{"POST /v1/workspaces", "/v1/workspaces", `{"name":"W","allowed_redirects":["https://app.example/a"]}`, "201"},
		{"GET /v1/workspaces", "/v1/workspaces?limit=1", "", "200"},
		{"GET /v1/workspaces/{id}", "/v1/workspaces/1", "", "200"},
		{"GET /v1/workspaces/{id}", "/v1/workspaces/" + nobody, "", "404"},
		{"PATCH /v1/workspaces/{id}", "/v1/workspaces/1", `{"name":"New"}`, "200"},
		{"PATCH /v1/workspaces/{id}", "/v1/workspaces/" + nobody, `{"name":"New"}`, "404"},
		{"GET /v1/events", "/v1/events", "", "200"},
		{"POST /v1/sessions", "/v1/sessions", `{"owner":{"external_id":"nobody"}}`, "404"}, // of a bound key
	}
}

// unseen are the statuses that the table need not show of an operation.
var unseen = map[string]string{
	"400": "below, of all", "401": "below, of all", "403": "below, of all", "422": "below, of all",
	"413": "TestEveryFailureIsAProblem", "429": "e2e/journey", "500": "TestInternalFailuresAreForTheLogOnly",
	"502": "TestTroubleIsAsDocumented", "503": "TestTroubleIsAsDocumented",
}

func TestAnswersAreAsDocumented(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	doc, shown := w.document(t), map[string]bool{}
	bound := w.newKey(t, connect.Key{WorkspaceID: w.space.ID, OwnerID: 1, Scopes: connect.Scopes()})
	for _, test := range w.documented(t) {
		method, _, _ := strings.Cut(test.pattern, " ")
		key := w.key
		if strings.Contains(test.body, `"owner":{"external_id":"nobody"}`) {
			key = bound
		}
		w.asDocumented(t, doc, test, w.call(t, key, method, test.path, test.body))
		shown[test.pattern+" "+test.status] = true
	}
	for _, op := range operations(doc) {
		pattern := op["pattern"].(string)
		for status := range op["responses"].(object) {
			if unseen[status] == "" && !shown[pattern+" "+status] {
				t.Errorf("%s documents %s and has no case for it", pattern, status)
			}
		}
	}
}

// What comes of a platform that does not do its part.
func TestTroubleIsAsDocumented(t *testing.T) {
	t.Parallel()
	for status, class := range map[string]platform.Class{"502": platform.ClassConfiguration, "503": platform.ClassTransient} {
		w := newWorld(t)
		doc := w.document(t)
		for _, op := range operations(doc) {
			if op["responses"].(object)[status] == nil {
				continue
			}
			w.garden.set(func(g *garden) { g.life, g.refusal = time.Hour, nil })
			channel := w.channel(t, "user_42")
			w.clock.advance(2 * time.Hour)
			w.garden.refuse(class, "")
			method, path, _ := strings.Cut(op["pattern"].(string), " ")
			path = strings.Replace(path, "/v1/channels/{id}", channel, 1)
			w.asDocumented(t, doc, documented{pattern: op["pattern"].(string), path: path, status: status}, w.call(t, w.key, method, path, ""))
		}
	}
}

// What every operation answers alike.
func TestRefusalsAreAsDocumented(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	doc, weak := w.document(t), w.newKey(t, connect.Key{WorkspaceID: w.space.ID, Scopes: []connect.Scope{}})
	for _, op := range operations(doc) {
		pattern := op["pattern"].(string)
		method, path, _ := strings.Cut(pattern, " ")
		of := func(id string) string { return regexp.MustCompile(`{\w+}`).ReplaceAllString(path, id) }
		w.asDocumented(t, doc, documented{pattern: pattern, status: "401"}, w.call(t, "", method, of("1"), ""))
		if body := w.goodBody(pattern); body != "" || method == http.MethodGet || method == http.MethodDelete {
			w.asDocumented(t, doc, documented{pattern: pattern, status: "403"}, w.call(t, weak, method, of("1"), body))
		} else {
			t.Errorf("%s has no body to be refused with", pattern)
		}
		responses := op["responses"].(object)
		if responses["400"] != nil {
			w.asDocumented(t, doc, documented{pattern: pattern, status: "400"}, w.call(t, w.key, method, of("1"), "[]"))
		}
		if responses["422"] == nil {
			continue
		}
		wrong := of("abc")
		if wrong == path {
			wrong += "?limit=0"
		}
		w.asDocumented(t, doc, documented{pattern: pattern, status: "422"}, w.call(t, w.key, method, wrong, w.wrongBody(pattern)))
	}
}

// goodBody is one that an operation takes.
func (w *world) goodBody(pattern string) string {
	return map[string]string{
		"POST /v1/channels/{id}/check": "{}", "POST /v1/channels/{id}/token": "{}",
		"POST /v1/sessions": "{}", "POST /v1/sessions/{id}/cancel": "{}", "POST /v1/sessions/{id}/confirm": `{"code":"c"}`, "POST /v1/owners": "{}",
		"PATCH /v1/owners/{id}": "{}", "POST /v1/apps": `{"platform":"x","client_id":"c","client_secret":"s"}`, "PATCH /v1/apps/{id}": "{}",
		"POST /v1/keys": `{"name":"k","scopes":["channels:read"]}`, "POST /v1/workspaces": `{"name":"W"}`, "PATCH /v1/workspaces/{id}": "{}",
	}[pattern]
}

// wrongBody is one that an operation does not take where its address cannot be wrong.
func (w *world) wrongBody(pattern string) string {
	return map[string]string{
		"POST /v1/sessions": `{"selection":"two"}`, "POST /v1/owners": `{"contact_email":"nobody"}`, "POST /v1/apps": `{"platform":"nowhere","client_id":"c","client_secret":"s"}`,
		"POST /v1/keys": `{"name":"k","scopes":["nothing"]}`, "POST /v1/workspaces": `{"name":" "}`,
	}[pattern]
}

// asDocumented holds an answer to its status, its media type and its schema.
func (w *world) asDocumented(t *testing.T, doc object, test documented, got answer) {
	t.Helper()
	if fmt.Sprint(got.status) != test.status {
		t.Errorf("%s %s with %s: got %d %s, want %s", test.pattern, test.path, test.body, got.status, got.text, test.status)
		return
	}
	for _, op := range operations(doc) {
		if op["pattern"] != test.pattern {
			continue
		}
		described, ok := op["responses"].(object)[test.status].(object)
		if !ok {
			t.Errorf("%s: %s is not documented", test.pattern, test.status)
			return
		}
		media, _, _ := strings.Cut(got.header.Get("Content-Type"), ";")
		content, ok := deref(doc, described)["content"].(object)[media].(object)
		if !ok {
			t.Errorf("%s: %s is not documented", test.pattern, media)
			return
		}
		conforms(t, doc, content["schema"].(object), got.body, test.pattern)
		return
	}
	t.Errorf("%s is not documented", test.pattern)
}

// conforms holds a value to the parts of JSON Schema that the document uses.
func conforms(t *testing.T, doc, schema object, value any, at string) {
	t.Helper()
	schema = deref(doc, schema)
	kinds, ok := schema["type"].([]any)
	if !ok {
		kinds = []any{schema["type"]}
	}
	if !slices.Contains(kinds, any(kindOf(value))) && !(kindOf(value) == "number" && slices.Contains(kinds, any("integer"))) {
		t.Errorf("%s: got a %s, want %v", at, kindOf(value), kinds)
	}
	if enum, ok := schema["enum"].([]any); ok && !slices.Contains(enum, value) {
		t.Errorf("%s: got %v, want one of %v", at, value, enum)
	}
	switch v := value.(type) {
	case []any:
		for i, item := range v {
			conforms(t, doc, schema["items"].(object), item, fmt.Sprintf("%s[%d]", at, i))
		}
	case object:
		required, _ := schema["required"].([]any)
		for _, name := range required {
			if _, ok := v[name.(string)]; !ok {
				t.Errorf("%s: %s is missing", at, name)
			}
		}
		properties, ok := schema["properties"].(object)
		for name, member := range v {
			if p, known := properties[name].(object); known {
				conforms(t, doc, p, member, at+"."+name)
			} else if ok {
				t.Errorf("%s: %s is not documented", at, name)
			}
		}
	}
}

func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case float64:
		return "number"
	case string:
		return "string"
	case []any:
		return "array"
	default:
		return "object"
	}
}
