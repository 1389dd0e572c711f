package connect

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"patchbay/internal/fault"
)

// AuditAnchor is a head that somebody wrote down elsewhere: "128:<64 hex digits>". With it
// a log that was cut off and rolled back as a whole is found out too.
type AuditAnchor struct {
	Number int64  // 0: of a log without entries
	Hash   []byte // 32 bytes; nil: of a log whose chain had not begun, written as zeros
}

// ParseAuditAnchor reads what String writes; fault.Invalid for anything else.
func ParseAuditAnchor(text string) (AuditAnchor, error) {
	number, digits, _ := strings.Cut(text, ":")
	n, err := strconv.ParseInt(number, 10, 64)
	hash, notHex := hex.DecodeString(digits)
	a := AuditAnchor{Number: n, Hash: hash}
	if err != nil || notHex != nil || n < 0 || len(hash) != sha256.Size || a.String() != strings.ToLower(text) {
		return AuditAnchor{}, fault.InvalidField("head", "form", "must be a number, a colon and 64 hex digits, as a verification tells them")
	}
	return a, nil
}

func (a AuditAnchor) String() string { return fmt.Sprintf("%d:%x", a.Number, padded(a.Hash)) }

// padded is the hash, or zeros where there is none.
func padded(hash []byte) []byte {
	if len(hash) == 0 {
		return make([]byte, sha256.Size)
	}
	return hash
}

// of tells whether the entry is the one that the anchor was made of.
func (a AuditAnchor) of(e AuditEntry) bool {
	return a.Number == e.Number && bytes.Equal(padded(a.Hash), padded(e.Hash))
}
