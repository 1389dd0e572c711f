package crash_test

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"patchbay/internal/testkit"
)

// A soak names larger figures: go test ./internal/e2e/crash -run TestDiskFull -timeout 60m -full.rounds=500 -full.for=10m.
var (
	fullRounds = flag.Int("full.rounds", 8, "how often the disk fills up")
	fullSeed   = flag.Uint64("full.seed", 0, "seed of when it does; 0: a new one")
	fullLimit  = flag.Duration("full.for", 0, "end after this time; 0: when all are done")
)

// The disk of the database fills up while accounts are refreshed, and while answers of
// their platforms are on the way; after a while there is room again. No account is lost,
// not even of the strict server; what was answered with success is there, what was
// refused is not; and /readyz tells.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	if !testkit.Apart(t) {
		return
	}
	seed := cmp.Or(*fullSeed, rand.Uint64()|1)
	t.Logf("seed: go test ./internal/e2e/crash -run TestDiskFull -full.rounds=%d -full.seed=%d", *fullRounds, seed)
	d := newDisk(t)
	began := time.Now()
	for d.rounds < *fullRounds && (*fullLimit == 0 || time.Since(began) < *fullLimit) && !t.Failed() {
		d.round(t, rand.New(rand.NewPCG(seed, uint64(d.rounds))))
		if d.rounds%oneRound == 0 {
			d.judge(t)
		}
	}
	d.judge(t)
	t.Logf("%d rounds in %s: %s", d.rounds, time.Since(began).Round(time.Second), words(d.seen))
}

// disk is a world whose database has a small one of its own.
type disk struct {
	*keeping
	folder   string
	rounds   int
	sessions int // that were made, as the program said
	seen     map[string]int
}

func newDisk(t testing.TB) *disk {
	t.Helper()
	k := prepareKeeping(t, "sqlite", slowly(patienceOfCall/2)...)
	d := &disk{keeping: k, folder: k.args[slices.Index(k.args, "--data")+1], seen: map[string]int{}}
	testkit.SmallDisk(t, d.folder, "24m")
	k.start(t)
	k.connect(t, 6, "strict")
	k.connect(t, 2, "grace", "stable")
	k.settle(t)
	d.sessions = d.count(t, "sessions")
	return d
}

// round is once full and once more not.
func (d *disk) round(t *testing.T, r *rand.Rand) {
	d.rounds++
	d.due(t, d.pick(r)...)
	var answered *trap
	switch r.IntN(3) {
	case 0: // the platform's answers find it full
		answered = newTrap(1, holding)
		answered.every, answered.match = true, func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, ".open.example/token") }
		d.gate.set(answered)
		d.await(t, answered, nil)
	default:
		pause(t, between(r, 100*time.Microsecond, 100*time.Millisecond))
	}
	d.fill(t, r.IntN(64<<10))
	if answered != nil {
		close(answered.letGo)
	}
	var leases []<-chan answer
	for _, a := range d.pick(r) {
		leases = append(leases, d.demand(t, a))
	}
	for range 4 {
		d.ask(t)
	}
	pause(t, between(r, time.Millisecond, time.Second))
	d.free(t)
	d.awaitReady(t)
	for _, lease := range leases {
		got := <-lease
		d.seen[fmt.Sprintf("leases answered %d", got.status)]++
		if got.err != nil || got.status != http.StatusOK && got.status != http.StatusServiceUnavailable {
			t.Errorf("a lease: got %+v, want a token or 503", got)
		}
	}
	if got := d.session(t); got.status != http.StatusCreated {
		t.Errorf("with room again: got %+v, want a session", got)
	}
	d.gate.set(nil)
	d.settle(t)
}

// pick is some of the accounts.
func (d *disk) pick(r *rand.Rand) (picked []*kept) {
	for _, a := range d.kept {
		if r.IntN(2) == 0 {
			picked = append(picked, a)
		}
	}
	return append(picked, d.kept[0]) // one at least
}

// ask writes and reads. When the disk took nothing the program says so, also to whoever
// asks whether it is ready.
func (d *disk) ask(t *testing.T) {
	t.Helper()
	switch got := d.session(t); {
	case got.status == http.StatusCreated: // there was room for that
		d.seen["sessions made while full"]++
	case got.status != http.StatusServiceUnavailable || !strings.Contains(got.body, "database_unwritable"):
		t.Errorf("a session while the disk is full: got %+v, want 503 database_unwritable", got)
	default:
		d.seen["sessions refused"]++
		if status := d.ready(t); status == http.StatusServiceUnavailable {
			d.seen["not ready"]++
		} else { // a page fitted, where a session did not
			d.seen["ready after a refusal"]++
		}
	}
	var channels any
	d.get(t, "/v1/channels", &channels)
}

func (d *disk) session(t testing.TB) answer {
	t.Helper()
	got := <-d.post(t, http.MethodPost, "/v1/sessions", "", map[string]any{"owner": map[string]string{"external_id": "somebody"}})
	if got.status == http.StatusCreated {
		d.sessions++
	}
	return got
}

func (d *disk) ready(t testing.TB) int {
	t.Helper()
	got := <-roundTrip(d.request(t, http.MethodGet, "/readyz", nil))
	return got.status
}

func (d *disk) awaitReady(t testing.TB) {
	t.Helper()
	for deadline := time.Now().Add(patience); d.ready(t) != http.StatusOK; pause(t, 20*time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not ready %s after there was room again", patience)
		}
	}
}

// judge lets everything's time come, and looks.
func (d *disk) judge(t *testing.T) {
	t.Helper()
	d.age(t)
	d.settle(t)
	d.expectWhole(t)
	if got := d.count(t, "sessions"); got != d.sessions {
		t.Errorf("got %d sessions, want %d: those that the program said it made", got, d.sessions)
	}
	var health string
	if err := d.db.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&health); err != nil || health != "ok" {
		t.Errorf("integrity_check: %v, %s", err, health)
	}
}

func (d *disk) count(t testing.TB, table string) (n int) {
	t.Helper()
	if err := d.db.QueryRowContext(t.Context(), "SELECT count(*) FROM "+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// fill takes what room there is, but for so many bytes. The log of SQLite is emptied
// before, or it would have room of its own.
func (d *disk) fill(t testing.TB, left int) {
	t.Helper()
	d.change(t, "PRAGMA wal_checkpoint(TRUNCATE)")
	f, err := os.Create(d.filler())
	if err != nil {
		t.Fatal(err)
	}
	size, block := int64(0), make([]byte, 64<<10)
	for len(block) > 0 {
		n, err := f.Write(block)
		size += int64(n)
		if errors.Is(err, syscall.ENOSPC) {
			block = block[:len(block)/2]
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(f.Truncate(max(0, size-int64(left))), f.Close()); err != nil {
		t.Fatal(err)
	}
}

func (d *disk) free(t testing.TB) {
	t.Helper()
	if err := os.Remove(d.filler()); err != nil {
		t.Fatal(err)
	}
}

func (d *disk) filler() string { return filepath.Join(d.folder, "filler") }
