// Package batch does together what many ask for at the same time, so that they share a
// transaction where one after the other each would wait for the same row.
package batch

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
)

// most is how many are done together.
const most = 64

// Batches gathers by key. While what was asked for under a key is being done, what is
// asked for next under that key gathers; different keys do not wait for each other.
// Nothing is held back for company: who comes alone is done alone, at once.
type Batches[K comparable, T any] struct {
	do func(ctx context.Context, key K, all []T) []error

	mu    sync.Mutex
	lines map[K][]*asked[T] // a key is there while somebody works for it
}

// New makes batches that are done by do: all of them, in the order in which they were
// asked for, with an answer for each. Its ctx has the values of the first asker's and
// does not end.
func New[K comparable, T any](do func(ctx context.Context, key K, all []T) []error) *Batches[K, T] {
	return &Batches[K, T]{do: do, lines: map[K][]*asked[T]{}}
}

type asked[T any] struct {
	ctx  context.Context
	what T
	done chan error
}

// Ask has one done, and answers what came of it. When ctx ends it answers ctx.Err() at
// once: what has begun by then is done nevertheless, what has not is left out.
func (b *Batches[K, T]) Ask(ctx context.Context, key K, one T) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	a := &asked[T]{ctx: ctx, what: one, done: make(chan error, 1)}
	b.mu.Lock()
	line, busy := b.lines[key]
	b.lines[key] = append(line, a)
	b.mu.Unlock()
	if !busy {
		go b.work(key)
	}
	select {
	case err := <-a.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// work goes on until nobody asks under the key.
func (b *Batches[K, T]) work(key K) {
	for group := b.take(key); group != nil; group = b.take(key) {
		b.together(key, group)
	}
}

// take is the next in line; nil when there is nobody, and the line is gone.
func (b *Batches[K, T]) take(key K) (group []*asked[T]) {
	b.mu.Lock()
	defer b.mu.Unlock()
	line := b.lines[key]
	for len(line) > 0 && len(group) < most {
		if line[0].ctx.Err() == nil {
			group = append(group, line[0])
		}
		line = line[1:]
	}
	if b.lines[key] = line; group == nil {
		delete(b.lines, key)
	}
	return group
}

func (b *Batches[K, T]) together(key K, group []*asked[T]) {
	all := make([]T, len(group))
	for i, a := range group {
		all[i] = a.what
	}
	answers, err := b.protect(context.WithoutCancel(group[0].ctx), key, all)
	for i, a := range group {
		if err == nil {
			a.done <- answers[i]
		} else {
			a.done <- err
		}
	}
}

// protect turns a panic into an error that holds its stack: no asker's goroutine is here
// to recover it.
func (b *Batches[K, T]) protect(ctx context.Context, key K, all []T) (answers []error, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in a batch: %v\n%s", p, debug.Stack())
		}
	}()
	answers = b.do(ctx, key, all)
	if len(answers) != len(all) {
		return nil, fmt.Errorf("a batch of %d got %d answers", len(all), len(answers))
	}
	return answers, nil
}
