package jobs

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Lanes works on what is due by key: each key has a lane of its own with a bounded number
// of hands, so that what is slow in one delays no other. Whatever is claimed is done: when
// ctx ends nothing more is claimed, and Run returns when the last hand is free.
type Lanes[T any] struct {
	Name  string
	Every time.Duration // between two looks at which keys have something due
	Hands int           // how many of one key are worked on at once
	Bell  *Bell         // tells of keys between two looks; nil: nobody does

	// Keys lists the keys that have something due.
	Keys func(context.Context) ([]int64, error)
	// Claim takes up to limit of a key's due ones. looked tells how many it looked at,
	// those included that needed no hand; wait asks to come again that much later, and not
	// when the bell rings: the key is asked about before only where Keys lists it.
	Claim func(ctx context.Context, key int64, limit int) (claimed []T, looked int, wait time.Duration, err error)
	// Do works on one. It is not stopped by ctx, and bounds itself.
	Do func(context.Context, T) error
}

// Run works until ctx ends.
func (l Lanes[T]) Run(ctx context.Context, log *slog.Logger) {
	run := &lanesRun[T]{Lanes: l, log: log, lanes: map[int64]*lane{}}
	if l.Bell != nil {
		run.all.Go(func() { run.listen(ctx) })
	}
	Run(ctx, log, []Loop{{Name: l.Name, Every: l.Every, Do: run.round}})
	run.all.Wait()
}

// lanesRun is the lanes while they run.
type lanesRun[T any] struct {
	Lanes[T]
	log *slog.Logger
	all sync.WaitGroup

	mu    sync.Mutex
	lanes map[int64]*lane // by key, of every key seen
}

// lane is one key's.
type lane struct {
	hands chan struct{} // holds one for each hand that works

	// Guarded by lanesRun.mu.
	open  bool      // somebody claims for it
	again bool      // it was told of since
	deaf  time.Time // until then the bell is for nothing
}

// round opens the lane of each key that has something due.
func (r *lanesRun[T]) round(ctx context.Context) error {
	keys, err := r.Keys(ctx)
	if err != nil {
		return err
	}
	r.open(ctx, keys, false)
	return nil
}

// listen opens the lanes of keys that the bell tells of.
func (r *lanesRun[T]) listen(ctx context.Context) {
	heard := r.Bell.heard()
	for {
		select {
		case <-ctx.Done():
			return
		case <-heard:
			r.open(ctx, r.Bell.take(), true)
		}
	}
}

func (r *lanesRun[T]) open(ctx context.Context, keys []int64, rung bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, key := range keys {
		l := r.lanes[key]
		if l == nil {
			l = &lane{hands: make(chan struct{}, r.Hands)}
			r.lanes[key] = l
		}
		if rung && time.Now().Before(l.deaf) {
			continue
		}
		l.again = true
		if !l.open {
			l.open = true
			r.all.Go(func() { r.work(ctx, key, l) })
		}
	}
}

// close ends the claiming for a key, unless it was told of since the last claim was begun.
func (r *lanesRun[T]) close(l *lane) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	l.open = l.again
	return !l.open
}

// rest ends the claiming for a key whatever the bell told meanwhile, and for a while.
func (r *lanesRun[T]) rest(l *lane, wait time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	l.open, l.deaf = false, time.Now().Add(wait)
}

// work claims for a key until nothing of it is due. Hands may go on after it.
func (r *lanesRun[T]) work(ctx context.Context, key int64, l *lane) {
	for {
		l.awaitHands((r.Hands + 7) / 8) // some of a platform's servers may hang
		if ctx.Err() != nil {
			return // and nothing is opened any more
		}
		r.mu.Lock()
		l.again = false
		r.mu.Unlock()
		claimed, looked, wait, err := r.Claim(ctx, key, r.Hands-len(l.hands))
		if err != nil && ctx.Err() == nil {
			r.log.ErrorContext(ctx, "claim", slog.String("lanes", r.Name), slog.Int64("key", key), slog.Any("cause", err))
			r.rest(l, 0)
			return // the next round comes again
		}
		for _, one := range claimed {
			l.hands <- struct{}{}
			r.all.Go(func() {
				defer func() { <-l.hands }()
				if err := r.Do(ctx, one); err != nil {
					r.log.WarnContext(ctx, "work", slog.String("lanes", r.Name), slog.Int64("key", key), slog.Any("cause", err))
				}
			})
		}
		if wait >= r.Every {
			r.rest(l, wait)
			return // a round comes before that
		}
		if looked == 0 && wait == 0 && r.close(l) {
			return
		}
		pause(ctx, wait)
	}
}

// awaitHands waits until so many hands are free: claims are made for several at once.
func (l *lane) awaitHands(n int) {
	for range n {
		l.hands <- struct{}{}
	}
	for range n {
		<-l.hands
	}
}

func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
