package isolation_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"patchbay/internal/e2e"
	"patchbay/internal/httpx"
)

// document is the native API's own description, as far as isolation follows from it.
type document struct {
	Paths      map[string]map[string]operation
	Components struct{ Schemas map[string]*schema }
}

type operation struct {
	ID          string `json:"operationId"`
	Parameters  []struct{ Name, In string }
	RequestBody *struct {
		Content map[string]struct{ Schema *schema }
	}
	Security []map[string][]string
}

// scope is the one that the operation asks for.
func (op operation) scope() string { return op.Security[0]["bearer"][0] }

type schema struct {
	Ref        string `json:"$ref"`
	Properties map[string]*schema
	Examples   []any
	Enum       []any
	Default    any
	Minimum    *float64
}

func readDocument(t *testing.T, w *e2e.World) (d document) {
	t.Helper()
	w.Call(t, http.MethodGet, "/openapi.json", nil).Into(t, http.StatusOK, &d)
	return d
}

func (d document) at(r httpx.Route) (operation, bool) {
	op, ok := d.Paths[r.Path][strings.ToLower(r.Method)]
	return op, ok
}

func (d document) resolve(s *schema) *schema {
	for s != nil && s.Ref != "" {
		s = d.Components.Schemas[strings.TrimPrefix(s.Ref, "#/components/schemas/")]
	}
	return s
}

func (d document) body(op operation) *schema {
	if op.RequestBody == nil {
		return &schema{}
	}
	return d.resolve(op.RequestBody.Content["application/json"].Schema)
}

// example is a body made of the examples that stand in the schema.
func (d document) example(s *schema) any {
	s = d.resolve(s)
	switch {
	case len(s.Examples) > 0:
		return s.Examples[0]
	case s.Default != nil:
		return s.Default
	case len(s.Enum) > 0:
		return s.Enum[0]
	case s.Minimum != nil:
		return *s.Minimum
	case len(s.Properties) > 0:
		object := map[string]any{}
		for name, p := range s.Properties {
			object[name] = d.example(p)
		}
		return object
	}
	return false
}

// members lists the leaves of a body, as "owner.external_id".
func (d document) members(s *schema, above string) (all []string) {
	s = d.resolve(s)
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		if inner := d.resolve(s.Properties[name]); len(inner.Properties) > 0 {
			all = append(all, d.members(inner, above+name+".")...)
			continue
		}
		all = append(all, above+name)
	}
	return all
}

// put sets a leaf of a body.
func put(body map[string]any, member string, value any) map[string]any {
	out := maps.Clone(body)
	first, rest, deeper := strings.Cut(member, ".")
	if deeper {
		inner, _ := out[first].(map[string]any)
		value = put(inner, rest, value)
	}
	if out == nil {
		out = map[string]any{}
	}
	out[first] = value
	return out
}
