package schedule_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestRetryAfterAndThrottling: nothing is sent to an endpoint before the time that it
// named, an hour at most, nor for a moment where it is overloaded; whoever else is told.
func TestRetryAfterAndThrottling(t *testing.T) {
	t.Parallel()
	const no, moment = time.Duration(0), 10 * time.Second
	seconds := func(code int, value string) http.HandlerFunc { return status(code, "Retry-After", value) }
	in := func(d time.Duration) http.HandlerFunc { // receivers' clocks are real ones
		return func(rw http.ResponseWriter, r *http.Request) {
			status(http.StatusServiceUnavailable, "Retry-After", time.Now().Add(d).UTC().Format(http.TimeFormat))(rw, r)
		}
	}
	onEngines(t, func(t *testing.T, w *world) {
		other := w.receiver(t)
		w.listen(t, other, []string{"session.created"})
		for name, c := range map[string]struct {
			answer http.HandlerFunc
			held   time.Duration // nothing is sent meanwhile
		}{
			"503 for two minutes":                {seconds(503, "120"), 2 * time.Minute},
			"429 for two minutes":                {seconds(429, "120"), 2 * time.Minute},
			"503 until a date":                   {in(2 * time.Minute), 2 * time.Minute},
			"503 until a date long past":         {in(-240 * time.Hour), no},
			"503 for an hour":                    {seconds(503, "3600"), time.Hour},
			"503 for a day":                      {seconds(503, "86400"), time.Hour},
			"503 until next year":                {in(400 * 24 * time.Hour), time.Hour},
			"429 for longer than numbers go":     {seconds(429, "99999999999999999999"), moment},
			"429 for a negative time":            {seconds(429, "-120"), moment},
			"429 in words":                       {seconds(429, "soon"), moment},
			"429 without a word":                 {status(429), moment},
			"502":                                {seconds(502, "120"), moment},
			"504":                                {status(504), moment},
			"503 without a word":                 {status(503), no},
			"500, where it means nothing":        {seconds(500, "120"), no},
			"a redirect, where it means nothing": {status(302, "Retry-After", "120", "Location", other.url), no},
		} {
			r := w.receiver(t)
			r.answers(c.answer)
			e := w.listen(t, r, []string{"session.created"})
			others := other.count()
			w.happen(t)
			w.pump(t)
			w.restart(t) // what it asked for is not forgotten
			r.answers(nil)
			w.happen(t)
			if other.count() != others+1 {
				t.Errorf("%s: the other endpoint got %d messages at once, want one", name, other.count()-others)
			}
			began := w.now()
			w.clock.Advance(max(c.held-2*time.Second, 0)) // a date knows no more than seconds
			w.pump(t)
			want := 1
			if c.held == no {
				want = 2 // the second one, which has not failed
			}
			if r.count() != want || other.count() != others+2 {
				t.Errorf("%s: got %d requests by then, want %d, and %d elsewhere, want 2", name, r.count(), want, other.count()-others)
			}
			w.reach(began.Add(max(c.held, 6*time.Second)))
			w.pump(t)
			if ids := r.ids(); len(ids) != 3 {
				t.Errorf("%s: got %v, want the first twice and the second", name, ids)
			}
			w.Call(t, http.MethodDelete, "/v1/endpoints/"+number(e.ID), nil)
		}
	})
}

// TestGone: an endpoint that answers 410 is sent nothing more at once, whoever listens is
// told, and what it missed can be sent when it is wanted again.
func TestGone(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		r, news := w.receiver(t), w.receiver(t)
		e := w.listen(t, r, []string{"session.created"})
		w.listen(t, news, []string{"endpoint.disabled"})
		w.happen(t) // 1
		w.pump(t)
		page := w.pages(t, 1)
		r.answers(status(http.StatusGone))
		w.happen(t) // 2
		w.send(t, e.ID)
		w.restart(t)
		if got := w.endpoint(t, e.ID); got.String() != "disabled gone" {
			t.Errorf("got it %s, want disabled gone", got)
		}
		w.happen(t) // 4: 3 told of its end
		w.act(t, page[0], "pause")
		w.happen(t) // 6
		w.clock.Advance(30 * day)
		w.pump(t)
		if diff := cmp.Diff([]string{number(e.ID) + " gone"}, w.disabled(t)); diff != "" || news.count() != 1 || r.count() != 2 {
			t.Errorf("got %d requests after the 410 and %d messages of its end, want none and one; in the log (-want +got):\n%s", r.count()-2, news.count(), diff)
		}
		if a := w.replay(t, e.ID, nil); a.Status != http.StatusConflict {
			t.Errorf("a replay while it is disabled: got %d %s, want 409", a.Status, a.Body)
		}
		r.answers(nil)
		if got := w.enable(t, e.ID); got.String() != "active" || got.Failures != 0 || got.FailingSince != nil {
			t.Errorf("enabled: got %+v, want it as new", got)
		}
		w.clock.Advance(day)
		w.pump(t)
		if r.count() != 2 {
			t.Errorf("got %v, want nothing by itself", r.ids())
		}
		w.replay(t, e.ID, map[string]any{"failed_only": true, "since": w.now().Add(-100 * day)}) // of itself it goes back 30 days
		must(t, w.App.Webhooks.CarryReplays(t.Context()))
		w.pump(t)
		id := func(n int) string { return "evt_" + number(w.Workspace.ID) + "_" + number(int64(n)) }
		if diff := cmp.Diff([]string{id(1), id(2), id(2), id(4), id(6)}, slices.Sorted(slices.Values(r.ids()))); diff != "" { // they are about no channel
			t.Errorf("all in all (-want +got):\n%s", diff)
		}
	})
}
