package connect

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// waiters is the one place of a process where callers wait for sessions. Changes
// made here nudge it; changes made by other replicas are seen by PollWaited.
type waiters struct {
	mu     sync.Mutex
	byID   map[int64]map[chan struct{}]struct{}
	closed chan struct{}
	seen   map[int64]time.Time // last version that PollWaited saw
}

func newWaiters() *waiters {
	return &waiters{byID: map[int64]map[chan struct{}]struct{}{}, closed: make(chan struct{}), seen: map[int64]time.Time{}}
}

func (w *waiters) subscribe(id int64) (ch chan struct{}, cancel func()) {
	ch = make(chan struct{}, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.byID[id] == nil {
		w.byID[id] = map[chan struct{}]struct{}{}
	}
	w.byID[id][ch] = struct{}{}
	return ch, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.byID[id], ch)
		if len(w.byID[id]) == 0 {
			delete(w.byID, id)
			delete(w.seen, id)
		}
	}
}

func (w *waiters) nudge(id int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for ch := range w.byID[id] {
		select {
		case ch <- struct{}{}:
		default: // a nudge is already waiting there
		}
	}
}

func (w *waiters) ids() []int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Collect(maps.Keys(w.byID))
}

// changed remembers the versions and nudges those that moved.
func (w *waiters) changed(versions map[int64]time.Time) {
	for id, at := range versions {
		w.mu.Lock()
		before, known := w.seen[id]
		if _, waited := w.byID[id]; waited { // its last waiter may have left meanwhile
			w.seen[id] = at
		}
		w.mu.Unlock()
		if !known || !before.Equal(at) {
			w.nudge(id)
		}
	}
}

// StopWaiting answers every waiter with the current state, now and from now on:
// the first thing of a graceful stop.
func (s *Service) StopWaiting() {
	s.waiters.mu.Lock()
	defer s.waiters.mu.Unlock()
	select {
	case <-s.waiters.closed:
	default:
		close(s.waiters.closed)
	}
}

// PollWaited looks once for waited sessions that another replica changed. The
// caller runs it about once a second where there can be other replicas.
func (s *Service) PollWaited(ctx context.Context) error {
	ids := s.waiters.ids()
	if len(ids) == 0 {
		return nil
	}
	versions, err := s.store.SessionVersions(ctx, ids)
	if err != nil {
		return fmt.Errorf("poll waited sessions: %w", err)
	}
	s.waiters.changed(versions)
	return nil
}

// WaitSession answers as soon as the session is no longer pending, and with its
// current state when d (at most a minute) is over, ctx ends or the program stops.
func (s *Service) WaitSession(ctx context.Context, c Caller, id int64, d time.Duration) (SessionView, error) {
	if d <= 0 {
		return s.Session(ctx, c, id) // most polls: no timer to make, none to wake up for
	}
	nudged, cancel := s.waiters.subscribe(id)
	defer cancel()
	timer := time.NewTimer(min(d, time.Minute))
	defer timer.Stop()
	for {
		v, err := s.Session(ctx, c, id)
		if err != nil || v.Session.Status != SessionPending {
			return v, err
		}
		select {
		case <-nudged:
		case <-timer.C:
			return v, nil
		case <-s.waiters.closed:
			return v, nil
		case <-ctx.Done():
			return v, nil
		}
	}
}
