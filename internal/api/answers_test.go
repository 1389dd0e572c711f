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
		{"GET /v1/audit/verify", "/v1/audit/verify", "", "200"},
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
		{"POST /v1/owners/{id}/erase", "/v1/owners/" + nobody + "/erase", `{"confirm":"known"}`, "404"},
		{"GET /v1/events", "/v1/events", "", "200"},
		{"POST /v1/sessions", "/v1/sessions", `{"owner":{"external_id":"nobody"}}`, "404"}, // of a bound key
	}
}

// documentedCare are those about looking after a channel and its owner.
func (w *world) documentedCare(t *testing.T) []documented {
	t.Helper()
	w.garden.set(func(g *garden) { g.targets = 1 })
	channel, other, ended, orphan := w.channel(t, "user_50"), w.channel(t, "user_51"), w.channel(t, "user_52"), w.orphan(t)
	targets := w.get(t, channel+"/targets")["data"].([]any)
	target := idOf(targets[0].(map[string]any))
	w.care(t, "POST", ended+"/disconnect", "")
	taken := w.takenTarget(t)
	const nobody = "/v1/channels/4711"
	imported := w.goodBody("POST /v1/channels/import")
	erased := idOf(w.post(t, "/v1/owners", `{"external_id":"erased"}`))
	return []documented{
		{"PATCH /v1/channels/{id}", channel, `{"label":"L"}`, "200"},
		{"PATCH /v1/channels/{id}", nobody, `{"label":"L"}`, "404"},
		{"POST /v1/channels/{id}/pause", channel + "/pause", "", "200"},
		{"POST /v1/channels/{id}/pause", ended + "/pause", "", "409"},
		{"POST /v1/channels/{id}/pause", nobody + "/pause", "", "404"},
		{"POST /v1/channels/{id}/resume", channel + "/resume", "", "200"},
		{"POST /v1/channels/{id}/resume", ended + "/resume", "", "409"},
		{"POST /v1/channels/{id}/resume", nobody + "/resume", "", "404"},
		{"GET /v1/channels/{id}/targets", channel + "/targets", "", "200"},
		{"GET /v1/channels/{id}/targets", orphan + "/targets", "", "409"},
		{"GET /v1/channels/{id}/targets", nobody + "/targets", "", "404"},
		{"POST /v1/channels/{id}/target", channel + "/target", `{"target_id":` + target + `}`, "200"},
		{"POST /v1/channels/{id}/target", taken.channel + "/target", taken.body, "409"},
		{"POST /v1/channels/{id}/target", nobody + "/target", `{"target_id":1}`, "404"},
		{"POST /v1/channels/{id}/move", channel + "/move", `{"owner":"user_51"}`, "200"},
		{"POST /v1/channels/{id}/move", w.doubled(t, other) + "/move", `{"owner":"user_51"}`, "409"},
		{"POST /v1/channels/{id}/move", nobody + "/move", `{"owner":"user_51"}`, "404"},
		{"POST /v1/channels/{id}/reconnect", channel + "/reconnect", "", "201"},
		{"POST /v1/channels/{id}/reconnect", w.nameless(t) + "/reconnect", "", "409"},
		{"POST /v1/channels/{id}/reconnect", nobody + "/reconnect", "", "404"},
		{"POST /v1/channels/import", "/v1/channels/import", imported, "200"},
		{"POST /v1/channels/{id}/disconnect", channel + "/disconnect", "", "200"},
		{"POST /v1/channels/{id}/disconnect", nobody + "/disconnect", "", "404"},
		{"POST /v1/owners/{id}/erase", "/v1/owners/" + erased + "/erase", `{"confirm":"erased"}`, "200"},
	}
}

// documentedHooks are those about endpoints.
func (w *world) documentedHooks(t *testing.T) []documented {
	t.Helper()
	r := newReceiver(t)
	good := `{"url":"` + r.url + `"}`
	path, _ := w.endpoint(t, r)
	off, _ := w.endpoint(t, r)
	w.create(t, "")
	sent := "/v1/deliveries/" + idOf(w.get(t, "/v1/deliveries?endpoint=1")["data"].([]any)[0].(map[string]any))
	dropped := "/v1/deliveries/" + idOf(w.get(t, "/v1/deliveries?endpoint=2")["data"].([]any)[0].(map[string]any))
	w.care(t, "PATCH", off, `{"state":"disabled"}`)
	w.care(t, "POST", path+"/test", "")
	eleventh := w.eleventh(t)
	const nobody = "/4711"
	return []documented{
		{"POST /v1/endpoints", "/v1/endpoints", good, "201"},
		{"GET /v1/endpoints", "/v1/endpoints?limit=1", "", "200"},
		{"GET /v1/endpoints/{id}", path, "", "200"},
		{"GET /v1/endpoints/{id}", off, "", "200"},
		{"GET /v1/endpoints/{id}", "/v1/endpoints" + nobody, "", "404"},
		{"PATCH /v1/endpoints/{id}", path, `{"description":"d"}`, "200"},
		{"PATCH /v1/endpoints/{id}", "/v1/endpoints" + nobody, `{"description":"d"}`, "404"},
		{"PATCH /v1/endpoints/{id}", eleventh, `{"state":"active"}`, "409"},
		{"POST /v1/endpoints/{id}/rotate-secret", path + "/rotate-secret", "", "200"},
		{"POST /v1/endpoints/{id}/rotate-secret", "/v1/endpoints" + nobody + "/rotate-secret", "", "404"},
		{"POST /v1/endpoints/{id}/test", path + "/test", "", "200"},
		{"POST /v1/endpoints/{id}/test", "/v1/endpoints" + nobody + "/test", "", "404"},
		{"POST /v1/endpoints/{id}/replays", path + "/replays", "", "201"},
		{"POST /v1/endpoints/{id}/replays", path + "/replays", "", "409"},
		{"POST /v1/endpoints/{id}/replays", "/v1/endpoints" + nobody + "/replays", "", "404"},
		{"GET /v1/replays/{id}", "/v1/replays/1", "", "200"},
		{"GET /v1/replays/{id}", "/v1/replays" + nobody, "", "404"},
		{"GET /v1/deliveries", "/v1/deliveries", "", "200"},
		{"GET /v1/deliveries", "/v1/deliveries?limit=1", "", "200"},
		{"GET /v1/deliveries/{id}", sent, "", "200"},
		{"GET /v1/deliveries/{id}", dropped, "", "200"},
		{"GET /v1/deliveries/{id}", "/v1/deliveries" + nobody, "", "404"},
		{"POST /v1/deliveries/{id}/replay", sent + "/replay", "", "200"},
		{"POST /v1/deliveries/{id}/replay", dropped + "/replay", "", "409"},
		{"POST /v1/deliveries/{id}/replay", "/v1/deliveries" + nobody + "/replay", "", "404"},
		{"DELETE /v1/endpoints/{id}", path, "", "204"},
		{"DELETE /v1/endpoints/{id}", path, "", "404"},
	}
}

// eleventh is a disabled endpoint of a scheme of which ten are active, which is all there may be.
func (w *world) eleventh(t *testing.T) (path string) {
	t.Helper()
	endpoint := func() string {
		return "/v1/endpoints/" + idOf(w.post(t, "/v1/endpoints", `{"url":"https://app.example/hooks","scheme":"smartlyq"}`))
	}
	path = endpoint()
	w.care(t, "PATCH", path, `{"state":"disabled"}`)
	for range 10 {
		endpoint()
	}
	return path
}

type taken struct{ channel, body string }

// takenTarget is a channel, and a target of its consent that its owner has a channel for.
func (w *world) takenTarget(t *testing.T) taken {
	t.Helper()
	w.garden.reach(2)
	defer w.garden.reach(1)
	session := w.create(t, `{"owner":{"external_id":"user_53"}}`)
	w.consent(t, session, "")
	view, err := w.svc.OpenLink(t.Context(), linkOf(session), browser)
	must(t, err)
	ids := []int64{view.Targets[0].ID, view.Targets[1].ID}
	done, err := w.svc.Choose(t.Context(), connect.ChooseRequest{Link: linkOf(session), Browser: browser, TargetIDs: ids})
	must(t, err)
	return taken{fmt.Sprintf("/v1/channels/%d", done.ChannelIDs[0]), fmt.Sprintf(`{"target_id":%d}`, ids[1])}
}

// doubled is another owner's channel for what a channel is for.
func (w *world) doubled(t *testing.T, channel string) string {
	t.Helper()
	row := w.get(t, channel)
	return w.save(t, row["kind"].(string), row["external_id"].(string))
}

// nameless is a channel that stands for nothing at its platform.
func (w *world) nameless(t *testing.T) string { return w.save(t, "page", "") }

// unseen are the statuses that the table need not show of an operation.
var unseen = map[string]string{
	"400": "below, of all", "401": "below, of all", "403": "below, of all", "422": "below, of all",
	"413": "TestEveryFailureIsAProblem", "429": "e2e/journey", "500": "TestInternalFailuresAreForTheLogOnly",
	"502": "TestTroubleIsAsDocumented", "503": "TestTroubleIsAsDocumented",
}

// elsewhere are the statuses of single operations that are shown by other tests.
var elsewhere = map[string]string{
	"POST /v1/endpoints 409":       "a hundred endpoints are there: webhook",
	"POST /v1/channels/import 409": "a consent that works is not replaced: connect",
}

func TestAnswersAreAsDocumented(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	doc, shown := w.document(t), map[string]bool{}
	bound := w.newKey(t, connect.Key{WorkspaceID: w.space.ID, OwnerID: 1, Scopes: connect.Scopes()})
	for _, test := range slices.Concat(w.documented(t), w.documentedCare(t), w.documentedHooks(t)) {
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
			if unseen[status] == "" && elsewhere[pattern+" "+status] == "" && !shown[pattern+" "+status] {
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
			w.asDocumented(t, doc, documented{pattern: op["pattern"].(string), path: path, status: status}, w.call(t, w.key, method, path, w.goodBody(op["pattern"].(string))))
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
		if pattern == "GET /v1/audit/verify" {
			wrong += "?head=1"
		} else if wrong == path {
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
		"PATCH /v1/channels/{id}": `{"label":"L"}`, "POST /v1/channels/{id}/pause": "{}", "POST /v1/channels/{id}/resume": "{}", "POST /v1/channels/{id}/disconnect": "{}",
		"POST /v1/channels/{id}/reconnect": "{}", "POST /v1/channels/{id}/target": `{"target_id":1}`, "POST /v1/channels/{id}/move": `{"owner":"user_42"}`,
		"POST /v1/channels/import": `{"platform":"garden","access_token":"t"}`, "POST /v1/owners/{id}/erase": `{"confirm":"known"}`,
		"POST /v1/endpoints": `{"url":"https://app.example/hooks"}`, "PATCH /v1/endpoints/{id}": "{}", "POST /v1/endpoints/{id}/rotate-secret": "{}",
		"POST /v1/endpoints/{id}/test": "{}", "POST /v1/endpoints/{id}/replays": "{}", "POST /v1/deliveries/{id}/replay": "{}",
		"PATCH /v1/owners/{id}": "{}", "POST /v1/apps": `{"platform":"x","client_id":"c","client_secret":"s"}`, "PATCH /v1/apps/{id}": "{}",
		"POST /v1/keys": `{"name":"k","scopes":["channels:read"]}`, "POST /v1/workspaces": `{"name":"W"}`, "PATCH /v1/workspaces/{id}": "{}",
	}[pattern]
}

// wrongBody is one that an operation does not take where its address cannot be wrong.
func (w *world) wrongBody(pattern string) string {
	return map[string]string{
		"POST /v1/sessions": `{"selection":"two"}`, "POST /v1/owners": `{"contact_email":"nobody"}`, "POST /v1/apps": `{"platform":"nowhere","client_id":"c","client_secret":"s"}`,
		"POST /v1/keys": `{"name":"k","scopes":["nothing"]}`, "POST /v1/channels/import": `{"platform":"nowhere","access_token":"t"}`, "POST /v1/endpoints": `{"url":"ftp://app.example"}`, "POST /v1/workspaces": `{"name":" "}`,
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
		if test.status == "204" {
			if got.text != "" || described["content"] != nil {
				t.Errorf("%s: got %q and %v documented, want nothing", test.pattern, got.text, described["content"])
			}
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
