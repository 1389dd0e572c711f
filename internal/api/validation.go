package api

import (
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"patchbay/internal/fault"
)

// What is well-formed JSON and still not to be read.
var (
	errNUL        = fault.New(fault.Invalid, "text_nul", "Text must not hold the NUL character (U+0000).")
	errUnreadable = fault.New(fault.Invalid, "body_unreadable", "The request body holds a number that is out of range.")
)

// rejected is huma's refusal of an input as ours: the same fields, in our words,
// and never with what was sent, which huma's errors carry.
func rejected(e *huma.ErrorModel) error {
	if e.Status == http.StatusBadRequest {
		return errUnreadable
	}
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
	{"expected string to be RFC 3339 date-time", "time", "must be a time as RFC 3339 writes it"},
	{"expected string", "type", "must be a string"},
	{"expected integer", "type", "must be a whole number"},
	{"invalid integer", "type", "must be a whole number"},
	{"expected array length >= ", "length", "must have a length of at least "},
	{"expected array length <= ", "length", "must have a length of at most "},
	{"expected array", "type", "must be an array"},
	{"expected object", "type", "must be an object"},
	{"expected boolean", "type", "must be true or false"},
	{"expected number >= ", "range", "must be at least "},
	{"expected number <= ", "range", "must be at most "},
	{"expected length >= ", "length", "must have a length of at least "},
	{"expected length <= ", "length", "must have a length of at most "},
	{"expected value to be one of ", "enum", "must be one of "},
}

func fieldOf(d *huma.ErrorDetail) fault.Field {
	name := fieldName(d.Location)
	if member, ok := missing(d.Message); ok {
		return fault.Field{Name: strings.TrimPrefix(name+"."+member, "body."), Reason: "required", Message: "must be given"}
	}
	for _, w := range wordings {
		if rest, ok := strings.CutPrefix(d.Message, w.begins); ok {
			return fault.Field{Name: name, Reason: w.reason, Message: w.message + strings.Trim(rest, `"`)}
		}
	}
	return fault.Field{Name: name, Reason: "invalid", Message: "is not valid"}
}

// missing is the member that is not there: the word comes from the schema.
func missing(message string) (member string, ok bool) {
	rest, ok := strings.CutPrefix(message, "expected required property ")
	if !ok {
		return "", false
	}
	return strings.CutSuffix(rest, " to be present")
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
