package connect

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"sync"

	"patchbay/internal/fault"
	"patchbay/internal/vault"
)

// ErrAuditKey tells that nobody can say whether the log is as it was written: its key does
// not open, or is gone.
var ErrAuditKey = fault.New(fault.Conflict, "audit_key_unreadable",
	"The audit log's key does not open with the keys of this server: the log can be neither verified nor continued. Bring back the key-encryption key that it was sealed with.")

// Each use of a chain's key has a label of its own: what was made for one cannot be shown
// as the other.
const (
	auditEntryLabel = "patchbay/1|audit entry"
	auditHeadLabel  = "patchbay/1|audit head"
)

func (h AuditHead) place() vault.Place {
	return vault.Place{Workspace: h.WorkspaceID, Table: "audit_heads", Row: h.ID, Field: "key"}
}

// link chains an entry to the workspace's head. The chain, and its key, begin with the
// workspace itself, with BeginAudit, or with the first entry of a workspace that a command
// made since (Bootstrap).
//
// A head that somebody else wrote to is not vouched for again: its Mac stays as it is, which
// is wrong for ever, and the log goes on. So does one whose chain was taken away: what
// begins it anew in the middle of the work is not vouched for either.
func (s *Service) link(head AuditHead, e AuditEntry) (AuditHead, AuditEntry, error) {
	if e.Number != head.Number+1 || e.WorkspaceID != head.WorkspaceID {
		return head, e, fmt.Errorf("audit entry %d of workspace %d does not follow entry %d", e.Number, e.WorkspaceID, head.Number)
	}
	ours := true
	var key []byte
	var err error
	if head.unchained() {
		head.Since = e.Number
		ours = e.Action == AuditBegan || e.Number == 1 && (e.Action == AuditWorkspaceCreated || s.young(e.WorkspaceID))
		key, head.Sealed, err = s.newAuditKey(head)
	} else if key, err = s.auditKey(head); err == nil {
		ours = hmac.Equal(head.Mac, head.mac(key))
	}
	if err != nil {
		return head, e, err
	}
	e.Hash = e.hash(key, head.Hash)
	head.Number, head.Hash = e.Number, e.Hash
	if ours {
		head.Mac = head.mac(key)
	}
	return head, e, nil
}

// unchained tells whether no entry is chained yet.
func (h AuditHead) unchained() bool {
	return h.Since == 0 && len(h.Sealed) == 0 && len(h.Hash) == 0 && len(h.Mac) == 0
}

// hash is HMAC-SHA256 over the entry and the hash before it.
func (e AuditEntry) hash(key, before []byte) []byte {
	return auditMac(key, auditEntryLabel, func(c *canonical) {
		c.text(before)
		c.number(e.WorkspaceID, e.Number, e.At.UnixMilli(), e.KeyID, e.OwnerID, e.ChannelID)
		for _, text := range []string{string(e.Actor), e.From, e.Action} {
			c.text([]byte(text))
		}
		c.text(e.Data)
	})
}

// mac is what Mac must be.
func (h AuditHead) mac(key []byte) []byte {
	return auditMac(key, auditHeadLabel, func(c *canonical) {
		c.number(h.WorkspaceID, h.Number, h.Since)
		c.text(h.Hash)
	})
}

func auditMac(key []byte, label string, write func(*canonical)) []byte {
	var c canonical
	c.text([]byte(label))
	write(&c)
	m := hmac.New(sha256.New, key)
	m.Write(c)
	return m.Sum(nil)
}

// canonical is fields in a row that can be read in one way only: numbers have eight bytes,
// texts their length before them.
type canonical []byte

func (c *canonical) number(all ...int64) {
	for _, n := range all {
		*c = binary.BigEndian.AppendUint64(*c, uint64(n)) //nolint:gosec // the bits are what counts
	}
}

func (c *canonical) text(t []byte) {
	c.number(int64(len(t)))
	*c = append(*c, t...)
}

// newAuditKey makes a chain's key.
func (s *Service) newAuditKey(head AuditHead) (key, sealed []byte, err error) {
	key = make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	if sealed, err = s.vault.Seal(head.place(), vault.NewSecret(string(key))); err != nil {
		return nil, nil, fmt.Errorf("key of the audit log: %w", err)
	}
	return key, sealed, nil
}

// auditKey opens a chain's key; ErrAuditKey when it does not open.
func (s *Service) auditKey(head AuditHead) ([]byte, error) {
	if key, ok := s.auditKeys.find(head); ok {
		return key, nil
	}
	secret, err := s.vault.Open(head.place(), head.Sealed)
	if err != nil {
		return nil, ErrAuditKey.Because(err)
	}
	if secret.Empty() {
		return nil, ErrAuditKey
	}
	key := []byte(secret.Reveal())
	s.auditKeys.keep(head, key)
	return key, nil
}

// auditKeys spares the program opening a workspace's key for each entry. A key is found by
// where it is sealed and how: one that is sealed anew is opened anew.
type auditKeys struct {
	mu   sync.Mutex
	keys map[auditKeyID][]byte
}

type auditKeyID struct {
	workspace, head int64
	sealed          string
}

// mostAuditKeys bounds what is remembered.
const mostAuditKeys = 10_000

func (h AuditHead) keyID() auditKeyID { return auditKeyID{h.WorkspaceID, h.ID, string(h.Sealed)} }

func (k *auditKeys) find(h AuditHead) ([]byte, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	key, ok := k.keys[h.keyID()]
	return key, ok
}

func (k *auditKeys) keep(h AuditHead, key []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.keys == nil || len(k.keys) >= mostAuditKeys {
		k.keys = map[auditKeyID][]byte{}
	}
	k.keys[h.keyID()] = key
}
