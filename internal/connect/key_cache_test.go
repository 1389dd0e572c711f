package connect

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"patchbay/internal/vault"
)

func TestKeyCache(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var cache keyCache
		raw := vault.NewSecret("pb_example")
		stored, reads := Key{ID: 1}, 0
		read := func(context.Context, []byte) (Key, error) { reads++; return stored, nil }
		found := func(what string, id int64, wantReads int) {
			t.Helper()
			key, err := cache.find(t.Context(), raw, read)
			if err != nil || key.ID != id || reads != wantReads {
				t.Errorf("%s: got key %d after %d reads (%v), want key %d after %d", what, key.ID, reads, err, id, wantReads)
			}
		}
		found("first", 1, 1)
		stored.ID = 2
		found("again", 1, 1)
		cache.forget()
		found("after a change", 2, 2)
		stored.ID = 3
		time.Sleep(keyFresh) // of the bubble's clock
		found("after a while", 3, 3)

		slow := func(context.Context, []byte) (Key, error) { cache.forget(); return Key{ID: 4}, nil }
		cache.forget()
		if _, err := cache.find(t.Context(), raw, slow); err != nil {
			t.Fatal(err)
		}
		found("after one that was read before a change", 3, 4)
	})
}

func TestKeyCacheHasABound(t *testing.T) {
	t.Parallel()
	var cache keyCache
	for i := range 3 * maxKeys {
		cache.keep([32]byte{byte(i), byte(i >> 8)}, knownKey{until: time.Now().Add(time.Hour)}, 0)
	}
	if got := len(cache.known); got > maxKeys {
		t.Errorf("got %d keys in memory, want at most %d", got, maxKeys)
	}
}
