package connect

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/base64"
	"hash/crc32"
	"strings"

	"patchbay/internal/vault"
)

// newToken is 256 random bits as 43 characters of base64url: link tokens and states.
func newToken() vault.Secret {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand aborts the program instead
	return vault.NewSecret(base64.RawURLEncoding.EncodeToString(b[:]))
}

// HashToken is how a bearer secret is looked up and stored: its SHA-256.
func HashToken(s vault.Secret) []byte {
	sum := sha256.Sum256([]byte(s.Reveal()))
	return sum[:]
}

func sameHash(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }

const keyPrefix = "pb_"

var base32lower = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// newKey is "pb_", 52 characters for 256 random bits, 7 for their CRC-32: a typo
// or a truncated paste is told apart from a wrong key, and scanners can find it.
func newKey() vault.Secret {
	var b [32]byte
	_, _ = rand.Read(b[:])
	body := base32lower.EncodeToString(b[:])
	return vault.NewSecret(keyPrefix + body + checksum(body))
}

func checksum(body string) string {
	c := crc32.ChecksumIEEE([]byte(body))
	return base32lower.EncodeToString([]byte{byte(c >> 24), byte(c >> 16), byte(c >> 8), byte(c)})
}

// wellFormedKey tells whether s could be a key of ours at all.
func wellFormedKey(s string) bool {
	body, ok := strings.CutPrefix(s, keyPrefix)
	return ok && len(body) == 59 && checksum(body[:52]) == body[52:]
}

// newExternalID is what an owner is called when nobody named them: 24 lowercase
// letters and digits.
func newExternalID() string {
	const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789"
	var b [24]byte
	_, _ = rand.Read(b[:])
	for i := range b {
		b[i] = alphabet[int(b[i])%len(alphabet)]
	}
	return string(b[:])
}
