package jobs_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/jobs"
)

// board is what is due, by key, and what became of it. Time stands still but for those
// who wait.
type board struct {
	mu      sync.Mutex
	due     map[int64][]int
	done    map[int64][]int
	busy    map[int64]int
	most    map[int64]int                          // at once
	gates   map[int64]chan struct{}                // what is done of a key waits for its gate
	asked   map[int64]int                          // claims
	trouble func(key int64) (time.Duration, error) // of a claim; nil: none
	fails   func(key int64, item int) error        // of what is done; nil: none
	keys    func() error                           // of looking for keys; nil: none
}

func newBoard(due map[int64][]int) *board {
	return &board{due: due, done: map[int64][]int{}, busy: map[int64]int{}, most: map[int64]int{}, gates: map[int64]chan struct{}{}, asked: map[int64]int{}}
}

type item struct {
	key int64
	n   int
}

func (b *board) lanes(hands int) jobs.Lanes[item] {
	return jobs.Lanes[item]{Name: "test", Every: time.Second, Hands: hands, Keys: b.list, Claim: b.claim, Do: b.do}
}

func (b *board) list(context.Context) ([]int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.keys != nil {
		if err := b.keys(); err != nil {
			return nil, err
		}
	}
	var keys []int64
	for key, items := range b.due {
		if len(items) > 0 {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

func (b *board) claim(_ context.Context, key int64, limit int) (claimed []item, looked int, wait time.Duration, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked[key]++
	if b.trouble != nil {
		if wait, err = b.trouble(key); wait > 0 || err != nil {
			return nil, 0, wait, err
		}
	}
	n := min(limit, len(b.due[key]))
	for _, i := range b.due[key][:n] {
		claimed = append(claimed, item{key, i})
	}
	b.due[key] = b.due[key][n:]
	return claimed, n, 0, nil
}

func (b *board) do(_ context.Context, i item) error {
	b.mu.Lock()
	b.busy[i.key]++
	b.most[i.key] = max(b.most[i.key], b.busy[i.key])
	gate := b.gates[i.key]
	b.mu.Unlock()
	if gate != nil {
		<-gate
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.busy[i.key]--
	b.done[i.key] = append(b.done[i.key], i.n)
	if b.fails != nil {
		return b.fails(i.key, i.n)
	}
	return nil
}

// finished is what was done of a key, in order.
func (b *board) finished(key int64) []int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Sorted(slices.Values(b.done[key]))
}

func count(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// run runs the lanes; stop ends them and waits.
func run(t *testing.T, b *board, hands int) (cancel, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan struct{})
	go func() {
		defer close(over)
		b.lanes(hands).Run(ctx, slog.New(slog.DiscardHandler))
	}()
	return cancel, func() { cancel(); <-over }
}

func TestASlowKeyDelaysNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBoard(map[int64][]int{1: count(10), 2: count(100), 3: count(100)})
		b.gates[1] = make(chan struct{})
		_, stop := run(t, b, 4)
		synctest.Wait()
		for _, key := range []int64{2, 3} {
			if diff := cmp.Diff(count(100), b.finished(key)); diff != "" {
				t.Errorf("key %d, while key 1 waits (-want +got):\n%s", key, diff)
			}
		}
		if got := b.finished(1); len(got) != 0 {
			t.Errorf("key 1 did %v behind its gate", got)
		}
		close(b.gates[1])
		synctest.Wait()
		if diff := cmp.Diff(count(10), b.finished(1)); diff != "" {
			t.Errorf("key 1, later (-want +got):\n%s", diff)
		}
		stop()
	})
}

func TestHandsAreBound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBoard(map[int64][]int{1: count(50), 2: count(3)})
		b.gates[1], b.gates[2] = make(chan struct{}), make(chan struct{})
		_, stop := run(t, b, 8)
		synctest.Wait()
		b.mu.Lock()
		if b.busy[1] != 8 || b.busy[2] != 3 {
			t.Errorf("got %d and %d at once, want 8 and 3", b.busy[1], b.busy[2])
		}
		b.mu.Unlock()
		for range 50 { // one by one: there are never more
			b.gates[1] <- struct{}{}
			synctest.Wait()
		}
		close(b.gates[2])
		stop()
		if b.most[1] != 8 || len(b.finished(1)) != 50 || len(b.finished(2)) != 3 {
			t.Errorf("got at most %d at once, %d and %d done; want 8, 50, 3", b.most[1], len(b.finished(1)), len(b.finished(2)))
		}
	})
}

// TestStopMeansDrained: nothing more is claimed, and what was claimed is waited for.
func TestStopMeansDrained(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBoard(map[int64][]int{1: count(20)})
		b.gates[1] = make(chan struct{})
		cancel, stop := run(t, b, 5)
		synctest.Wait()
		cancel()
		over := make(chan struct{})
		go func() { stop(); close(over) }()
		synctest.Wait()
		select {
		case <-over:
			t.Error("Run returned while five were being worked on")
		default:
		}
		close(b.gates[1])
		<-over
		if diff := cmp.Diff(count(5), b.finished(1)); diff != "" {
			t.Errorf("done (-want +got):\n%s", diff)
		}
		if len(b.due[1]) != 15 || b.busy[1] != 0 {
			t.Errorf("%d left, %d busy; want 15 that nobody claimed", len(b.due[1]), b.busy[1])
		}
	})
}

// TestLanesGoOnAfterErrors of each kind, at the next look.
func TestLanesGoOnAfterErrors(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBoard(map[int64][]int{1: count(10)})
		looks := 0
		b.keys = func() error {
			if looks++; looks == 1 {
				return errors.New("the database is away")
			}
			return nil
		}
		b.trouble = func(key int64) (time.Duration, error) {
			if b.asked[key] == 1 {
				return 0, errors.New("still away")
			}
			return 0, nil
		}
		b.fails = func(int64, int) error { return errors.New("no luck") }
		_, stop := run(t, b, 2)
		time.Sleep(10 * time.Second) // the bubble's time
		synctest.Wait()
		if diff := cmp.Diff(count(10), b.finished(1)); diff != "" {
			t.Errorf("done (-want +got):\n%s", diff)
		}
		stop()
	})
}

// TestLanesWaitAsAsked: a key that may not be worked on yet is asked again when it said,
// and by the next look at the latest; meanwhile others are worked on.
func TestLanesWaitAsAsked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBoard(map[int64][]int{1: count(1), 2: count(1), 3: count(9)})
		began := time.Now()
		var at []time.Duration
		b.trouble = func(key int64) (time.Duration, error) {
			switch {
			case key == 1 && b.asked[key] <= 5:
				at = append(at, time.Since(began))
				return 100 * time.Millisecond, nil
			case key == 2 && b.asked[key] <= 3:
				return time.Hour, nil
			}
			return 0, nil
		}
		_, stop := run(t, b, 2)
		time.Sleep(450 * time.Millisecond)
		synctest.Wait()
		if diff := cmp.Diff([]time.Duration{0, 1e8, 2e8, 3e8, 4e8}, at); diff != "" {
			t.Errorf("key 1 was asked at (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(count(9), b.finished(3)); diff != "" {
			t.Errorf("key 3 (-want +got):\n%s", diff)
		}
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if got := b.finished(2); len(got) != 1 {
			t.Errorf("key 2, whose wait is longer than a look: got %v done, want it", got)
		}
		stop()
	})
}

// TestABellIsHeardAtOnce, and also while the lane that it rings for is being closed.
func TestABellIsHeardAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, bell := newBoard(map[int64][]int{}), &jobs.Bell{}
		ctx, cancel := context.WithCancel(t.Context())
		over := make(chan struct{})
		go func() {
			defer close(over)
			lanes := b.lanes(4)
			lanes.Bell = bell
			lanes.Run(ctx, slog.New(slog.DiscardHandler))
		}()
		synctest.Wait()
		began := time.Now()
		for n := range 50 {
			b.mu.Lock()
			b.due[1], b.due[2] = append(b.due[1], n), append(b.due[2], n)
			b.mu.Unlock()
			bell.Ring(1, 2)
			if n%3 == 0 {
				synctest.Wait()
			}
		}
		bell.Ring()
		synctest.Wait()
		for _, key := range []int64{1, 2} {
			if diff := cmp.Diff(count(50), b.finished(key)); diff != "" {
				t.Errorf("key %d (-want +got):\n%s", key, diff)
			}
		}
		if waited := time.Since(began); waited != 0 {
			t.Errorf("it waited %s, want it done before the next look", waited)
		}
		cancel()
		<-over
	})
}

// TestNothingIsLostBetweenClaimAndClose rings while a claim that found nothing is under way.
func TestNothingIsLostBetweenClaimAndClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, bell := newBoard(map[int64][]int{1: {0}}), &jobs.Bell{}
		lanes := b.lanes(4)
		lanes.Bell = bell
		claims, heard := 0, make(chan struct{})
		lanes.Claim = func(ctx context.Context, key int64, limit int) ([]item, int, time.Duration, error) {
			claimed, looked, wait, err := b.claim(ctx, key, limit)
			if claims++; claims == 2 { // the one that finds nothing: something comes just after it looked
				b.mu.Lock()
				b.due[1] = append(b.due[1], 1)
				b.mu.Unlock()
				bell.Ring(1)
				<-heard
			}
			return claimed, looked, wait, err
		}
		ctx, cancel := context.WithCancel(t.Context())
		over := make(chan struct{})
		began := time.Now()
		go func() {
			defer close(over)
			lanes.Run(ctx, slog.New(slog.DiscardHandler))
		}()
		synctest.Wait() // whoever listens to the bell has heard it
		close(heard)    // the claim comes back
		synctest.Wait()
		if diff := cmp.Diff(count(2), b.finished(1)); diff != "" || time.Since(began) >= time.Second {
			t.Errorf("before the next look (-want +got):\n%s", diff)
		}
		cancel()
		<-over
	})
}

// TestAKeyThatAskedForPatienceIsNotWoken: the bell is for nothing then, a look at what is
// due is not.
func TestAKeyThatAskedForPatienceIsNotWoken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, bell := newBoard(map[int64][]int{}), &jobs.Bell{}
		began := time.Now()
		patience := func(int64) (time.Duration, error) { return time.Minute - time.Since(began), nil }
		b.trouble = patience
		lanes := b.lanes(4)
		lanes.Bell = bell
		ctx, cancel := context.WithCancel(t.Context())
		over := make(chan struct{})
		go func() { defer close(over); lanes.Run(ctx, slog.New(slog.DiscardHandler)) }()
		after := func(d time.Duration) int {
			time.Sleep(d) // of the bubble's clock
			synctest.Wait()
			b.mu.Lock()
			defer b.mu.Unlock()
			return b.asked[1]
		}
		for range 20 {
			bell.Ring(1)
			after(time.Second)
		}
		if got := after(0); got != 1 {
			t.Errorf("got %d claims for twenty rings, want one", got)
		}
		b.mu.Lock()
		b.due[1] = count(1) // as the database has it by now
		b.mu.Unlock()
		if got := after(5 * time.Second); got != 6 {
			t.Errorf("got %d claims, want one with each look", got)
		}
		b.mu.Lock()
		b.trouble, b.due[1] = nil, nil
		b.mu.Unlock()
		after(time.Minute)
		b.mu.Lock()
		b.due[1] = count(1)
		b.mu.Unlock()
		bell.Ring(1)
		if after(0); !slices.Equal(b.finished(1), count(1)) {
			t.Error("the bell was not heard after the wait")
		}
		cancel()
		<-over
	})
}
