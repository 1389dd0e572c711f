package crash_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"patchbay/internal/e2e"
	"patchbay/internal/lab"
)

// keeping is a world whose accounts are connected and have to stay alive while it dies.
// They are at the Lab's standard servers, one for each refresh model.
type keeping struct {
	*world
	kept   []*kept
	deaths []time.Time
}

// kept is one account.
type kept struct {
	model          string
	channel, grant int64
	family         string // what the Lab calls the consent
	first          int64  // version of the token that came with it
	aged           int64  // version when the accounts were made older
	lost           bool   // as it was judged last

	told atomic.Int64 // newest version that the application was told
}

func newKeeping(t testing.TB, engine string, env ...string) *keeping {
	t.Helper()
	k := prepareKeeping(t, engine, env...)
	k.start(t)
	return k
}

// prepareKeeping is newKeeping before the program has started.
func prepareKeeping(t testing.TB, engine string, env ...string) *keeping {
	t.Helper()
	w := prepare(t, engine, env...)
	labOrigin := w.args[slices.Index(w.args, "--lab-url")+1]
	files := e2e.DescribeOpen(t, w.lab, labOrigin, "http://"+w.args[slices.Index(w.args, "--addr")+1])
	w.env = append(w.env, "PATCHBAY_CUSTOM_PLATFORMS="+files, "PATCHBAY_TRUSTED_ORIGINS="+labOrigin)
	return &keeping{world: w}
}

// connect adds so many accounts at each of the models.
func (k *keeping) connect(t testing.TB, each int, models ...string) {
	t.Helper()
	front := &e2e.World{URL: k.url, Key: k.program.APIKey}
	for range each {
		for _, model := range models {
			a := &kept{model: model, channel: front.ConnectOpen(t, model, fmt.Sprintf("crowd-%d", len(k.kept)))}
			redeems := k.lab.Redeems() // nobody else connects: the last code is this one's
			for i := len(redeems) - 1; a.family == ""; i-- {
				if redeems[i].Kind == lab.RedeemCode {
					a.family = redeems[i].Family
				}
			}
			h := k.held(t, a)
			a.grant, a.first = h.ID, h.Version
			k.kept = append(k.kept, a)
		}
	}
}

// die is SIGKILL, and the end of what the dead one held: on PostgreSQL nobody can tell
// that it is dead, and leases would have to run out.
func (k *keeping) die(t testing.TB) {
	t.Helper()
	k.deaths = append(k.deaths, time.Now())
	k.kill()
	k.change(t, `UPDATE grants SET lease_until = NULL WHERE lease_until IS NOT NULL`)
}

// due makes accounts due now, as their schedule would.
func (k *keeping) due(t testing.TB, accounts ...*kept) {
	t.Helper()
	var ids []string
	for _, a := range accounts {
		ids = append(ids, fmt.Sprint(a.grant))
	}
	k.change(t, fmt.Sprintf(`UPDATE grants SET refresh_at = %d, next_at = %[1]d WHERE phase = '' AND refresh_at IS NOT NULL AND id IN (%s)`,
		time.Now().UnixMilli(), strings.Join(ids, ", ")))
}

// demand leases a newer token than the application knows. What it is told is noted when
// the answer comes, if it comes.
func (k *keeping) demand(t testing.TB, a *kept) <-chan answer {
	t.Helper()
	known := max(a.told.Load(), a.first)
	done := make(chan answer, 1)
	got := k.post(t, http.MethodPost, fmt.Sprintf("/v1/channels/%d/token", a.channel), "", map[string]any{"newer_than": known})
	go func() {
		answer := <-got
		var lease struct{ Version int64 }
		if answer.err == nil && answer.status == http.StatusOK && json.Unmarshal([]byte(answer.body), &lease) == nil {
			a.tell(lease.Version)
		}
		done <- answer
	}()
	return done
}

func (a *kept) tell(version int64) {
	for {
		told := a.told.Load()
		if version <= told || a.told.CompareAndSwap(told, version) {
			return
		}
	}
}

// settle waits until nothing is under way, and nothing is due.
func (k *keeping) settle(t testing.TB) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; pause(t, 50*time.Millisecond) {
		open := 0
		query := `SELECT count(*) FROM grants WHERE phase = 'redeeming' OR lease_until IS NOT NULL OR refresh_at <= $1`
		if err := k.db.QueryRowContext(t.Context(), query, time.Now().UnixMilli()).Scan(&open); err != nil {
			t.Fatal(err)
		}
		if open == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d grants are not at rest after %s", open, patience)
		}
	}
}

// age makes all grants older while nothing is under way, and moves the platforms' clock:
// an access token lives for two hours, so that afterwards every one is due, and the last
// try of those that may be lost.
func (k *keeping) age(t testing.TB) {
	t.Helper()
	for _, a := range k.kept {
		a.aged = k.held(t, a).Version
	}
	const d = 2*time.Hour - time.Minute
	var sets []string
	for _, column := range []string{"expires_at", "issued_at", "proven_at", "updated_at", "ends_at", "refresh_at", "probe_at", "tell_at", "next_at"} {
		sets = append(sets, fmt.Sprintf("%s = %[1]s - %d", column, d.Milliseconds()))
	}
	k.lab.Clock().Advance(d)
	k.change(t, `UPDATE grants SET `+strings.Join(sets, ", "))
}
