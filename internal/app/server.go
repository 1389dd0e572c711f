package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// stopTimeout is how long requests may still take after the stop: a code that is
// being exchanged must come home.
const stopTimeout = 75 * time.Second

// Listener is one address with what it serves.
type Listener struct {
	Listen  net.Listener
	Handler http.Handler
}

// Serve serves and runs the loops until ctx ends, then stops gracefully: waiters
// are answered, open requests finish, loops end. It returns when all is over. It
// calls ready once the listeners are being served.
func (a *App) Serve(ctx context.Context, ready func(), listeners ...Listener) error {
	collectSeldom()
	if a.store.Engine() == "sqlite" { // nobody else has the store: whoever held a grant is dead
		if err := errors.Join(a.Service.ReleaseGrants(ctx), a.Webhooks.ReleaseDeliveries(ctx)); err != nil {
			return err
		}
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	failed := make(chan error, len(listeners))
	servers := make([]*http.Server, len(listeners))
	for i, l := range listeners {
		servers[i] = a.limits.server(l.Handler, a.log)
		wg.Go(func() {
			if err := servers[i].Serve(a.limits.listener(l.Listen)); !errors.Is(err, http.ErrServerClosed) {
				failed <- fmt.Errorf("serve %s: %w", l.Listen.Addr(), err)
			}
		})
	}
	wg.Go(func() { a.Run(ctx) })
	ready()
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	stop()
	a.Service.StopWaiting()
	return errors.Join(err, shutdown(servers))
}

func shutdown(servers []*http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	var errs []error
	for _, s := range servers {
		if err := s.Shutdown(ctx); err != nil {
			errs = append(errs, fmt.Errorf("stop: %w", err))
		}
	}
	return errors.Join(errs...)
}
