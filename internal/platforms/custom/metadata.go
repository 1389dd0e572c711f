package custom

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"patchbay/internal/platform"
)

const (
	metadataFresh   = time.Hour        // read again after that
	metadataKept    = 24 * time.Hour   // believed while it cannot be read again
	metadataRetry   = time.Minute      // not asked for again so soon after a failure
	metadataTimeout = 10 * time.Second // of one reading, at all its places together
)

// metadata is what the server last said of itself, shared by all who ask for it.
type metadata struct {
	mu      sync.Mutex
	last    endpoints
	at      time.Time     // when it was read; zero: never
	failure error         // why it could not be read since; nil: it could, or nobody tried
	failed  time.Time     // when that was
	reading chan struct{} // closed when who reads it now is done; nil: nobody does
}

// finding is what there is for one who asks: an answer, or the turn to read, or somebody
// to wait for.
type finding struct {
	endpoints
	err  error
	read bool            // nobody knows: read it, and tell by learn
	wait <-chan struct{} // somebody reads it
}

// look never waits: while somebody reads the metadata again, the old one is good enough.
func (m *metadata) look(now time.Time) finding {
	m.mu.Lock()
	defer m.mu.Unlock()
	fresh := !m.at.IsZero() && now.Sub(m.at).Abs() < metadataFresh
	justFailed := m.failure != nil && now.Sub(m.failed).Abs() < metadataRetry
	switch {
	case fresh, m.believed(now) && (justFailed || m.reading != nil):
		return finding{endpoints: m.last}
	case justFailed:
		return finding{err: m.failure}
	case m.reading != nil:
		return finding{wait: m.reading}
	}
	m.reading = make(chan struct{})
	return finding{read: true}
}

func (m *metadata) believed(now time.Time) bool {
	return !m.at.IsZero() && now.Sub(m.at).Abs() <= metadataKept
}

// learn ends a reading and gives what counts now. gaveUp tells that its caller did,
// which says nothing about the server.
func (m *metadata) learn(read endpoints, err error, gaveUp bool, now time.Time) (endpoints, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	close(m.reading)
	m.reading = nil
	switch {
	case err == nil:
		m.last, m.at, m.failure = read, now, nil
	case !gaveUp:
		m.failure, m.failed = err, now
	}
	if err != nil && !m.believed(now) {
		return endpoints{}, err
	}
	return m.last, nil
}

// endpoints are the file's, and the metadata's where there is an issuer. Errors are
// *platform.Refusal: nothing was sent that could be spent, so none is ambiguous.
func (p *Platform) endpoints(ctx context.Context, env platform.Env) (endpoints, error) {
	if p.issuer == "" {
		return p.fixed, nil
	}
	for {
		found := p.found.look(env.Now())
		switch {
		case found.read:
			return p.reread(ctx, env)
		case found.wait == nil:
			return found.endpoints, found.err
		}
		select {
		case <-found.wait:
		case <-ctx.Done():
			return endpoints{}, platform.Refuse(platform.ClassTransient, "", fmt.Errorf("metadata of %s: %w", p.spec.ID, ctx.Err()))
		}
	}
}

func (p *Platform) reread(ctx context.Context, env platform.Env) (endpoints, error) {
	bounded, cancel := context.WithTimeout(ctx, metadataTimeout)
	defer cancel()
	read, err := p.discover(bounded, env)
	return p.found.learn(read, err, errors.Is(ctx.Err(), context.Canceled), env.Now())
}
