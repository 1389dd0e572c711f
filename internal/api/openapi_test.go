package api_test

import (
	"encoding/json"
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
		if strings.HasPrefix(r.Path, "/docs") { // the reference page and its files
			continue
		}
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
