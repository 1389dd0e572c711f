package sqlstore

import (
	"context"
	"sync"
)

// underWay knows the transactions that are under way, so that somebody can wait for
// those of a moment without keeping new ones waiting.
type underWay struct {
	mu   sync.Mutex
	now  *sync.WaitGroup   // of those that begin now
	past []*sync.WaitGroup // of those that began before a settle, and may not have ended
}

// begin counts one more; end it.
func (u *underWay) begin() (end func()) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.now == nil {
		u.now = &sync.WaitGroup{}
	}
	u.now.Add(1)
	return u.now.Done
}

// settle returns when all that had begun have ended.
func (u *underWay) settle(ctx context.Context) error {
	u.mu.Lock()
	if u.now != nil {
		u.past, u.now = append(u.past, u.now), nil
	}
	past := u.past
	u.mu.Unlock()
	for _, group := range past {
		ended := make(chan struct{})
		go func() {
			group.Wait()
			u.forget(group)
			close(ended)
		}()
		select {
		case <-ended:
		case <-ctx.Done():
			return ctx.Err() // the next settle waits for it again
		}
	}
	return nil
}

func (u *underWay) forget(group *sync.WaitGroup) {
	u.mu.Lock()
	defer u.mu.Unlock()
	var rest []*sync.WaitGroup
	for _, g := range u.past {
		if g != group {
			rest = append(rest, g)
		}
	}
	u.past = rest
}

// Settle returns when every transaction that had begun has ended: what they wrote is
// there, or will never be.
func (s *Store) Settle(ctx context.Context) error { return s.underWay.settle(ctx) }
