package webhook_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/webhook"
)

// TestNoDeliveryWithoutItsEvent has a transaction fail after it emitted.
func TestNoDeliveryWithoutItsEvent(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		r := newReceiver(t, w)
		w.endpoint(t, webhook.NewEndpoint{URL: r.url})
		oops := errors.New("oops")
		err := w.store.InTx(t.Context(), func(tx connect.Tx) error {
			tx.Emit(connect.Event{WorkspaceID: w.caller.WorkspaceID, Type: connect.EventSessionCreated, At: w.clock.now()})
			return oops
		})
		if !errors.Is(err, oops) || w.pump(t) != 0 || len(w.deliveries(t, webhook.DeliveryFilter{})) != 0 {
			t.Errorf("got %v and a delivery, want the error and none", err)
		}
	})
}

// TestCommittedDeliveriesNudge: nobody has to wait for the next look.
func TestCommittedDeliveriesNudge(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		var mu sync.Mutex
		var told []int64
		w.store.OnDeliveries(func(ids ...int64) { mu.Lock(); defer mu.Unlock(); told = append(told, ids...) })
		a, b := w.endpoint(t, webhook.NewEndpoint{URL: "https://a.example/"}), w.endpoint(t, webhook.NewEndpoint{URL: "https://b.example/", Types: []string{"channel.*"}})
		w.emit(t, connect.Event{})
		w.emit(t, connect.Event{Type: connect.EventChannelError})
		mu.Lock()
		defer mu.Unlock()
		if diff := cmp.Diff([]int64{a.ID, a.ID, b.ID}, told); diff != "" {
			t.Errorf("nudged (-want +got):\n%s", diff)
		}
	})
}

// TestTheSchedule walks a failing delivery through ten attempts, each by another process.
func TestTheSchedule(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		r := newReceiver(t, w)
		r.answers(status(500))
		made := w.endpoint(t, webhook.NewEndpoint{URL: r.url})
		w.emit(t, connect.Event{})
		waits := []time.Duration{
			5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
		}
		for i, wait := range waits {
			if got := w.pump(t); got != 1 {
				t.Fatalf("attempt %d: got %d requests, want 1", i+1, got)
			}
			d := w.deliveries(t, webhook.DeliveryFilter{})[0]
			if got := d.NextAt.Sub(w.clock.now()); got < wait*4/5-time.Second || got > wait*6/5+time.Second {
				t.Errorf("wait %d: got %s, want %s give or take a fifth", i+1, got, wait)
			}
			w.clock.set(d.NextAt.Add(-time.Millisecond))
			if w.pump(t) != 0 {
				t.Errorf("attempt %d came before its time", i+2)
			}
			w.clock.set(d.NextAt)
			w.kill(t)
		}
		w.pump(t)
		d, attempts, err := w.hooks.Delivery(t.Context(), w.caller, w.deliveries(t, webhook.DeliveryFilter{})[0].ID)
		must(t, err)
		if d.State != webhook.DeliveryFailed || d.Attempts != 10 || len(attempts) != 10 || d.Error != "It answered 500 Internal Server Error." {
			t.Errorf("got %+v with %d attempts kept, want it failed after ten", d, len(attempts))
		}
		w.clock.move(100 * time.Hour)
		if w.pump(t) != 0 {
			t.Error("it was sent an eleventh time")
		}
		if e := w.read(t, made.ID); e.Failures != 10 || e.State != webhook.StateActive {
			t.Errorf("endpoint: got %+v, want it borne so far", e)
		}
		first := r.messages()[0]
		for i, m := range r.messages() {
			if m.body != first.body || m.header.Get("webhook-id") != first.header.Get("webhook-id") {
				t.Errorf("attempt %d differs from the first", i+1)
			}
			verifies(t, made.Secret, m, true)
		}
	})
}

// TestOrderOfAChannel: what fails keeps back what follows about its channel, and nothing
// else.
func TestOrderOfAChannel(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		r, other := newReceiver(t, w), newReceiver(t, w)
		w.endpoint(t, webhook.NewEndpoint{URL: r.url})
		w.endpoint(t, webhook.NewEndpoint{URL: other.url})
		a, b := w.channel(t, "a"), w.channel(t, "b")
		about := func(channel int64) connect.Event {
			return connect.Event{Type: connect.EventChannelError, ChannelID: channel}
		}
		failing := true
		r.answers(func(rw http.ResponseWriter, req *http.Request) {
			if failing && req.Header.Get("webhook-id") == "evt_1_1" {
				rw.WriteHeader(500)
			}
		})
		w.emit(t, about(a), about(a), about(b), connect.Event{}, about(a), about(b)) // 1 2 5 of a, 3 6 of b, 4 of none
		w.pump(t)
		want := []string{"evt_1_1", "evt_1_3", "evt_1_4", "evt_1_6"}
		if diff := cmp.Diff(want, r.ids()); diff != "" {
			t.Errorf("while the first of a fails (-want +got):\n%s", diff)
		}
		if got := other.ids(); len(got) != 6 {
			t.Errorf("the other endpoint got %v, want all six", got)
		}
		failing = false
		w.kill(t)
		w.clock.move(10 * time.Second)
		w.pump(t)
		if diff := cmp.Diff(append(want, "evt_1_1", "evt_1_2", "evt_1_5"), r.ids()); diff != "" {
			t.Errorf("afterwards (-want +got):\n%s", diff)
		}
	})
}

// TestCapOfAnEndpoint has two processes claim for one endpoint as much as they can.
func TestCapOfAnEndpoint(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		made := w.endpoint(t, webhook.NewEndpoint{URL: "https://slow.example/"})
		for range 30 {
			w.emit(t, connect.Event{})
		}
		second := w.restarted()
		var claims []webhook.Claim
		for _, s := range []*webhook.Service{w.hooks, second, w.hooks} {
			got, _, _, err := s.ClaimDue(t.Context(), made.ID, 5)
			must(t, err)
			claims = append(claims, got...)
		}
		if len(claims) != webhook.InFlightCap {
			t.Errorf("got %d in flight, want %d", len(claims), webhook.InFlightCap)
		}
		w.kill(t)
		got, _, _, err := w.hooks.ClaimDue(t.Context(), made.ID, 99)
		must(t, err)
		if len(got) != webhook.InFlightCap {
			t.Errorf("after a kill: got %d, want %d", len(got), webhook.InFlightCap)
		}
	})
}

// TestALateOutcomeChangesNothing: a process that was thought dead comes home after its
// delivery was sent by another.
func TestALateOutcomeChangesNothing(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		r := newReceiver(t, w)
		r.answers(status(500))
		made := w.endpoint(t, webhook.NewEndpoint{URL: r.url})
		w.emit(t, connect.Event{})
		late, _, _, err := w.hooks.ClaimDue(t.Context(), made.ID, 1)
		must(t, err)
		w.kill(t)
		r.answers(nil)
		w.pump(t)
		r.answers(status(500))
		must(t, w.restarted().Deliver(t.Context(), late[0]))
		d, attempts, err := w.hooks.Delivery(t.Context(), w.caller, w.deliveries(t, webhook.DeliveryFilter{})[0].ID)
		must(t, err)
		if d.State != webhook.DeliveryDelivered || len(attempts) != 1 || w.read(t, made.ID).Failures != 0 {
			t.Errorf("got %+v with %d attempts, want what the living one wrote", d, len(attempts))
		}
	})
}

// odd is a scheme whose messages differ at each encoding, and that chokes on some events.
type odd struct {
	webhook.Scheme
	encoded *int
}

func (odd) Name() string { return "odd" }

func (odd) Hears(string) ([]string, bool) { return []string{"*"}, true }

func (o odd) Encode(n webhook.Notice) ([]byte, string, bool, error) {
	*o.encoded++
	switch string(n.Event.Data) {
	case `{"poison":1}`:
		return nil, "", false, errors.New("cannot be written")
	case `{"poison":2}`:
		panic("nor this")
	case `{"boring":1}`:
		return nil, "", false, nil
	}
	name := ""
	if n.Channel != nil {
		name = n.Channel.ExternalID + " of " + n.Owner.ExternalID
	}
	return fmt.Appendf(nil, "%d %s", *o.encoded, name), "odd." + n.Event.Type, true, nil
}

func TestBodiesAreFrozen(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		encoded := 0
		w.use(odd{webhook.Standard(""), &encoded})
		r := newReceiver(t, w)
		r.answers(status(500))
		w.endpoint(t, webhook.NewEndpoint{URL: r.url, Scheme: "odd"})
		channel := w.channel(t, "page-1")
		w.emit(t, connect.Event{Type: connect.EventChannelPaused, ChannelID: channel})
		for range 3 {
			w.pump(t)
			w.kill(t)
			w.clock.move(time.Hour)
		}
		ms := r.messages()
		if len(ms) != 3 || ms[0].body != ms[1].body || ms[1].body != ms[2].body || encoded != 1 {
			t.Errorf("got %+v after %d encodings, want three times the same", ms, encoded)
		}
		d := w.deliveries(t, webhook.DeliveryFilter{})[0]
		if d.Kind != "odd.channel.paused" || len(ms[0].body) < len("1 page-1 of ?") {
			t.Errorf("got the kind %q and %q, want the scheme's word, and the channel with its owner", d.Kind, ms[0].body)
		}
	})
}

func TestPoisonBlocksNothing(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		encoded := 0
		w.use(odd{webhook.Standard(""), &encoded})
		r := newReceiver(t, w)
		w.endpoint(t, webhook.NewEndpoint{URL: r.url, Scheme: "odd"})
		channel := w.channel(t, "page-1")
		for _, data := range []string{`{"poison":1}`, `{"poison":2}`, `{"boring":1}`, `{}`} {
			w.emit(t, connect.Event{Type: connect.EventChannelPaused, ChannelID: channel, Data: []byte(data)})
		}
		w.pump(t)
		var states []webhook.DeliveryState
		for _, d := range w.deliveries(t, webhook.DeliveryFilter{}) {
			states = append(states, d.State)
			if d.State == webhook.DeliveryFailed && d.Error != "The event could not be written as a message." {
				t.Errorf("got the error %q, want what is the matter", d.Error)
			}
		}
		slices.Reverse(states)
		want := []webhook.DeliveryState{webhook.DeliveryFailed, webhook.DeliveryFailed, webhook.DeliverySkipped, webhook.DeliveryDelivered}
		if diff := cmp.Diff(want, states); diff != "" || len(r.messages()) != 1 {
			t.Errorf("got %d messages, want one; states (-want +got):\n%s", len(r.messages()), diff)
		}
		w.emit(t, connect.Event{})
		w.use() // a server that does not know the scheme any more
		if w.pump(t) != 0 || w.deliveries(t, webhook.DeliveryFilter{})[0].State != webhook.DeliveryFailed {
			t.Error("a delivery of a scheme that nobody knows did not fail")
		}
	})
}

// TestOldDeliveriesGo keeps 30 days.
func TestOldDeliveriesGo(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		r := newReceiver(t, w)
		made := w.endpoint(t, webhook.NewEndpoint{URL: r.url})
		w.emit(t, connect.Event{})
		w.pump(t)
		w.clock.move(30*24*time.Hour - time.Second)
		must(t, w.hooks.DropDeliveries(t.Context()))
		if n := len(w.deliveries(t, webhook.DeliveryFilter{})); n != 1 {
			t.Errorf("got %d before 30 days, want it kept", n)
		}
		w.clock.move(2 * time.Second)
		must(t, w.hooks.DropDeliveries(t.Context()))
		if n := len(w.deliveries(t, webhook.DeliveryFilter{})); n != 0 {
			t.Errorf("got %d after 30 days, want none", n)
		}
		w.emit(t, connect.Event{})
		must(t, w.hooks.DeleteEndpoint(t.Context(), w.caller, made.ID))
		if _, err := w.hooks.Endpoint(t.Context(), w.caller, made.ID); !errors.Is(err, fault.NotFound) {
			t.Errorf("a deleted endpoint: got %v, want not found", err)
		}
		must(t, w.hooks.EndEndpoints(t.Context()))
		if w.pump(t) != 0 || len(w.deliveries(t, webhook.DeliveryFilter{})) != 0 {
			t.Error("something was left of a deleted endpoint")
		}
	})
}

// TestAClockThatIsSetBack delays nothing, whether this process sees it or the next.
func TestAClockThatIsSetBack(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		r := newReceiver(t, w)
		r.answers(status(500))
		w.endpoint(t, webhook.NewEndpoint{URL: r.url})
		w.emit(t, connect.Event{})
		for n := range 6 {
			must(t, w.hooks.WatchClock(t.Context()))
			if got := w.pump(t); got != 1 {
				t.Fatalf("attempt %d: got %d requests, want 1", n+1, got)
			}
			wait := w.deliveries(t, webhook.DeliveryFilter{})[0].NextAt.Sub(w.clock.now())
			w.clock.move(-50 * time.Hour)
			if n%2 == 1 {
				w.kill(t)
			}
			must(t, w.hooks.WatchClock(t.Context()))
			if got := w.deliveries(t, webhook.DeliveryFilter{})[0].NextAt.Sub(w.clock.now()); got != wait {
				t.Errorf("attempt %d: it waits %s, want %s as before", n+2, got, wait)
			}
			w.clock.move(wait)
		}
	})
}
