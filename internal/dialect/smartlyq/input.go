package smartlyq

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"unicode/utf8"

	"patchbay/internal/fault"
	"patchbay/internal/httpx"
)

// members is a request body before anybody looks into its values. Unknown ones are ignored.
type members map[string]json.RawMessage

// readBody reads a body, whatever its Content-Type says; an empty one is an empty object.
func readBody(w http.ResponseWriter, r *http.Request) (members, error) {
	object, err := httpx.ReadObject(w, r)
	return object, err
}

// canonical is the same for bodies that say the same.
func (m members) canonical() []byte {
	body, _ := json.Marshal(m) // raw members always marshal, by name
	return body
}

// absent tells whether there is no such member, or null.
func (m members) absent(name string) bool {
	raw, ok := m[name]
	return !ok || bytes.Equal(raw, []byte("null"))
}

// fields collects what is wrong with a body.
type fields []fault.Field

func (f *fields) add(name, reason, message string) {
	*f = append(*f, fault.Field{Name: name, Reason: reason, Message: message})
}

// err is one error about all of them; nil when there are none.
func (f fields) err() error {
	if len(f) == 0 {
		return nil
	}
	return &fault.Error{Code: fault.Invalid, Reason: "invalid_field", Message: "some fields are not valid", Fields: f}
}

const maxText = 255 // characters

// text reads an optional member; empty when it is absent.
func (m members) text(f *fields, name string, longest int) string {
	var value string
	switch {
	case m.absent(name):
	case json.Unmarshal(m[name], &value) != nil:
		f.add(name, "type", "must be a string")
	case utf8.RuneCountInString(value) > longest:
		f.add(name, "length", "is too long")
	case strings.ContainsRune(value, 0): // no text column of PostgreSQL holds it
		f.add(name, "format", "must not hold a NUL character")
	default:
		return value
	}
	return ""
}

// required reads a member that must say something.
func (m members) required(f *fields, name string, longest int) string {
	before := len(*f)
	value := m.text(f, name, longest)
	if len(*f) == before && strings.TrimSpace(value) == "" {
		f.add(name, "required", "is required")
	}
	return value
}

// number reads a member that must be a whole number, not negative.
func (m members) number(f *fields, name string) (value int64) {
	switch {
	case m.absent(name):
		f.add(name, "required", "is required")
	case json.Unmarshal(m[name], &value) != nil || value < 0:
		f.add(name, "type", "must be a whole number, 0 or more")
	}
	return value
}

// numbers reads an optional member with a list of ids; nil when it is absent.
func (m members) numbers(f *fields, name string) []int64 {
	if m.absent(name) {
		return nil
	}
	var list []*int64
	if json.Unmarshal(m[name], &list) != nil {
		f.add(name, "type", "must be an array of account ids")
		return nil
	}
	values := make([]int64, len(list))
	for i, value := range list {
		if value == nil {
			f.add(name, "type", "must be an array of account ids")
			return nil
		}
		values[i] = *value
	}
	return values
}
