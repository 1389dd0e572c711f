package jobs

import "sync"

// Bell tells lanes of keys that have something due now, so that it does not wait for the
// next look. Ringing never waits, and may come to nothing: the next look finds what is due
// all the same. The zero value works.
type Bell struct {
	mu   sync.Mutex
	keys map[int64]bool
	rung chan struct{} // holds one while keys are kept
}

// Ring tells of keys.
func (b *Bell) Ring(keys ...int64) {
	if len(keys) == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, key := range keys {
		if b.keys == nil {
			b.keys = map[int64]bool{}
		}
		b.keys[key] = true
	}
	select {
	case b.channel() <- struct{}{}:
	default:
	}
}

// heard receives when it was rung.
func (b *Bell) heard() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.channel()
}

func (b *Bell) channel() chan struct{} {
	if b.rung == nil {
		b.rung = make(chan struct{}, 1)
	}
	return b.rung
}

// take answers the keys that were told since it was last asked.
func (b *Bell) take() []int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	keys := make([]int64, 0, len(b.keys))
	for key := range b.keys {
		keys = append(keys, key)
	}
	clear(b.keys)
	return keys
}
