package connect

import (
	"context"
	"sync"
	"time"

	"patchbay/internal/vault"
)

const (
	// keyFresh is how long a key that was found is believed without asking the store:
	// a key that another process revokes works here for so long after it. One that this
	// process revokes stops at once.
	keyFresh = 3 * time.Second
	maxKeys  = 1024
)

// keyCache remembers the keys that were found last. Every request brings a key, and
// nearly always the same few: without it each request would cost one read more. It
// remembers nothing else, and nothing about keys that do not exist.
type keyCache struct {
	mu    sync.Mutex
	known map[[32]byte]knownKey
	era   int // counts the calls of forget
}

type knownKey struct {
	key   Key
	until time.Time // real time, not the clock of expiry
}

// find is the key of the raw key's hash, from read where none is fresh.
func (c *keyCache) find(ctx context.Context, raw vault.Secret, read func(ctx context.Context, hash []byte) (Key, error)) (Key, error) {
	hash, now := [32]byte(HashToken(raw)), time.Now()
	c.mu.Lock()
	known, era := c.known[hash], c.era
	c.mu.Unlock()
	if now.Before(known.until) {
		return known.key, nil
	}
	key, err := read(ctx, hash[:])
	if err == nil {
		c.keep(hash, knownKey{key, now.Add(keyFresh)}, era)
	}
	return key, err
}

// keep remembers, unless some key was changed since era: this one may have been read
// before.
func (c *keyCache) keep(hash [32]byte, k knownKey, era int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if era != c.era {
		return
	}
	if c.known == nil || len(c.known) >= maxKeys {
		c.known = map[[32]byte]knownKey{}
	}
	c.known[hash] = k
}

// forget follows every commit that changes or removes keys.
func (c *keyCache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.era++
	clear(c.known)
}
