package schedule_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// fails lets an endpoint fail, with the program beginning anew after every request, until
// the clock is there or the endpoint is disabled.
func (w *world) fails(t testing.TB, r *receiver, e endpoint, until time.Time) {
	t.Helper()
	for w.now().Before(until) {
		w.pump(t)
		w.restart(t)
		next := until
		for _, d := range w.deliveries(t, e.ID) {
			if d.NextAt != nil && d.NextAt.Before(next) {
				next = *d.NextAt
			}
		}
		if w.endpoint(t, e.ID).State == "disabled" {
			return
		}
		w.reach(next)
	}
}

// TestFiveDaysOfNothingButFailure disable an endpoint, however often the program began
// anew meanwhile, and not a moment earlier; one success begins them anew.
func TestFiveDaysOfNothingButFailure(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		r, news := w.receiver(t), w.receiver(t)
		e := w.listen(t, r, []string{"session.created"})
		w.listen(t, news, []string{"endpoint.disabled"})
		r.answers(status(http.StatusInternalServerError))
		w.happen(t)
		w.fails(t, r, e, began.Add(3*day))
		r.answers(nil)
		w.happen(t)
		w.pump(t)
		if got := w.endpoint(t, e.ID); got.String() != "active" || got.Failures != 0 || got.FailingSince != nil {
			t.Errorf("after a success: got %+v, want all forgotten", got)
		}
		r.answers(status(http.StatusNotFound))
		before, first := r.count(), w.now().Add(time.Hour)
		w.reach(first)
		w.happen(t)
		w.fails(t, r, e, first.Add(4*day+12*time.Hour))
		w.happen(t)
		w.fails(t, r, e, first.Add(30*day))
		if got := w.endpoint(t, e.ID); got.String() != "disabled failing" || !got.FailingSince.Equal(first) {
			t.Errorf("got it %s since %s, want disabled failing since %s", got, got.FailingSince, first)
		}
		for i, m := range r.messages()[before:] {
			if last := i == r.count()-before-1; (m.at.Sub(first) >= patience) != last {
				t.Errorf("request %d of %d came %s after the first failure, want the last one alone to be later than %s", i+1, r.count()-before, m.at.Sub(first), patience)
			}
		}
		w.happen(t)
		w.clock.Advance(30 * day)
		requests := r.count()
		w.pump(t)
		if r.count() != requests || news.count() != 1 {
			t.Errorf("got %d requests afterwards and %d messages of its end, want none and one", r.count()-requests, news.count())
		}
		if diff := cmp.Diff([]string{number(e.ID) + " failing"}, w.disabled(t)); diff != "" {
			t.Errorf("in the log (-want +got):\n%s", diff)
		}
		for _, d := range w.deliveries(t, e.ID) {
			if d.State == "pending" {
				t.Errorf("delivery %d still waits", d.ID)
			}
		}
		r.answers(nil)
		w.enable(t, e.ID)
		w.replay(t, e.ID, map[string]any{"failed_only": true, "since": w.now().Add(-100 * day)}) // of itself it goes back 30 days
		must(t, w.App.Webhooks.CarryReplays(t.Context()))
		w.pump(t)
		if got := r.count() - requests; got < 3 || w.endpoint(t, e.ID).Failures != 0 {
			t.Errorf("enabled: got %d of what was missed, want at least the last three", got)
		}
	})
}

// TestFewFailures close together say little, however long nothing was tried after them.
func TestFewFailures(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		r := w.receiver(t)
		e := w.listen(t, r, []string{"session.created"})
		r.answers(status(http.StatusInternalServerError))
		w.happen(t)
		w.fails(t, r, e, began.Add(8*time.Hour))
		w.clock.Advance(patience - w.at() - time.Millisecond) // the program was off
		w.restart(t)
		w.pump(t)
		if got := w.endpoint(t, e.ID); got.String() != "active" || got.Failures < 4 {
			t.Errorf("a moment before five days are over: got it %s after %d failures, want active", got, got.Failures)
		}
		w.clock.Advance(30 * day)
		r.answers(nil)
		w.restart(t)
		if got := w.endpoint(t, e.ID); got.String() != "active" {
			t.Errorf("got it %s without an attempt, want active", got)
		}
		w.pump(t)
		if got := w.endpoint(t, e.ID); got.String() != "active" || got.FailingSince != nil || len(w.disabled(t)) != 0 {
			t.Errorf("after a success: got it %s, failing since %v, want all forgotten", got, got.FailingSince)
		}
	})
}

// TestSmartlyQ has its own schedule: 2, 4, 8, 16 and 32 minutes, and given up after ten
// failures in a row.
func TestSmartlyQ(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		pages := w.pages(t, 3)
		r, news := w.receiver(t), w.receiver(t)
		e := w.listen(t, r, []string{"account.disconnected"}, "smartlyq")
		w.listen(t, news, []string{"endpoint.disabled"})
		if got := w.endpoint(t, e.ID); got.Scheme != "smartlyq" {
			t.Errorf("got the scheme %q, want smartlyq", got.Scheme)
		}
		r.answers(status(http.StatusGone)) // which means nothing in particular there
		minutes := []time.Duration{2, 4, 8, 16, 32}
		for nth, page := range pages[:2] {
			w.act(t, page, "disconnect")
			d := w.deliveries(t, e.ID)[nth]
			for i := 0; d.NextAt != nil && i < 10; i++ {
				w.reach(*d.NextAt)
				w.pump(t)
				w.restart(t)
				if d = w.delivery(t, d.ID); d.NextAt == nil {
					break
				}
				if got, want := d.NextAt.Sub(w.now()), minutes[i]*time.Minute; got < want*4/5-time.Millisecond || got > want*6/5 {
					t.Errorf("wait %d: got %s, want %s give or take a fifth", i+1, got, want)
				}
			}
			if want := []string{"failed", "dropped"}[nth]; d.State != want || d.Attempts != []int{6, 4}[nth] {
				t.Errorf("got it %s after %d attempts, want %s", d.State, d.Attempts, want)
			}
			if got, want := w.endpoint(t, e.ID).String(), []string{"active", "disabled failing"}[nth]; got != want {
				t.Errorf("after %d failures: got the endpoint %s, want %s", r.count(), got, want)
			}
		}
		w.act(t, pages[2], "disconnect")
		w.clock.Advance(day)
		w.pump(t)
		if r.count() != 10 || news.count() != 1 {
			t.Errorf("got %d requests and %d messages of its end, want 10 and one", r.count(), news.count())
		}
		for i, m := range r.messages() {
			first := r.messages()[i/6*6]
			if m.body != first.body || m.header.Get("X-Smartlyq-Event-Id") != first.header.Get("X-Smartlyq-Event-Id") {
				t.Errorf("attempt %d differs from the first of its event", i+1)
			}
			stamp, signed, _ := strings.Cut(m.header.Get("X-Smartlyq-Signature"), ",v1=")
			mac := hmac.New(sha256.New, []byte(e.Secret))
			mac.Write([]byte(strings.TrimPrefix(stamp, "t=") + "." + m.body))
			if want := hex.EncodeToString(mac.Sum(nil)); signed != want {
				t.Errorf("attempt %d: got the signature %q, want %q", i+1, signed, want)
			}
		}
	})
}
