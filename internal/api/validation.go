package api

import (
	"errors"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"patchbay/internal/fault"
)

// rejected is huma's refusal of an input as ours: the same fields, in our words,
// and never with what was sent, which huma's errors carry.
func rejected(e *huma.ErrorModel) error {
	if e.Status != renderings[fault.Invalid].status || len(e.Errors) == 0 {
		return errors.New("huma: " + e.Detail)
	}
	f := fault.New(fault.Invalid, "invalid_fields", "Some of the input is not valid. See errors.")
	for _, d := range e.Errors {
		f.Fields = append(f.Fields, fieldOf(d))
	}
	if len(f.Fields) == 1 {
		return fault.InvalidField(f.Fields[0].Name, f.Fields[0].Reason, f.Fields[0].Message)
	}
	return f
}

// wordings are the beginnings of huma's messages about what our schemas ask for.
// What follows a beginning comes from the schema, so it may be shown; any other
// message may quote the input. Longer beginnings stand before their shorter ones.
var wordings = []struct{ begins, reason, message string }{
	{"expected string", "type", "must be a string"},
	{"expected integer", "type", "must be a whole number"},
	{"invalid integer", "type", "must be a whole number"},
	{"expected array", "type", "must be an array"},
	{"expected object", "type", "must be an object"},
	{"expected number >= ", "range", "must be at least "},
	{"expected number <= ", "range", "must be at most "},
	{"expected length >= ", "length", "must have a length of at least "},
	{"expected length <= ", "length", "must have a length of at most "},
	{"expected value to be one of ", "enum", "must be one of "},
}

func fieldOf(d *huma.ErrorDetail) fault.Field {
	name := fieldName(d.Location)
	for _, w := range wordings {
		if rest, ok := strings.CutPrefix(d.Message, w.begins); ok {
			return fault.Field{Name: name, Reason: w.reason, Message: w.message + strings.Trim(rest, `"`)}
		}
	}
	return fault.Field{Name: name, Reason: "invalid", Message: "is not valid"}
}

// fieldName turns "body.owner.external_id" and "query.limit" into what callers wrote.
func fieldName(location string) string {
	for _, place := range []string{"body.", "query.", "path."} {
		if name, ok := strings.CutPrefix(location, place); ok {
			return name
		}
	}
	return location
}
