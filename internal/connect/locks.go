package connect

import (
	"context"
	"sync"
)

// locks is one lock a name, for as long as somebody holds or waits for it.
type locks struct {
	mu     sync.Mutex
	byName map[string]*namedLock
}

type namedLock struct {
	held  chan struct{} // holds one while somebody has the lock
	users int           // who has it or waits
}

// lock waits for the name's lock; unlock gives it back. ctx.Err() when ctx ends first.
func (l *locks) lock(ctx context.Context, name string) (unlock func(), err error) {
	lock := l.join(name)
	select {
	case lock.held <- struct{}{}:
		return func() { <-lock.held; l.leave(name, lock) }, nil
	case <-ctx.Done():
		l.leave(name, lock)
		return nil, ctx.Err()
	}
}

func (l *locks) join(name string) *namedLock {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.byName == nil {
		l.byName = map[string]*namedLock{}
	}
	lock := l.byName[name]
	if lock == nil {
		lock = &namedLock{held: make(chan struct{}, 1)}
		l.byName[name] = lock
	}
	lock.users++
	return lock
}

func (l *locks) leave(name string, lock *namedLock) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if lock.users--; lock.users == 0 {
		delete(l.byName, name)
	}
}
