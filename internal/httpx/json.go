package httpx

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"patchbay/internal/fault"
)

// MaxBody is how much of a request's body is read: 1 MiB.
const MaxBody = 1 << 20

// What can be wrong with a body before anybody looks into it.
var (
	ErrBodyTooLarge = fault.New(fault.Invalid, "body_too_large", "The request body is larger than 1 MiB.")
	ErrBodyNotJSON  = fault.New(fault.Invalid, "body_not_json", "The request body is not a JSON object.")
)

// ReadObject reads a body as one JSON object of raw members. ErrBodyTooLarge,
// ErrBodyNotJSON.
func ReadObject(w http.ResponseWriter, r *http.Request) (map[string]json.RawMessage, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, ErrBodyTooLarge
	}
	if err != nil {
		return nil, ErrBodyNotJSON.Because(err)
	}
	if !utf8.Valid(body) || halfSurrogate(body) { // Go would put U+FFFD there, and make one text of many
		return nil, ErrBodyNotJSON
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return map[string]json.RawMessage{}, nil
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil || members == nil {
		return nil, ErrBodyNotJSON
	}
	return members, nil
}

// halfSurrogate tells whether JSON holds an escape such as \ud800 without its other half,
// which is no character (RFC 8259 §8.2).
func halfSurrogate(body []byte) bool {
	for {
		at := bytes.IndexByte(body, '\\')
		if at < 0 {
			return false
		}
		if body = body[at:]; len(body) < 2 {
			return false
		}
		first := escapedUnit(body)
		switch {
		case !utf16.IsSurrogate(first):
			body = body[2:]
		case utf16.DecodeRune(first, escapedUnit(body[6:])) == utf8.RuneError:
			return true
		default:
			body = body[12:]
		}
	}
}

// escapedUnit is the UTF-16 unit of an escape at the beginning of body; 0 when there is none.
func escapedUnit(body []byte) rune {
	if len(body) < 6 || body[0] != '\\' || body[1] != 'u' {
		return 0
	}
	n, err := strconv.ParseUint(string(body[2:6]), 16, 16)
	if err != nil {
		return 0
	}
	return rune(n)
}

// HoldsNUL tells whether a text of a JSON body is one that PostgreSQL does not keep. The
// body is valid JSON.
func HoldsNUL(body []byte) bool {
	for {
		at := bytes.IndexByte(body, '\\')
		if at < 0 {
			return false
		}
		if body = body[at:]; bytes.HasPrefix(body, []byte(`\u0000`)) {
			return true
		}
		body = body[2:]
	}
}

// WriteJSON answers with a JSON document that is not stored anywhere on the way.
// HTML characters stay as they are, as the published interfaces show them.
func WriteJSON(w http.ResponseWriter, status int, v any) error {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, err := w.Write(bytes.TrimRight(out.Bytes(), "\n"))
	return err
}
