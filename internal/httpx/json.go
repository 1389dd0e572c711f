package httpx

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"

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
	if len(bytes.TrimSpace(body)) == 0 {
		return map[string]json.RawMessage{}, nil
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil || members == nil {
		return nil, ErrBodyNotJSON
	}
	return members, nil
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
