package client

import (
	"encoding/json"
	"fmt"
	"log/slog"
)

const mask = "[secret]"

// Secret is a credential. Printing, logging and marshalling show "[secret]"; Reveal is
// the one way out. The zero value is "none". It holds a pointer because fmt prints
// unexported fields of structs without asking their methods: all it finds is an address.
type Secret struct{ text *string }

// NewSecret wraps a credential.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{&text}
}

// Reveal returns the credential itself.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsZero tells whether there is none.
func (s Secret) IsZero() bool { return s.text == nil }

func (s Secret) String() string               { return mask }
func (s Secret) GoString() string             { return mask }
func (s Secret) Format(f fmt.State, _ rune)   { _, _ = f.Write([]byte(mask)) }
func (s Secret) LogValue() slog.Value         { return slog.StringValue(mask) }
func (s Secret) MarshalText() ([]byte, error) { return []byte(mask), nil }
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(mask) }

// UnmarshalJSON takes the credential out of an answer. One that is an object, as a JWK is,
// stays the JSON text that it came as.
func (s *Secret) UnmarshalJSON(body []byte) error {
	if len(body) > 0 && body[0] == '{' {
		*s = NewSecret(string(body))
		return nil
	}
	var text string
	if err := json.Unmarshal(body, &text); err != nil {
		return err
	}
	*s = NewSecret(text)
	return nil
}
