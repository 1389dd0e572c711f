package alive_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/config"
	"patchbay/internal/e2e"
	"patchbay/internal/lab"
)

// TestADayWithoutAPlatform: for a day X answers nothing proper. Nobody is disconnected, X is
// asked once in a while, the other platforms' grants are refreshed as ever, and when X is
// back all recover within the rate.
func TestADayWithoutAPlatform(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		engine string
		fault  map[string]any
	}{
		{"sqlite", map[string]any{"kind": "status", "status": 503}},
		{"sqlite", map[string]any{"kind": "html"}},
		{"postgres", map[string]any{"kind": "reset_before"}},
	} {
		t.Run(fmt.Sprint(c.engine, " ", c.fault["kind"]), func(t *testing.T) {
			t.Parallel()
			o := newOutage(t, c.engine)
			o.fault(t, c.fault)
			o.away(t)
			o.back(t)
		})
	}
}

const (
	perSecond = 0.1 // refreshes of one app: what real time adds to the clock's counts for little
	paceOf    = 10 * time.Second
	aboutX    = 6
)

type outage struct {
	*world
	x, others []grant
	first     int64 // the last redeem before
}

func newOutage(t testing.TB, engine string) *outage {
	o := &outage{world: start(t, e2e.Options{Engine: engine, Change: func(c *config.Config) {
		withOpen(t)(c)
		c.RefreshRate = perSecond
	}})}
	o.registerOpen(t)
	db := o.OpenDatabase(t)
	o.passed = func(d time.Duration) { // the pace goes by the database's clock
		if _, err := db.ExecContext(t.Context(), "UPDATE apps SET pace_at = pace_at - $1", d.Milliseconds()); err != nil {
			t.Error(err)
		}
	}
	o.ownApp(t)
	for i := range aboutX {
		o.x = append(o.x, o.consents(t, twitter, fmt.Sprintf("crowd-%d", i)))
	}
	for _, k := range []kind{facebook, partner, mastodon, stable, grace} {
		o.others = append(o.others, o.consents(t, k, "crowd-1"))
	}
	o.pass(t, time.Hour, 5*time.Minute)
	o.first = o.seq()
	return o
}

func (o *outage) fault(t testing.TB, f map[string]any) {
	f["platform"], f["host"], f["n"] = "x", "api.x.com", 1_000_000
	o.lab(t, "/lab/faults", f)
}

// away is the day, in halves of the five minutes between two trials.
func (o *outage) away(t *testing.T) {
	t.Helper()
	from := o.now()
	for range 12 {
		o.pass(t, 2*time.Hour, 150*time.Second)
		for _, g := range o.others {
			if lent := o.lease(t, g.channels[0].ID, nil); !o.works(t, g.kind, g.channels[0], lent) {
				t.Errorf("%s at %s: the platform does not take the token", g.name, o.at())
			}
		}
	}
	for _, g := range o.x {
		if got := o.health(t, g.channels[0].ID).String(); got != "error platform platform_unavailable" {
			t.Errorf("X after a day: got %s", got)
		}
	}
	answer := o.ask(t, o.x[0].channels[0].ID, nil)
	if got := refused(t, answer); got != "503 refresh_pending" || answer.Header.Get("Retry-After") == "" {
		t.Errorf("a lease meanwhile: got %s, Retry-After %q", got, answer.Header.Get("Retry-After"))
	}
	o.seldom(t, from)
	for _, g := range o.others {
		if g.needs == shortLife && o.refreshes(g) < 12 {
			t.Errorf("%s: got %d refreshes in a day, want 12 or more", g.name, o.refreshes(g))
		}
	}
	got := words(o.news(t))
	slices.Sort(got)
	want := append([]string{"app.troubled platform_unavailable"}, slices.Repeat([]string{"channel.error platform_unavailable"}, aboutX)...)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events of the day (-want +got):\n%s", diff)
	}
}

func (o *outage) refreshes(g grant) (n int) {
	for _, r := range o.redeems(o.first) {
		if r.Family == g.family && r.Outcome == lab.RedeemOK {
			n++
		}
	}
	return n
}

// seldom: a few calls until the platform counts as away, and then trials five minutes
// apart.
func (o *outage) seldom(t testing.TB, from time.Time) {
	t.Helper()
	var at []time.Time
	for _, c := range o.calls(from) {
		at = append(at, c.At)
	}
	if len(at) < 24*11 || len(at) > 24*12+12 {
		t.Errorf("X was asked %d times in a day, want about 12 an hour", len(at))
	}
	for i := range len(at) - 12 {
		if gap := at[i+12].Sub(at[i+11]); i > 0 && gap < 5*time.Minute-time.Second {
			t.Errorf("X was asked again after %s, at %s", gap, at[i+12].Sub(from))
		}
	}
}

func (o *outage) calls(from time.Time) []lab.Call {
	return slices.DeleteFunc(o.xCalls(), func(c lab.Call) bool { return c.At.Before(from) })
}

// xCalls are the refreshes that were sent to X, whatever it made of them.
func (w *world) xCalls() []lab.Call {
	return slices.DeleteFunc(w.App.Lab.Calls(), func(c lab.Call) bool { return c.Platform != "x" || c.Grant != "refresh_token" })
}

// back: everybody recovers, no faster than the rate.
func (o *outage) back(t *testing.T) {
	t.Helper()
	o.clearFaults(t)
	from := o.now().Add(1) // the last trial may have been just now
	o.pass(t, 6*time.Minute, time.Minute)
	var at []time.Time
	for _, c := range o.calls(from) {
		if c.Outcome != "ok" {
			t.Errorf("X answered %s", c.Outcome)
		}
		at = append(at, c.At)
	}
	if len(at) != aboutX {
		t.Errorf("X was asked %d times, want once for each of %d grants", len(at), aboutX)
	}
	for i := 3; i < len(at); i++ {
		if span := at[i].Sub(at[i-3]); span < 2*paceOf {
			t.Errorf("four refreshes within %s: more than %v a second", span, perSecond)
		}
	}
	if span := at[len(at)-1].Sub(at[0]); span > time.Minute+aboutX*paceOf {
		t.Errorf("all had recovered %s after the first", span)
	}
	for _, g := range o.x {
		if lent := o.lease(t, g.channels[0].ID, nil); !o.works(t, twitter, g.channels[0], lent) {
			t.Error("X does not take the token after all")
		}
	}
	got := words(o.news(t))
	slices.Sort(got)
	want := append([]string{"app.recovered"}, slices.Repeat([]string{"channel.recovered"}, aboutX)...)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events when it was back (-want +got):\n%s", diff)
	}
}

// TestAForecastDuringAnOutage: LinkedIn is away for so long that the access token runs out
// and the end of the refresh token comes near. When it is back the channel works, and ends
// soon.
func TestAForecastDuringAnOutage(t *testing.T) {
	t.Parallel()
	w := start(t, e2e.Options{})
	g := w.consents(t, partner, "crowd-1")
	id := g.channels[0].ID
	for range 7 { // the last refresh gives a token until day 340
		w.pass(t, 40*day, 40*day)
	}
	w.lab(t, "/lab/faults", map[string]any{"platform": "linkedin", "kind": "status", "status": 503, "n": 1_000_000})
	w.pass(t, 352*day-w.at(), 6*time.Hour)
	if got := w.health(t, id).String(); got != "error platform platform_unavailable" {
		t.Errorf("meanwhile: got %s", got)
	}
	w.clearFaults(t)
	w.pass(t, 30*time.Minute, time.Minute)
	if got := w.health(t, id).String(); got != "expiring person consent_ending" {
		t.Errorf("when it is back: got %s, want expiring", got)
	}
	if lent := w.lease(t, id, nil); !w.works(t, partner, g.channels[0], lent) {
		t.Error("when it is back LinkedIn does not take the token")
	}
	if diff := cmp.Diff([]string{"channel.error platform_unavailable", "channel.recovered consent_ending"}, words(w.news(t))); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func (w *world) clearFaults(t testing.TB) {
	t.Helper()
	there := e2e.World{URL: w.LabURL}
	if answer := there.CallAs(t, "", http.MethodDelete, "/lab/faults", nil); answer.Status != http.StatusNoContent {
		t.Fatalf("clear the faults: got %d", answer.Status)
	}
}
