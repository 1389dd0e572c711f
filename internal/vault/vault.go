package vault

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// ErrSealed is what Open answers when the bytes do not belong to the place, were
// changed, or were sealed under a key this vault does not have. It says no more.
var ErrSealed = errors.New("sealed value does not open here")

// ErrOtherKeys is what Look and Reload answer about a keyset that has no key of the
// one in use: no rotation leads there, and what is in use stays.
var ErrOtherKeys = errors.New("the keyset has none of the keys in use")

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

// Vault seals and opens. Its keys can be exchanged while it is in use. It is safe for
// concurrent use.
type Vault struct {
	ring   atomic.Pointer[ring]
	source func() ([]byte, error) // nil: the keys never change by themselves

	mu    sync.Mutex // of whoever exchanges the ring
	asked time.Time  // when the source was last asked for a key that was missing
}

// missingEvery is how often the source is asked at most because a key is missing:
// rows with made-up key ids must not turn into reads of a file.
const missingEvery = time.Second

// New makes a vault of a keyset as NewKeyset wrote it. The primary key of the set
// seals; every key of it opens (Tink prefixes each sealed value with its key id).
func New(keysetJSON []byte) (*Vault, error) {
	return Watch(func() ([]byte, error) { return keysetJSON, nil })
}

// Watch makes a vault of a keyset that may change, such as that of a file. Look asks
// for it again; so does Open for a value whose key is not known, at most once a second.
func Watch(source func() ([]byte, error)) (*Vault, error) {
	v := &Vault{source: source}
	_, err := v.Look()
	return v, err
}

// Look takes over what the source has now, and tells whether that is something else.
// After an error the keys in use stay.
func (v *Vault) Look() (changed bool, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.look()
}

func (v *Vault) look() (bool, error) {
	text, err := v.source()
	if err != nil {
		return false, err
	}
	return v.reload(text)
}

// Reload takes over another keyset, whatever the source has, and tells whether it is
// another. After an error the keys in use stay.
func (v *Vault) Reload(keysetJSON []byte) (changed bool, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.reload(keysetJSON)
}

func (v *Vault) reload(text []byte) (bool, error) {
	set, err := ParseKeyset(text)
	if err != nil {
		return false, err
	}
	next, err := set.ring()
	if err != nil {
		return false, err
	}
	if old := v.ring.Load(); old != nil {
		if !next.follows(old) {
			return false, ErrOtherKeys
		}
		if old.primary == next.primary && slices.Equal(old.keys, next.keys) {
			return false, nil
		}
	}
	v.ring.Store(next)
	return true, nil
}

// Primary is the key that Seal uses now.
func (v *Vault) Primary() KeyID { return v.ring.Load().primary }

// Keys are the keys that Open knows now, in the order in which they were added.
func (v *Vault) Keys() []KeyID { return slices.Clone(v.ring.Load().keys) }

// Seal encrypts the secret for its place. An empty secret seals to nil, so that
// "none" is visible as SQL NULL. Call it inside the transaction that stores what it
// answers: whoever takes a key away waits for transactions, and for nothing else.
func (v *Vault) Seal(p Place, s Secret) ([]byte, error) {
	if s.Empty() {
		return nil, nil
	}
	sealed, err := v.ring.Load().primitive.Encrypt([]byte(s.Reveal()), p.associatedData())
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
	plain, err := v.ringFor(sealed).primitive.Decrypt(sealed, p.associatedData())
	if err != nil {
		return Secret{}, fmt.Errorf("open %s.%s of row %d: %w", p.Table, p.Field, p.Row, ErrSealed)
	}
	return NewSecret(string(plain)), nil
}

// ringFor asks the source once more where the value's key is not known: another
// instance may have learned of a new key first.
func (v *Vault) ringFor(sealed []byte) *ring {
	r := v.ring.Load()
	id, marked := KeyIDOf(sealed)
	if !marked || r.has(id) {
		return r
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if now := time.Now(); !v.ring.Load().has(id) && now.Sub(v.asked) >= missingEvery {
		v.asked = now
		_, _ = v.look() // what is wrong with the source is told by who looks regularly
	}
	return v.ring.Load()
}
