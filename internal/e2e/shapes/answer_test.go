package shapes_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// answer is how a platform says that all is well, for one request.
type answer struct {
	fields  map[string]any    // as the platform's table has it
	names   map[string]string // what the platform calls access_token and its relatives, where otherwise
	values  map[string]string // what "$access", "$refresh", "$subject" and "$scope" stand for
	granted []string          // the scopes of the consent
	needed  string            // one that nothing works without
	spare   string            // one that something works without; empty: none
	now     time.Time
	self    string // where a redirect may lead
}

// with is the answer with one field changed.
func (a answer) with(name string, value any) string {
	return a.text(func(fields map[string]any) { fields[a.name(name)] = value })
}

// without is the answer without a field.
func (a answer) without(name string) string {
	return a.text(func(fields map[string]any) { delete(fields, a.name(name)) })
}

func (a answer) name(standard string) string {
	if own, ok := a.names[standard]; ok {
		return own
	}
	return standard
}

// text is the answer as JSON, after a change.
func (a answer) text(change func(map[string]any)) string {
	fields := a.all()
	if change != nil {
		change(fields)
	}
	b, err := json.Marshal(fields)
	if err != nil {
		panic(err) // a shape of ours that no JSON can hold
	}
	return string(b)
}

// form is the answer in form encoding.
func (a answer) form() string {
	values := url.Values{}
	for name, value := range a.all() {
		values.Set(name, fmt.Sprint(value))
	}
	return values.Encode()
}

func (a answer) all() map[string]any {
	fields := maps.Clone(a.fields)
	for name, value := range fields {
		if s, ok := value.(string); ok {
			fields[name] = a.fill(s)
		}
	}
	return fields
}

// fill puts this request's values into a text.
func (a answer) fill(s string) string {
	for name, value := range a.values {
		s = strings.ReplaceAll(s, "$"+name, value)
	}
	s = strings.ReplaceAll(s, "$self", a.self)
	s = strings.ReplaceAll(s, "$in2m-unix", fmt.Sprint(a.now.Add(2*time.Minute).Unix()))
	s = strings.ReplaceAll(s, "$in2m-iso", a.now.Add(2*time.Minute).UTC().Format(time.RFC3339))
	s = strings.ReplaceAll(s, "$ago2m", a.now.Add(-2*time.Minute).UTC().Format(http.TimeFormat))
	return strings.ReplaceAll(s, "$in2m", a.now.Add(2*time.Minute).UTC().Format(http.TimeFormat))
}
