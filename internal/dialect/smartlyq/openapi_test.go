package smartlyq_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"patchbay/internal/dialect/dialecttest"
	"patchbay/internal/dialect/smartlyq"
)

// description is openapi.yaml, as far as answers follow from it.
type description struct {
	Paths      map[string]map[string]operation
	Components struct {
		Responses map[string]response
		Schemas   map[string]*schema
	}
}

type operation struct {
	ID        string `yaml:"operationId"`
	Responses map[string]response
}

type response struct {
	Ref     string `yaml:"$ref"`
	Content map[string]struct{ Schema *schema }
}

type schema struct {
	Ref        string `yaml:"$ref"`
	Type       any
	Properties map[string]*schema
	Required   []string
	Items      *schema
	Enum       []any
	Additional *schema `yaml:"additionalProperties"`
}

func described(t *testing.T) (d description) {
	t.Helper()
	text, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDescriptionHasEveryRoute(t *testing.T) {
	t.Parallel()
	var routes, operations []string
	for _, r := range smartlyq.New(newWorld(t).svc, appOrigin, nil, nil).Routes() {
		if r.Method != "" {
			routes = append(routes, r.Method+" "+strings.Replace(r.Path, "{state_token}", "{platform}", 1)) // identical to OpenAPI
		}
	}
	for path, methods := range described(t).Paths {
		for method := range methods {
			operations = append(operations, strings.ToUpper(method)+" /v1"+path)
		}
	}
	slices.Sort(routes)
	slices.Sort(operations)
	if !slices.Equal(routes, operations) {
		t.Errorf("got operations\n%s\nwant those of the routes\n%s", strings.Join(operations, "\n"), strings.Join(routes, "\n"))
	}
}

// The golden files again: every answer in them is as the description says, and every
// operation that can succeed is in one.
func TestDescriptionFitsTheDocuments(t *testing.T) {
	t.Parallel()
	d, seen := described(t), map[string]bool{}
	files, err := filepath.Glob("testdata/*.http")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		g := newWorld(t).golden()
		inner := g.Handler
		g.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			recorded := httptest.NewRecorder()
			inner.ServeHTTP(recorded, r)
			op := d.operationAt(r)
			seen[fmt.Sprint(op.ID, " ", recorded.Code < 400)] = true
			d.fits(t, filepath.Base(file)+": "+op.ID, op, recorded)
			for name, values := range recorded.Header() {
				w.Header()[name] = values
			}
			w.WriteHeader(recorded.Code)
			_, _ = io.Copy(w, recorded.Body)
		})
		dialecttest.ReplayFile(t, g, file)
	}
	for _, methods := range d.Paths {
		for _, op := range methods {
			if op.ID != "connectSelect" && !seen[op.ID+" true"] { // which nothing can do yet
				t.Errorf("%s: no golden file shows it", op.ID)
			}
		}
	}
}

var parameter = regexp.MustCompile(`\\\{[a-z_]+\\\}`)

func (d description) operationAt(r *http.Request) operation {
	for path, methods := range d.Paths {
		form := "^/v1" + parameter.ReplaceAllString(regexp.QuoteMeta(path), `[^/]+`) + "$"
		if op, ok := methods[strings.ToLower(r.Method)]; ok && regexp.MustCompile(form).MatchString(r.URL.Path) {
			return op
		}
	}
	return operation{}
}

func (d description) fits(t *testing.T, what string, op operation, got *httptest.ResponseRecorder) {
	t.Helper()
	answer, ok := op.Responses[fmt.Sprint(got.Code)]
	if !ok {
		answer, ok = op.Responses[fmt.Sprint(got.Code/100, "XX")]
	}
	if !ok {
		t.Errorf("%s: the answer %d is not described", what, got.Code)
		return
	}
	if answer.Ref != "" {
		answer = d.Components.Responses[strings.TrimPrefix(answer.Ref, "#/components/responses/")]
	}
	decoder := json.NewDecoder(bytes.NewReader(got.Body.Bytes()))
	decoder.UseNumber()
	var body map[string]any
	if err := decoder.Decode(&body); err != nil {
		t.Fatal(err)
	}
	body["meta"] = map[string]any{"request_id": "r", "timestamp": "t"} // taken away for the golden files
	d.check(t, what, answer.Content["application/json"].Schema, body)
}

// check holds a value to a schema, and allows nothing beside it.
func (d description) check(t *testing.T, what string, s *schema, value any) {
	t.Helper()
	for s.Ref != "" {
		s = d.Components.Schemas[strings.TrimPrefix(s.Ref, "#/components/schemas/")]
	}
	if !s.takes(value) || (len(s.Enum) > 0 && !slices.Contains(s.Enum, value)) {
		t.Errorf("%s: got %v, want %v %v", what, value, s.Type, s.Enum)
		return
	}
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			d.check(t, what+"[]", s.Items, item)
		}
	case map[string]any:
		for _, name := range s.Required {
			if _, ok := v[name]; !ok {
				t.Errorf("%s: %s is missing", what, name)
			}
		}
		for name, member := range v {
			property := s.Properties[name]
			if property == nil {
				property = s.Additional
			}
			if property == nil {
				t.Errorf("%s: %s is not described", what, name)
				continue
			}
			d.check(t, what+"."+name, property, member)
		}
	}
}

func (s *schema) takes(value any) bool {
	types, ok := s.Type.([]any)
	if !ok {
		types = []any{s.Type}
	}
	name := map[bool]string{true: "null"}[value == nil]
	switch value.(type) {
	case string:
		name = "string"
	case bool:
		name = "boolean"
	case json.Number:
		name = "integer"
	case []any:
		name = "array"
	case map[string]any:
		name = "object"
	}
	return slices.Contains(types, any(name))
}
