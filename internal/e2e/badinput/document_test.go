package badinput_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"patchbay/internal/e2e"
)

// document is the native API's own description, as far as bad input follows from it.
type document struct {
	Paths      map[string]map[string]operation
	Components struct{ Schemas map[string]*schema }
}

type operation struct {
	OperationID string `json:"operationId"`
	Parameters  []parameter
	RequestBody *struct {
		Content map[string]struct{ Schema *schema }
	}
}

type parameter struct {
	Name, In string
	Schema   *schema
}

type schema struct {
	Ref        string `json:"$ref"`
	Type       any    // a word or a list of words
	Properties map[string]*schema
	Required   []string
	Items      *schema
	Enum       []any
	Examples   []any
	MinLength  *int
	MaxLength  *int
	MaxItems   *int
	Minimum    *float64
	Maximum    *float64
}

func readDocument(t *testing.T, w *e2e.World) (d document) {
	t.Helper()
	w.Call(t, http.MethodGet, "/openapi.json", nil).Into(t, http.StatusOK, &d)
	return d
}

// at is the operation of a route, nil when the document does not have it.
func (d document) at(method, path string) *operation {
	if op, ok := d.Paths[path][strings.ToLower(method)]; ok {
		return &op
	}
	return nil
}

func (d document) resolve(s *schema) *schema {
	for s != nil && s.Ref != "" {
		s = d.Components.Schemas[strings.TrimPrefix(s.Ref, "#/components/schemas/")]
	}
	return s
}

// body is the schema of an operation's body; nil when it takes none.
func (d document) body(op *operation) *schema {
	if op.RequestBody == nil {
		return nil
	}
	return d.resolve(op.RequestBody.Content["application/json"].Schema)
}

func (s *schema) is(word string) bool {
	list, ok := s.Type.([]any)
	return s.Type == word || (ok && slices.Contains(list, any(word)))
}

// valid is a value that the schema's examples show.
func (d document) valid(s *schema) any {
	s = d.resolve(s)
	switch {
	case len(s.Examples) > 0:
		return s.Examples[0]
	case len(s.Enum) > 0:
		return s.Enum[0]
	case s.is("object"):
		object := map[string]any{}
		for name, property := range s.Properties {
			if name != "$schema" {
				object[name] = d.valid(property)
			}
		}
		return object
	case s.is("array"):
		return []any{d.valid(s.Items)}
	case s.is("integer"), s.is("number"):
		if s.Minimum != nil {
			return *s.Minimum
		}
		return 1
	case s.is("boolean"):
		return false
	}
	return "text"
}

// field is one member somewhere in a body.
type field struct {
	path     []string
	schema   *schema
	required bool
}

func (f field) name() string { return strings.Join(f.path, ".") }

func (d document) fields(s *schema, above ...string) (all []field) {
	s = d.resolve(s)
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		if name == "$schema" {
			continue
		}
		property := d.resolve(s.Properties[name])
		path := append(slices.Clone(above), name)
		all = append(all, field{path, property, slices.Contains(s.Required, name)})
		if property.is("object") {
			all = append(all, d.fields(property, path...)...)
		}
	}
	return all
}

// put replaces a member of a body, or takes it away (gone).
func put(body any, path []string, value any) map[string]any {
	object := maps.Clone(body.(map[string]any))
	switch {
	case len(path) > 1:
		object[path[0]] = put(object[path[0]], path[1:], value)
	case value == gone:
		delete(object, path[0])
	default:
		object[path[0]] = value
	}
	return object
}

type absent struct{}

var gone = absent{}

// verbatim goes into JSON as it is, well-formed or not: put a text in, and replace it.
func verbatim(body map[string]any, text string) []byte {
	whole, _ := json.Marshal(body)
	return []byte(strings.Replace(string(whole), `"VERBATIM"`, text, 1))
}
