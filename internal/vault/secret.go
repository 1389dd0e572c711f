// Package vault owns secrets: a Secret never prints, and a Vault seals one so
// that it opens only in the row and field it was sealed for. It owns the keys too, and
// the file they are kept in; it stores no sealed value.
package vault

import (
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"log/slog"
)

const mask = "[secret]"

// Secret is a credential in memory. Every way of printing, logging or marshalling
// it shows "[secret]"; Reveal is the one way out, called next to the call that
// needs it. The zero value is "no secret". It holds a pointer because fmt prints
// unexported fields of other structs without asking their methods: all that it finds
// there is an address. Two secrets of the same text are
// therefore not ==: ask Equal.
type Secret struct{ s *string }

// NewSecret wraps a credential as soon as it is read.
func NewSecret(s string) Secret {
	if s == "" {
		return Secret{}
	}
	return Secret{&s}
}

// Reveal returns the credential itself.
func (s Secret) Reveal() string {
	if s.s == nil {
		return ""
	}
	return *s.s
}

// Empty tells whether there is no credential.
func (s Secret) Empty() bool { return s.s == nil }

// Equal compares in constant time.
func (s Secret) Equal(other Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(other.Reveal())) == 1
}

func (s Secret) String() string               { return mask }
func (s Secret) GoString() string             { return mask }
func (s Secret) Format(f fmt.State, _ rune)   { _, _ = f.Write([]byte(mask)) }
func (s Secret) LogValue() slog.Value         { return slog.StringValue(mask) }
func (s Secret) MarshalText() ([]byte, error) { return []byte(mask), nil }
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(mask) }
