package api_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/httpx"
)

type object = map[string]any

func TestDocumentListsEveryRoute(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	documented := []string{"/v1/", "GET /openapi.json"} // the fallback, and the document itself
	for _, op := range operations(w.document(t)) {
		documented = append(documented, op["pattern"].(string))
	}
	var mounted []string
	for _, r := range w.api.Routes() {
		mounted = append(mounted, r.Pattern())
		open := r.Path == "/openapi.json"
		if (r.Auth == httpx.AuthNone) != open || (r.Format == httpx.FormatJSON) != open {
			t.Errorf("%s: got auth %s and format %s", r.Pattern(), r.Auth, r.Format)
		}
	}
	slices.Sort(documented)
	slices.Sort(mounted)
	if diff := cmp.Diff(documented, mounted); diff != "" {
		t.Errorf("routes (-documented +mounted):\n%s", diff)
	}
}

func TestDocumentIsComplete(t *testing.T) {
	t.Parallel()
	doc := newWorld(t).document(t)
	if doc["openapi"] != "3.1.0" || doc["info"].(object)["version"] != "1.2.3" || doc["servers"].([]any)[0].(object)["url"] != publicURL {
		t.Errorf("got openapi %v, info %v, servers %v", doc["openapi"], doc["info"], doc["servers"])
	}
	ids := map[any]bool{}
	for _, op := range operations(doc) {
		id, _ := op["operationId"].(string)
		if !regexp.MustCompile(`^[a-z]+([A-Z][a-z]+)+$`).MatchString(id) || ids[id] {
			t.Errorf("%s: operationId %q is not camelCase or stands twice", op["pattern"], id)
		}
		ids[id] = true
		text, _ := op["description"].(string)
		if op["summary"] == nil || !strings.Contains(text, "Needs the scope `") || len(op["tags"].([]any)) != 1 || op["security"] == nil {
			t.Errorf("%s: summary, description with its scope, tag or security is missing", op["pattern"])
		}
	}
	for name, s := range doc["components"].(object)["schemas"].(object) {
		for member, p := range s.(object)["properties"].(object) {
			if p.(object)["description"] == nil {
				t.Errorf("%s.%s has no description", name, member)
			}
		}
	}
	text, _ := json.Marshal(doc)
	for _, ref := range regexp.MustCompile(`"\$ref":"#([^"]+)"`).FindAllStringSubmatch(string(text), -1) {
		if resolve(doc, ref[1]) == nil {
			t.Errorf("$ref %s leads nowhere", ref[1])
		}
	}
	if strings.Contains(string(text), "ErrorModel") || strings.Contains(string(text), "$schema") {
		t.Error("the document names things that nobody gets to see")
	}
}

func TestAnswersAreAsDocumented(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	doc := w.document(t)
	session := w.connected(t, "user_42")
	denied := w.create(t, "")
	w.consent(t, denied, "access_denied")
	for _, test := range []struct{ method, path, pattern, status string }{
		{"POST", "/v1/sessions", "POST /v1/sessions", "201"},
		{"GET", "/v1/sessions/" + idOf(session), "GET /v1/sessions/{id}", "200"},
		{"GET", "/v1/sessions/" + idOf(denied), "GET /v1/sessions/{id}", "200"},
		{"GET", "/v1/sessions/" + idOf(denied) + "/attempts", "GET /v1/sessions/{id}/attempts", "200"},
		{"GET", "/v1/channels", "GET /v1/channels", "200"},
		{"GET", "/v1/channels/1", "GET /v1/channels/{id}", "200"},
		{"GET", "/v1/platforms", "GET /v1/platforms", "200"},
		{"GET", "/v1/platforms/facebook", "GET /v1/platforms/{id}", "200"},
		{"GET", "/v1/events", "GET /v1/events", "200"},
		{"GET", "/v1/channels/4711", "GET /v1/channels/{id}", "404"},
		{"GET", "/v1/channels?limit=500", "GET /v1/channels", "422"},
	} {
		got := w.call(t, w.key, test.method, test.path, "")
		if fmt.Sprint(got.status) != test.status {
			t.Fatalf("%s %s: got %d, want %s", test.method, test.path, got.status, test.status)
		}
		for _, op := range operations(doc) {
			if op["pattern"] != test.pattern {
				continue
			}
			response := deref(doc, op["responses"].(object)[test.status].(object))
			media, _, _ := strings.Cut(got.header.Get("Content-Type"), ";")
			content, ok := response["content"].(object)[media].(object)
			if !ok {
				t.Fatalf("%s: %s is not documented", test.pattern, media)
			}
			conforms(t, doc, content["schema"].(object), got.body, test.pattern)
		}
	}
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

func (w *world) document(t *testing.T) object {
	t.Helper()
	got := wantStatus(t, w.call(t, "", "GET", "/openapi.json", ""), 200)
	if ct := got.header.Get("Content-Type"); ct != "application/json" {
		t.Errorf("got Content-Type %q", ct)
	}
	return got.body
}

// operations lists the document's operations, each with its ServeMux pattern.
func operations(doc object) []object {
	var out []object
	for path, item := range doc["paths"].(object) {
		for method, op := range item.(object) {
			op := op.(object)
			op["pattern"] = strings.ToUpper(method) + " " + path
			out = append(out, op)
		}
	}
	return out
}

func deref(doc, v object) object {
	if ref, ok := v["$ref"].(string); ok {
		return resolve(doc, strings.TrimPrefix(ref, "#")).(object)
	}
	return v
}

func resolve(doc object, pointer string) any {
	var at any = doc
	for _, name := range strings.Split(strings.TrimPrefix(pointer, "/"), "/") {
		o, _ := at.(object)
		at = o[name]
	}
	return at
}
