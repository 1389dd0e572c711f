package webhooks_test

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestViolationsFindWhatIsWrong spoils a truth with nothing wrong in it, rule by rule.
func TestViolationsFindWhatIsWrong(t *testing.T) {
	t.Parallel()
	if wrong := violations(sound()); wrong != nil {
		t.Fatalf("nothing is spoilt: got %q", wrong)
	}
	for _, c := range []struct {
		spoil func(all *truth, s *spaceTruth, good, hanging *endpointTruth)
		want  string
	}{
		{func(all *truth, _ *spaceTruth, _, _ *endpointTruth) { all.Strayed = 1 }, "1 requests followed a redirect"},
		{func(_ *truth, s *spaceTruth, _, _ *endpointTruth) { s.Events[2].Number = 9 }, "workspace 7: event 9 stands in the place of 7"},
		{func(_ *truth, s *spaceTruth, _, _ *endpointTruth) { s.Channels[0].Told = 3 }, "channel 1 has 2 events, want 3"},
		{func(_ *truth, s *spaceTruth, _, _ *endpointTruth) { s.Channels[1].Untold = 0 }, "channel 2 has 2 events, want 1"},
		{func(_ *truth, _ *spaceTruth, g, _ *endpointTruth) { g.State = "disabled" }, "endpoint 1, which is good: is disabled"},
		{func(_ *truth, _ *spaceTruth, g, _ *endpointTruth) { g.Log[4].ID = "evt_7_90" }, "got the phantom evt_7_90"},
		{func(_ *truth, _ *spaceTruth, g, _ *endpointTruth) { g.Log[4].ID = "evt_8_8" }, "got the phantom evt_8_8"},
		{func(_ *truth, _ *spaceTruth, g, _ *endpointTruth) { g.Log[1].Sum[0]++ }, "event 6 came with another body"},
		{func(_ *truth, _ *spaceTruth, g, _ *endpointTruth) { g.Log[0].Signed = false }, "event 5 came without a good signature"},
		{func(_ *truth, _ *spaceTruth, g, _ *endpointTruth) { g.Log = g.Log[:4] }, "event 8 is lost"},
		{func(_ *truth, _ *spaceTruth, g, _ *endpointTruth) { g.Rows = g.Rows[:3] }, "has 3 deliveries for 4 events"},
		{func(_ *truth, _ *spaceTruth, _, h *endpointTruth) { h.Rows = h.Rows[:3] }, "which hangs: has 3 deliveries for 4 events"},
		{func(_ *truth, _ *spaceTruth, g, _ *endpointTruth) { g.Rows[3].Event = 7 }, "has two deliveries of event 7"},
		{func(_ *truth, _ *spaceTruth, g, _ *endpointTruth) { g.Rows[2].State = "pending" }, "event 7 is pending after"},
		{func(_ *truth, _ *spaceTruth, g, _ *endpointTruth) { g.Rows[2] = row{7, "failed", nil} }, "event 7 was never known to arrive: failed"},
		{func(_ *truth, _ *spaceTruth, g, _ *endpointTruth) {
			g.Rows[0].Attempts = append(g.Rows[0].Attempts, g.Rows[0].Attempts[0])
		}, "event 5 was sent again after it was known"},
		{func(_ *truth, _ *spaceTruth, g, _ *endpointTruth) { g.Rows[1].Attempts[0].At = at(2) }, "event 6 came again after its arrival was written down"},
		{func(all *truth, _ *spaceTruth, _, _ *endpointTruth) { all.Deaths = nil }, "event 6 came again 18ms after it was taken, and nothing died on it"},
		{func(all *truth, _ *spaceTruth, _, _ *endpointTruth) { all.Deaths[0].Over = at(1) }, "event 6 came again"},
		{func(all *truth, _ *spaceTruth, _, _ *endpointTruth) { all.Deaths[0].Over = at(40) }, "event 6 came again"},
		{func(_ *truth, _ *spaceTruth, g, _ *endpointTruth) { g.Log[1].Answered = at(-writing.Seconds() * 1000) }, "event 6 came again"},
		{func(_ *truth, _ *spaceTruth, g, _ *endpointTruth) { g.Log[3].Came = at(0) }, "event 7 came before event 5 of the same channel was taken"},
		{func(_ *truth, _ *spaceTruth, g, _ *endpointTruth) { g.Log[0].Status = 500 }, "event 7 came before event 5"},
		{func(_ *truth, _ *spaceTruth, _, h *endpointTruth) { h.Log = h.Log[:1]; h.Log[0].Left = at(-6000) }, "held nothing"},
		{func(_ *truth, _ *spaceTruth, _, h *endpointTruth) { h.hold(9, at(3000)) }, "held more than 8 requests for 3s"},
		{func(_ *truth, _ *spaceTruth, _, h *endpointTruth) { h.hold(9, time.Time{}) }, "holds 10 requests"},
	} {
		all := sound()
		s := &all.Spaces[0]
		c.spoil(&all, s, &s.Endpoints[0], &s.Endpoints[1])
		wrong := violations(all)
		if !slices.ContainsFunc(wrong, func(line string) bool { return strings.Contains(line, c.want) }) {
			t.Errorf("got %q, want %q among it", wrong, c.want)
		}
	}
}

// What takes a receiver a moment to see is not held against the program.
func TestViolationsBearWhatIsNoticedLate(t *testing.T) {
	t.Parallel()
	all := sound()
	all.Spaces[0].Endpoints[1].hold(9, at(900))
	if wrong := violations(all); wrong != nil {
		t.Errorf("a receiver saw 900 ms late that requests were over: got %q", wrong)
	}
}

// hold adds requests that come at 0 and go at an end.
func (e *endpointTruth) hold(n int, end time.Time) {
	for range n {
		a := e.Log[0]
		a.Came, a.Left = at(0), end
		e.Log = append(e.Log, a)
	}
}

func at(ms float64) time.Time {
	return time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC).Add(time.Duration(ms * float64(time.Millisecond)))
}

// sound is two channels with two events each, of which the program died on the second, a
// good receiver and one that hangs.
func sound() truth {
	s := spaceTruth{ID: 7, Channels: []channelTruth{{1, 2, 0}, {2, 1, 1}}}
	for i := range 4 {
		n := int64(5 + i)
		s.Events = append(s.Events, event{Number: n, Channel: int64(1 + i%2), Type: "channel.paused", Body: fmt.Sprint("body ", n)})
	}
	come := func(i int, came float64) arrival {
		e := s.Events[i]
		return arrival{
			ID: fmt.Sprintf("evt_7_%d", e.Number), Sum: sha256.Sum256([]byte(e.Body)), Signed: true,
			Came: at(came), Answered: at(came + 1), Left: at(came + 2), Status: 204,
		}
	}
	taken := func(i int, sent float64) row {
		return row{s.Events[i].Number, "delivered", []attempt{{at(sent), 204}}}
	}
	held := come(0, 0)
	held.Status, held.Answered, held.Left = 0, time.Time{}, time.Time{}
	s.Endpoints = []endpointTruth{
		{1, good, "active", []row{taken(0, 0), taken(1, 19), taken(2, 30), taken(3, 40)}, []arrival{come(0, 1), come(1, 2), come(1, 20), come(2, 31), come(3, 41)}},
		{2, hangs, "active", []row{{5, "pending", nil}, {6, "pending", nil}, {7, "pending", nil}, {8, "pending", nil}}, []arrival{held}},
	}
	return truth{Spaces: []spaceTruth{s}, Deaths: []death{{At: at(5), Over: at(10)}}}
}
