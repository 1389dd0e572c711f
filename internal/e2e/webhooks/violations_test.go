package webhooks_test

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"time"
)

const (
	slots = 8 // that a receiver may hold
	// writing is how long before a kill an answer may have come that was not written down
	// yet, on a machine that is busy.
	writing = 30 * time.Second
	// noticing is how long a receiver may need to see that the other side has gone.
	noticing = 2 * time.Second
)

// violations is everything that is wrong; none is the proof.
func violations(all truth) (wrong []string) {
	if all.Strayed > 0 {
		wrong = append(wrong, fmt.Sprintf("%d requests followed a redirect", all.Strayed))
	}
	for _, s := range all.Spaces {
		s.changes(func(format string, args ...any) {
			wrong = append(wrong, fmt.Sprintf("workspace %d: ", s.ID)+fmt.Sprintf(format, args...))
		})
		for _, e := range s.Endpoints {
			j := &judge{endpointTruth: e, space: s, deaths: all.Deaths, say: func(format string, args ...any) {
				wrong = append(wrong, fmt.Sprintf("endpoint %d, which %s: ", e.ID, e.Kind)+fmt.Sprintf(format, args...))
			}}
			j.judge(all.lastGood())
		}
	}
	slices.Sort(wrong)
	return wrong
}

type say func(format string, args ...any)

// changes judges the events against what the application was answered.
func (s spaceTruth) changes(say say) {
	made := map[int64]int{}
	for i, e := range s.Events {
		made[e.Channel]++
		if place := s.Events[0].Number + int64(i); e.Number != place {
			say("event %d stands in the place of %d", e.Number, place)
		}
	}
	for _, c := range s.Channels {
		if n := made[c.ID]; n < c.Told || n > c.Told+c.Untold {
			say("channel %d has %d events, want %d for what was answered and at most %d for what was not", c.ID, n, c.Told, c.Untold)
		}
	}
}

// judge is one endpoint's.
type judge struct {
	endpointTruth
	space  spaceTruth
	deaths []death
	say    say
	came   map[int64][]arrival // by event
}

func (j *judge) judge(lastGood time.Time) {
	if j.State != "active" {
		j.say("is %s", j.State)
	}
	j.messages()
	j.rows()
	for _, e := range j.space.Events {
		if len(j.came[e.Number]) == 0 && j.Kind == good {
			j.say("event %d is lost", e.Number)
		}
		j.duplicates(e)
	}
	j.order()
	j.held(lastGood)
}

// messages judges each by itself, and sorts them by event.
func (j *judge) messages() {
	events := map[string]event{}
	for _, e := range j.space.Events {
		events[fmt.Sprintf("evt_%d_%d", j.space.ID, e.Number)] = e
	}
	j.came = map[int64][]arrival{}
	for _, a := range j.Log {
		e, known := events[a.ID]
		switch {
		case !known:
			j.say("got the phantom %s", a.ID)
		case a.Sum != sha256.Sum256([]byte(e.Body)):
			j.say("event %d came with another body", e.Number)
		case !a.Signed:
			j.say("event %d came without a good signature", e.Number)
		}
		j.came[e.Number] = append(j.came[e.Number], a)
	}
}

// rows judges what is written: one delivery of each event, which tells of the arrival
// that was the last.
func (j *judge) rows() {
	if len(j.Rows) != len(j.space.Events) {
		j.say("has %d deliveries for %d events", len(j.Rows), len(j.space.Events))
	}
	seen := map[int64]bool{}
	for _, r := range j.Rows {
		if seen[r.Event] {
			j.say("has two deliveries of event %d", r.Event)
		}
		seen[r.Event] = true
		accepted := slices.IndexFunc(r.Attempts, func(a attempt) bool { return a.Status/100 == 2 })
		switch {
		case accepted >= 0 && accepted < len(r.Attempts)-1:
			j.say("event %d was sent again after it was known to have arrived", r.Event)
		case (accepted >= 0) != (r.State == "delivered"):
			j.say("event %d is %s after %v", r.Event, r.State, r.Attempts)
		case j.Kind == good && accepted < 0:
			j.say("event %d was never known to arrive: %s", r.Event, r.State)
		}
		if came := j.came[r.Event]; accepted >= 0 && len(came) > 1 && !r.Attempts[accepted].At.After(came[len(came)-2].Came) {
			j.say("event %d came again after its arrival was written down", r.Event)
		}
	}
}

// duplicates judges arrivals of the same event: the receiver took it, and it came again.
// That may be when it was under way as the program died.
func (j *judge) duplicates(e event) {
	came := j.came[e.Number]
	for i := 1; i < len(came); i++ {
		before, again := came[i-1], came[i]
		if _, died := diedOn(j.deaths, before, again); before.Status/100 == 2 && !died {
			j.say("event %d came again %s after it was taken, and nothing died on it", e.Number, again.Came.Sub(before.Came).Round(time.Millisecond))
		}
	}
}

// diedOn tells whether the program that had sent a message died before it may have written
// down that it was taken, and how long that was after the answer. deaths are in order.
func diedOn(deaths []death, taken, again arrival) (late time.Duration, died bool) {
	for _, d := range deaths {
		if taken.Came.Before(d.Over) { // the first one after it
			late = d.At.Sub(taken.Answered)
			return late, again.Came.After(d.Over) && late < writing
		}
	}
	return 0, false
}

// order judges that of one channel's events none came before the one before it was taken.
func (j *judge) order() {
	before := map[int64]event{}
	for _, e := range j.space.Events {
		came := j.came[e.Number]
		last, had := before[e.Channel]
		if before[e.Channel] = e; !had || len(came) == 0 || e.Channel == 0 {
			continue
		}
		if !slices.ContainsFunc(j.came[last.Number], func(a arrival) bool { return a.Status/100 == 2 && a.Answered.Before(came[0].Came) }) {
			j.say("event %d came before event %d of the same channel was taken", e.Number, last.Number)
		}
	}
}
