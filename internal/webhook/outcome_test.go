package webhook_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/httpx"
	"patchbay/internal/webhook"
)

func TestGoneDisablesAtOnce(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		r, watcher := newReceiver(t, w), newReceiver(t, w)
		made := w.endpoint(t, webhook.NewEndpoint{URL: r.url})
		w.endpoint(t, webhook.NewEndpoint{URL: watcher.url, Types: []string{"endpoint.*"}})
		r.answers(status(http.StatusGone))
		channel := w.channel(t, "page-1")
		paused := connect.Event{Type: connect.EventChannelPaused, ChannelID: channel}
		w.emit(t, paused, paused, paused)
		w.pump(t)
		e := w.read(t, made.ID)
		if e.State != webhook.StateDisabled || e.Reason != webhook.ReasonGone || len(r.messages()) != 1 {
			t.Errorf("got %+v after %d requests, want it disabled after one", e, len(r.messages()))
		}
		counts := map[webhook.DeliveryState]int{}
		for _, d := range w.deliveries(t, webhook.DeliveryFilter{EndpointID: made.ID}) {
			counts[d.State]++
		}
		if counts[webhook.DeliveryFailed] != 1 || counts[webhook.DeliveryDropped] != 2 {
			t.Errorf("got %v, want one failed and two dropped", counts)
		}
		if ms := watcher.messages(); len(ms) != 1 || !strings.Contains(ms[0].body, `"type":"endpoint.disabled"`) || !strings.Contains(ms[0].body, `"reason":"gone"`) {
			t.Errorf("who else hears it got %+v, want the news", ms)
		}
		w.emit(t, paused)
		if w.pump(t) != 0 || len(w.deliveries(t, webhook.DeliveryFilter{EndpointID: made.ID})) != 3 {
			t.Error("an event made a delivery while the endpoint was disabled")
		}
	})
}

func TestRetryAfterIsHonoured(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		for _, c := range []struct {
			code      int
			header    string
			next      time.Duration // at least
			most      time.Duration
			heldUntil time.Duration // 0: not held
		}{
			{503, "120", 2 * time.Minute, 2 * time.Minute, 2 * time.Minute},
			{429, "60", time.Minute, time.Minute, time.Minute},
			{429, "1", 4 * time.Second, 6 * time.Second, time.Second},
			{429, "999999", time.Hour, time.Hour, time.Hour},
			{429, "soon", 4 * time.Second, 6 * time.Second, 10 * time.Second},
			{429, "-5", 4 * time.Second, 6 * time.Second, 10 * time.Second},
			{503, "", 4 * time.Second, 6 * time.Second, 0},
			{502, "120", 4 * time.Second, 6 * time.Second, 10 * time.Second},
			{504, "", 4 * time.Second, 6 * time.Second, 10 * time.Second},
			{500, "120", 4 * time.Second, 6 * time.Second, 0},
		} {
			r := newReceiver(t, w)
			r.answers(func(rw http.ResponseWriter, _ *http.Request) {
				rw.Header().Set("Retry-After", c.header)
				rw.WriteHeader(c.code)
			})
			made := w.endpoint(t, webhook.NewEndpoint{URL: r.url})
			w.emit(t, connect.Event{})
			w.pump(t)
			d := w.deliveries(t, webhook.DeliveryFilter{EndpointID: made.ID})[0]
			if next := d.NextAt.Sub(w.clock.now()); next < c.next || next > c.most {
				t.Errorf("%d %q: next after %s, want %s to %s", c.code, c.header, next, c.next, c.most)
			}
			e := w.read(t, made.ID)
			if held := e.HeldUntil.Sub(w.clock.now()); (c.heldUntil == 0 && !e.HeldUntil.IsZero()) || (c.heldUntil != 0 && held != c.heldUntil) {
				t.Errorf("%d %q: held for %s, want %s", c.code, c.header, held, c.heldUntil)
			}
			if c.heldUntil > 0 { // what is new waits too
				w.emit(t, connect.Event{})
				before := len(r.messages())
				w.pump(t)
				if len(r.messages()) != before {
					t.Errorf("%d %q: something was sent while the endpoint was held", c.code, c.header)
				}
			}
			must(t, w.hooks.DeleteEndpoint(t.Context(), w.caller, made.ID))
			w.clock.move(2 * time.Hour)
		}
	})
}

// TestOutcomesThatComeTogether: eight requests are answered at one moment, two of them for
// deliveries that somebody else has sent since. Those count no more, all others do.
func TestOutcomesThatComeTogether(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		r := newReceiver(t, w)
		made := w.endpoint(t, webhook.NewEndpoint{URL: r.url})
		for range webhook.InFlightCap {
			w.emit(t, connect.Event{})
		}
		first := w.hooks
		claims, _, _, err := first.ClaimDue(t.Context(), made.ID, webhook.InFlightCap)
		must(t, err)
		w.kill(t)
		over, _, _, err := w.hooks.ClaimDue(t.Context(), made.ID, 2)
		must(t, err)
		for _, c := range over {
			must(t, w.hooks.Deliver(t.Context(), c))
		}
		var here sync.WaitGroup
		here.Add(len(claims))
		r.answers(func(rw http.ResponseWriter, _ *http.Request) {
			here.Done()
			here.Wait()
			rw.WriteHeader(500)
		})
		var all sync.WaitGroup
		for _, c := range claims {
			all.Go(func() { must(t, first.Deliver(t.Context(), c)) })
		}
		all.Wait()
		states := map[webhook.DeliveryState]int{}
		for _, d := range w.deliveries(t, webhook.DeliveryFilter{EndpointID: made.ID}) {
			states[d.State]++
			_, attempts, err := w.hooks.Delivery(t.Context(), w.caller, d.ID)
			must(t, err)
			if d.Attempts != 1 || len(attempts) != 1 || (attempts[0].Status == 500) != (d.State == webhook.DeliveryPending) {
				t.Errorf("delivery %d is %s after %d attempts, %d of them kept", d.ID, d.State, d.Attempts, len(attempts))
			}
		}
		if states[webhook.DeliveryDelivered] != 2 || states[webhook.DeliveryPending] != 6 || w.read(t, made.ID).Failures != 6 {
			t.Errorf("got %v and %d failures, want two delivered and six that failed once", states, w.read(t, made.ID).Failures)
		}
	})
}

// TestAHeldEndpointTellsForHowLong: nobody has to ask again before.
func TestAHeldEndpointTellsForHowLong(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		r := newReceiver(t, w)
		r.answers(func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Retry-After", "120")
			rw.WriteHeader(http.StatusTooManyRequests)
		})
		made := w.endpoint(t, webhook.NewEndpoint{URL: r.url})
		w.emit(t, connect.Event{})
		w.pump(t)
		w.clock.move(20 * time.Second)
		for _, want := range []time.Duration{100 * time.Second, 0} {
			_, _, wait, err := w.hooks.ClaimDue(t.Context(), made.ID, 1)
			must(t, err)
			if wait != want {
				t.Errorf("got %s to wait, want %s", wait, want)
			}
			w.clock.move(want)
		}
	})
}

// TestFiveDaysOfFailure disables, tells the others, and begins anew when enabled.
func TestFiveDaysOfFailure(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		r, watcher := newReceiver(t, w), newReceiver(t, w)
		made := w.endpoint(t, webhook.NewEndpoint{URL: r.url})
		w.endpoint(t, webhook.NewEndpoint{URL: watcher.url, Types: []string{"endpoint.disabled"}})
		w.emit(t, connect.Event{})
		w.pump(t) // it works at first
		w.clock.move(20 * 24 * time.Hour)
		r.answers(status(404))
		began := w.clock.now()
		for w.read(t, made.ID).State == webhook.StateActive && w.clock.now().Sub(began) < 10*24*time.Hour {
			w.emit(t, connect.Event{})
			w.pump(t)
			w.clock.move(8 * time.Hour)
		}
		e := w.read(t, made.ID)
		if took := e.UpdatedAt.Sub(began); e.Reason != webhook.ReasonFailing || took != 5*24*time.Hour {
			t.Errorf("got %+v disabled after %s, want after five days, as failing", e, took)
		}
		if ms := watcher.messages(); len(ms) != 1 {
			w.pump(t)
			if ms = watcher.messages(); len(ms) != 1 || !strings.Contains(ms[0].body, `"reason":"failing"`) {
				t.Errorf("the other endpoint got %+v, want the news", ms)
			}
		}
		pending := w.deliveries(t, webhook.DeliveryFilter{EndpointID: made.ID, State: webhook.DeliveryPending})
		if len(pending) != 0 {
			t.Errorf("got %d pending, want them dropped", len(pending))
		}
		r.answers(nil)
		before := len(r.messages())
		active := webhook.StateActive
		e, err := w.hooks.ChangeEndpoint(t.Context(), w.caller, made.ID, webhook.EndpointChange{State: &active})
		must(t, err)
		if e.State != active || e.Reason != "" || e.Failures != 0 || !e.FailingSince.IsZero() {
			t.Errorf("enabled: got %+v, want it as new", e)
		}
		w.emit(t, connect.Event{})
		if w.pump(t); len(r.messages()) != before+1 {
			t.Errorf("enabled: got %d messages, want the new one alone", len(r.messages())-before)
		}
	})
}

// TestBadReceivers are met within the time of a request, and none is believed.
func TestBadReceivers(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		w.client = httpx.NewClient(httpx.ClientConfig{Loopback: true, Timeout: 300 * time.Millisecond})
		t.Cleanup(w.client.CloseIdle)
		w.hooks = w.restarted()
		over, end := context.WithCancel(context.Background())
		t.Cleanup(end)
		followed := newReceiver(t, w)
		endless := func(rw http.ResponseWriter, _ *http.Request) {
			for chunk := strings.Repeat("x", 32<<10); ; {
				if _, err := io.WriteString(rw, chunk); err != nil {
					return
				}
			}
		}
		for name, c := range map[string]struct {
			answer    http.HandlerFunc
			delivered bool
			status    int
			error     string
		}{
			"hangs": {func(_ http.ResponseWriter, req *http.Request) {
				select {
				case <-req.Context().Done():
				case <-over.Done():
				}
			}, false, 0, "It did not answer in time."},
			"hangs up": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, false, 0, "The connection broke before it answered."},
			"redirects": {func(rw http.ResponseWriter, req *http.Request) {
				http.Redirect(rw, req, followed.url, http.StatusTemporaryRedirect)
			}, false, 307, "It answered 307 Temporary Redirect."},
			"sends without end":            {endless, true, 200, ""},
			"fails, and sends without end": {func(rw http.ResponseWriter, req *http.Request) { rw.WriteHeader(500); endless(rw, req) }, false, 500, "It answered 500 Internal Server Error."},
			"drips": {func(rw http.ResponseWriter, req *http.Request) {
				_, _ = io.WriteString(rw, "d")
				_ = http.NewResponseController(rw).Flush()
				<-req.Context().Done()
			}, true, 200, ""},
			"answers an odd status": {status(299), true, 299, ""},
		} {
			r := newReceiver(t, w)
			r.answers(c.answer)
			made := w.endpoint(t, webhook.NewEndpoint{URL: r.url})
			w.emit(t, connect.Event{})
			began := time.Now()
			w.pump(t)
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("%s: took %s", name, took)
			}
			d, attempts, err := w.hooks.Delivery(t.Context(), w.caller, w.deliveries(t, webhook.DeliveryFilter{EndpointID: made.ID})[0].ID)
			must(t, err)
			if (d.State == webhook.DeliveryDelivered) != c.delivered || d.Status != c.status || d.Error != c.error {
				t.Errorf("%s: got %s, %d, %q; want delivered %t, %d, %q", name, d.State, d.Status, d.Error, c.delivered, c.status, c.error)
			}
			if len(attempts) != 1 || len(attempts[0].Answer) > 1<<10 {
				t.Errorf("%s: got %d attempts, want one with at most 1 KiB of the answer", name, len(attempts))
			}
			must(t, w.hooks.DeleteEndpoint(t.Context(), w.caller, made.ID))
		}
		if len(followed.messages()) != 0 {
			t.Error("a redirect was followed")
		}
	})
}

// TestAddressesAreGuardedWhenDialled: a name that passed when it was saved.
func TestAddressesAreGuardedWhenDialled(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		r := newReceiver(t, w)
		made := w.endpoint(t, webhook.NewEndpoint{URL: r.url})
		w.client = httpx.NewClient(httpx.ClientConfig{Timeout: 5 * time.Second}) // of a server that is no dev
		t.Cleanup(w.client.CloseIdle)
		w.hooks = w.restarted()
		w.emit(t, connect.Event{})
		w.pump(t)
		d := w.deliveries(t, webhook.DeliveryFilter{EndpointID: made.ID})[0]
		if want := "Its address may not be called: it is not public, or not at the port 80 or 443."; d.Error != want || d.Status != 0 || len(r.messages()) != 0 {
			t.Errorf("got %q, want %q and no call", d.Error, want)
		}
	})
}
