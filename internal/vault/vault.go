package vault

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// ErrSealed is what Open answers when the bytes do not belong to the place, were
// changed, or were sealed under a key this vault does not have. It says no more.
var ErrSealed = errors.New("sealed value does not open here")

// Place is the row and field that a sealed value belongs to. It is the associated
// data (the key id stands in Tink's prefix, which is authenticated too), so a value that is copied elsewhere, or an old value that is
// put back after Version moved on, does not open.
type Place struct {
	Workspace int64  // 0 for the instance's own
	Table     string // "grants"
	Row       int64
	Field     string // "credentials"
	Version   int64  // raised whenever the field is written again, such as a grant's token_version
}

func (p Place) associatedData() []byte {
	return fmt.Appendf(nil, "patchbay/1|%d|%s|%d|%s|%d", p.Workspace, p.Table, p.Row, p.Field, p.Version)
}

// Vault seals and opens. It is safe for concurrent use.
type Vault struct{ primitive tink.AEAD }

// NewKeyset makes a fresh AES-256-GCM keyset as Tink's cleartext JSON. Whoever
// holds it opens everything: keep it in a 0600 file or the environment, away
// from the database.
func NewKeyset() ([]byte, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("new keyset: %w", err)
	}
	var out bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&out)); err != nil {
		return nil, fmt.Errorf("write keyset: %w", err)
	}
	return out.Bytes(), nil
}

// New opens a keyset made by NewKeyset. The first key of the set that is primary
// seals; every key of it opens (Tink prefixes each sealed value with its key id).
func New(keysetJSON []byte) (*Vault, error) {
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(keysetJSON)))
	if err != nil {
		return nil, errors.New("key-encryption keyset is not readable: expected Tink JSON") // the cause may quote the key
	}
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, errors.New("key-encryption keyset holds no AEAD key")
	}
	return &Vault{primitive: primitive}, nil
}

// Seal encrypts the secret for its place. An empty secret seals to nil, so that
// "none" is visible as SQL NULL.
func (v *Vault) Seal(p Place, s Secret) ([]byte, error) {
	if s.Empty() {
		return nil, nil
	}
	sealed, err := v.primitive.Encrypt([]byte(s.Reveal()), p.associatedData())
	if err != nil {
		return nil, fmt.Errorf("seal %s.%s: %w", p.Table, p.Field, err)
	}
	return sealed, nil
}

// Open decrypts what Seal made for the same place; ErrSealed otherwise. Nil opens
// to the empty Secret.
func (v *Vault) Open(p Place, sealed []byte) (Secret, error) {
	if len(sealed) == 0 {
		return Secret{}, nil
	}
	plain, err := v.primitive.Decrypt(sealed, p.associatedData())
	if err != nil {
		return Secret{}, fmt.Errorf("open %s.%s of row %d: %w", p.Table, p.Field, p.Row, ErrSealed)
	}
	return NewSecret(string(plain)), nil
}
