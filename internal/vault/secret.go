// Package vault owns secrets: a Secret never prints, and a Vault seals one so
// that it opens only in the row and field it was sealed for. It stores nothing.
package vault

import (
	"encoding/json"
	"fmt"
	"log/slog"
)

const mask = "[secret]"

// Secret is a credential in memory. Every way of printing, logging or marshalling
// it shows "[secret]"; Reveal is the one way out, called next to the call that
// needs it. The zero value is "no secret".
type Secret struct{ s string }

// NewSecret wraps a credential as soon as it is read.
func NewSecret(s string) Secret { return Secret{s} }

// Reveal returns the credential itself.
func (s Secret) Reveal() string { return s.s }

// Empty tells whether there is no credential.
func (s Secret) Empty() bool { return s.s == "" }

func (s Secret) String() string               { return mask }
func (s Secret) GoString() string             { return mask }
func (s Secret) Format(f fmt.State, _ rune)   { _, _ = f.Write([]byte(mask)) }
func (s Secret) LogValue() slog.Value         { return slog.StringValue(mask) }
func (s Secret) MarshalText() ([]byte, error) { return []byte(mask), nil }
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(mask) }
