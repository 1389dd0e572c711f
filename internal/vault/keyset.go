package vault

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// KeyID names a key of a keyset. Every sealed value says under which one it was sealed.
type KeyID uint32

func (id KeyID) String() string { return strconv.FormatUint(uint64(id), 10) }

// tinkStart is the first byte of what a key with Tink's output prefix makes; the key
// id follows in four bytes (https://developers.google.com/tink/wire-format).
const tinkStart = 1

// Prefix is what every value sealed under the key begins with.
func (id KeyID) Prefix() []byte {
	return binary.BigEndian.AppendUint32([]byte{tinkStart}, uint32(id))
}

// PrefixLen is how many bytes a Prefix has.
const PrefixLen = 5

// KeyIDOf tells under which key a value was sealed; false for what no vault made.
func KeyIDOf(sealed []byte) (KeyID, bool) {
	if len(sealed) < PrefixLen || sealed[0] != tinkStart {
		return 0, false
	}
	return KeyID(binary.BigEndian.Uint32(sealed[1:PrefixLen])), true
}

// Keyset is one or several keys, one of them primary: that one seals, every one opens.
// It is never changed; its methods answer a changed copy.
type Keyset struct{ handle *keyset.Handle }

// NewKeyset makes a fresh AES-256-GCM keyset as Tink's cleartext JSON. Whoever
// holds it opens everything: keep it in a 0600 file or the environment, away
// from the database.
func NewKeyset() ([]byte, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("new keyset: %w", err)
	}
	return Keyset{handle}.JSON()
}

// errUnreadable says nothing of the cause, which may quote the key.
var errUnreadable = errors.New("key-encryption keyset is not readable: expected Tink JSON")

// ParseKeyset reads what JSON or NewKeyset wrote.
func ParseKeyset(text []byte) (Keyset, error) {
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(text)))
	if err != nil {
		return Keyset{}, errUnreadable
	}
	for _, key := range handle.KeysetInfo().GetKeyInfo() {
		if key.GetOutputPrefixType() != tink_go_proto.OutputPrefixType_TINK {
			return Keyset{}, fmt.Errorf("key %d of the key-encryption keyset does not mark what it seals: its output prefix must be TINK", key.GetKeyId())
		}
	}
	return Keyset{handle}, nil
}

// JSON is the keyset in Tink's cleartext JSON.
func (k Keyset) JSON() ([]byte, error) {
	var out bytes.Buffer
	if err := insecurecleartextkeyset.Write(k.handle, keyset.NewJSONWriter(&out)); err != nil {
		return nil, fmt.Errorf("write keyset: %w", err)
	}
	return out.Bytes(), nil
}

// String names the keys and holds none.
func (k Keyset) String() string {
	return fmt.Sprintf("keyset of %v, primary %v", k.Keys(), k.Primary())
}

// Keys are the keys that open, in the order in which they were added.
func (k Keyset) Keys() []KeyID {
	var ids []KeyID
	for _, key := range k.handle.KeysetInfo().GetKeyInfo() {
		if key.GetStatus() == tink_go_proto.KeyStatusType_ENABLED {
			ids = append(ids, KeyID(key.GetKeyId()))
		}
	}
	return ids
}

// Primary is the key that seals.
func (k Keyset) Primary() KeyID { return KeyID(k.handle.KeysetInfo().GetPrimaryKeyId()) }

// Pending is the newest key that was added after the primary one: a rotation has begun
// and not come to promoting it.
func (k Keyset) Pending() (KeyID, bool) {
	keys := k.Keys()
	newest := keys[len(keys)-1]
	return newest, newest != k.Primary()
}

// Others are all keys but the primary one.
func (k Keyset) Others() []KeyID {
	primary := k.Primary()
	return slices.DeleteFunc(k.Keys(), func(id KeyID) bool { return id == primary })
}

// Add is the keyset with one more key, which is not primary.
func (k Keyset) Add() (Keyset, KeyID, error) {
	manager := keyset.NewManagerFromHandle(k.handle)
	id, err := manager.Add(aead.AES256GCMKeyTemplate())
	if err != nil {
		return k, 0, fmt.Errorf("add a key: %w", err)
	}
	added, err := managed(manager)
	return added, KeyID(id), err
}

// Promote is the keyset with another primary key.
func (k Keyset) Promote(id KeyID) (Keyset, error) {
	manager := keyset.NewManagerFromHandle(k.handle)
	if err := manager.SetPrimary(uint32(id)); err != nil {
		return k, fmt.Errorf("promote key %d: %w", id, err)
	}
	return managed(manager)
}

// Remove is the keyset without some of its keys, the primary one not among them.
func (k Keyset) Remove(ids ...KeyID) (Keyset, error) {
	manager := keyset.NewManagerFromHandle(k.handle)
	for _, id := range ids {
		if err := manager.Delete(uint32(id)); err != nil {
			return k, fmt.Errorf("remove key %d: %w", id, err)
		}
	}
	return managed(manager)
}

func managed(m *keyset.Manager) (Keyset, error) {
	handle, err := m.Handle()
	if err != nil {
		return Keyset{}, fmt.Errorf("keyset: %w", err)
	}
	return Keyset{handle}, nil
}

// ring makes the keyset ready for use.
func (k Keyset) ring() (*ring, error) {
	primitive, err := aead.New(k.handle)
	if err != nil {
		return nil, errors.New("key-encryption keyset holds no AEAD key")
	}
	return &ring{primitive, k.Keys(), k.Primary()}, nil
}

// ring is a keyset in use.
type ring struct {
	primitive tink.AEAD
	keys      []KeyID
	primary   KeyID
}

func (r *ring) has(id KeyID) bool { return slices.Contains(r.keys, id) }

// follows tells whether r can have come from old by a rotation: they share a key.
func (r *ring) follows(old *ring) bool { return slices.ContainsFunc(r.keys, old.has) }
