package marketingblocks

import (
	"bytes"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"patchbay/internal/fault"
	"patchbay/internal/httpx"
)

// members is a request body, JSON or form, before anybody looks into its values.
type members map[string]json.RawMessage

const formType = "application/x-www-form-urlencoded"

// readBody reads a body; what is no JSON object counts as an empty one. The only
// error is httpx.ErrBodyTooLarge.
func readBody(w http.ResponseWriter, r *http.Request) (members, error) {
	if mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); mediaType == formType {
		return readForm(w, r)
	}
	object, err := httpx.ReadObject(w, r)
	if errors.Is(err, httpx.ErrBodyTooLarge) {
		return nil, err
	}
	return object, nil
}

// readForm reads a form; the last of several equal names counts, as in PHP.
func readForm(w http.ResponseWriter, r *http.Request) (members, error) {
	r.Body = http.MaxBytesReader(w, r.Body, httpx.MaxBody)
	err := r.ParseForm()
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, httpx.ErrBodyTooLarge
	}
	m := members{}
	for name, values := range r.PostForm {
		m[name], _ = json.Marshal(values[len(values)-1]) // a string always marshals
		if !utf8.ValidString(values[len(values)-1]) {
			m[name] = json.RawMessage(`"\u0000"`) // no text either: JSON would make U+FFFD of it, and one id of many
		}
	}
	return m, nil
}

// Validation messages, in the vendor's pattern: "The redirectUrl field is required."
func errRequired(field string) error {
	return fault.InvalidField(field, "required", "The "+field+" field is required.")
}

var (
	errUserIDType   = fault.InvalidField("userId", "type", "The userId field must be a string.")
	errUserIDLong   = fault.InvalidField("userId", "length", "The userId field must not be greater than 255 characters.")
	errUserIDFormat = fault.InvalidField("userId", "format", "The userId field format is invalid.")
	errRedirectURL  = fault.InvalidField("redirectUrl", "url", "The redirectUrl field must be a valid URL.")
)

const maxUserID = 255 // characters

// userID is the application's own id of its user, as it was sent.
func (m members) userID() (string, error) {
	if m.absent("userId") {
		return "", errRequired("userId")
	}
	var id string
	switch err := json.Unmarshal(m["userId"], &id); {
	case err != nil:
		return "", errUserIDType
	case strings.TrimSpace(id) == "":
		return "", errRequired("userId")
	case utf8.RuneCountInString(id) > maxUserID:
		return "", errUserIDLong
	case strings.ContainsRune(id, 0): // no text column of PostgreSQL holds it
		return "", errUserIDFormat
	}
	return id, nil
}

// redirectURL is where the person returns; empty when there is none. Whether the
// URL may be used is the core's to say.
func (m members) redirectURL() (string, error) {
	if m.absent("redirectUrl") {
		return "", nil
	}
	var address string
	if json.Unmarshal(m["redirectUrl"], &address) != nil {
		return "", errRedirectURL
	}
	if strings.TrimSpace(address) == "" {
		return "", errRequired("redirectUrl")
	}
	return address, nil
}

// absent tells whether there is no such member, or null.
func (m members) absent(name string) bool {
	raw, ok := m[name]
	return !ok || bytes.Equal(raw, []byte("null"))
}
