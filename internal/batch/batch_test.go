package batch_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"patchbay/internal/batch"
)

// gate is a deed that lets each batch go on when it is told to.
type gate struct {
	mu      sync.Mutex
	batches [][]int
	open    chan struct{}
}

func (g *gate) do(_ context.Context, _ string, all []int) []error {
	g.mu.Lock()
	g.batches = append(g.batches, slices.Clone(all))
	g.mu.Unlock()
	<-g.open
	answers := make([]error, len(all))
	for i, n := range all {
		if n < 0 {
			answers[i] = errors.New("negative")
		}
	}
	return answers
}

func (g *gate) seen() [][]int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.batches
}

// asking asks in a goroutine of its own, and is back when it waits.
func asking(ctx context.Context, b *batch.Batches[string, int], key string, n int) (answer chan error) {
	answer = make(chan error, 1)
	go func() { answer <- b.Ask(ctx, key, n) }()
	synctest.Wait()
	return answer
}

func TestWhatComesMeanwhileIsDoneTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gate{open: make(chan struct{})}
		b := batch.New(g.do)
		answers := []chan error{asking(t.Context(), b, "a", 1)}
		for _, n := range []int{2, -3, 4} {
			answers = append(answers, asking(t.Context(), b, "a", n))
		}
		other := asking(t.Context(), b, "b", 5)
		if got := g.seen(); !slices.EqualFunc(got, [][]int{{1}, {5}}, slices.Equal) {
			t.Fatalf("got the batches %v, want 1 alone at once, and 5 of another key", got)
		}
		close(g.open)
		for i, answer := range append(answers, other) {
			if err := <-answer; (err != nil) != (i == 2) {
				t.Errorf("%d: got %v, want an error of the third alone", i, err)
			}
		}
		if got := g.seen(); !slices.EqualFunc(got, [][]int{{1}, {5}, {2, -3, 4}}, slices.Equal) {
			t.Errorf("got the batches %v, want those who came meanwhile in one", got)
		}
	})
}

func TestALongLineIsDoneInParts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gate{open: make(chan struct{})}
		b := batch.New(g.do)
		var answers []chan error
		for n := range 131 {
			answers = append(answers, asking(t.Context(), b, "a", n))
		}
		close(g.open)
		for _, answer := range answers {
			if err := <-answer; err != nil {
				t.Error(err)
			}
		}
		var sizes, all []int
		for _, group := range g.seen() {
			sizes, all = append(sizes, len(group)), append(all, group...)
		}
		if !slices.Equal(sizes, []int{1, 64, 64, 2}) || !slices.IsSorted(all) {
			t.Errorf("got batches of %v with %v, want the first alone and the others in order", sizes, all)
		}
	})
}

func TestWhoLeavesInTimeIsLeftOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gate{open: make(chan struct{})}
		b := batch.New(g.do)
		ctx, leave := context.WithCancel(t.Context())
		begun, early, late := asking(ctx, b, "a", 1), asking(ctx, b, "a", 2), asking(t.Context(), b, "a", 3)
		leave()
		for _, answer := range []chan error{begun, early} {
			if err := <-answer; !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want that its caller left", err)
			}
		}
		if err := b.Ask(ctx, "a", 4); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want that its caller has left before", err)
		}
		close(g.open)
		if err := <-late; err != nil {
			t.Error(err)
		}
		if got := g.seen(); !slices.EqualFunc(got, [][]int{{1}, {3}}, slices.Equal) {
			t.Errorf("got the batches %v, want neither 2 nor 4", got)
		}
	})
}

func TestAPanicIsAnAnswer(t *testing.T) {
	t.Parallel()
	b := batch.New(func(_ context.Context, _ string, all []int) []error {
		if all[0] == 0 {
			panic("of the deed")
		}
		return nil
	})
	for n := range 2 {
		if err := b.Ask(t.Context(), "a", n); err == nil {
			t.Errorf("%d: got no error, want one that tells of the panic, and of an answer too few", n)
		}
	}
}
