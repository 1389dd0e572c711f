package webhooks_test

import (
	"cmp"
	"net/http"
	"slices"
	"time"
)

// between is how long a busy program may need from the end of the requests that a receiver
// held to the next ones: all of them time out at one moment.
const between = 5 * time.Second

// held judges how many requests were held at once, and that those which hold them still
// did when the last good receiver got its last message.
func (j *judge) held(lastGood time.Time) {
	type turn struct {
		at time.Time
		by int
	}
	var turns []turn
	holding := 0
	for _, a := range j.Log {
		turns = append(turns, turn{a.Came, 1})
		if !a.Left.IsZero() {
			turns = append(turns, turn{a.Left, -1})
		}
		if a.Came.Before(lastGood.Add(between)) && (a.Left.IsZero() || a.Left.After(lastGood.Add(-between))) {
			holding++
		}
	}
	if holds[j.Kind] && holding == 0 {
		j.say("held nothing when the last good receiver got its last message")
	}
	slices.SortStableFunc(turns, func(a, b turn) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.by, b.by)) })
	open, over := 0, time.Time{}
	for _, turn := range turns {
		open += turn.by
		if open > slots && over.IsZero() {
			over = turn.at
		}
		if open <= slots {
			if !over.IsZero() && turn.at.Sub(over) > noticing {
				j.say("held more than %d requests for %s", slots, turn.at.Sub(over).Round(time.Millisecond))
			}
			over = time.Time{}
		}
	}
	if !over.IsZero() {
		j.say("holds %d requests", open)
	}
}

// lastGood is when the last good receiver took its last message for the first time.
func (all truth) lastGood() (last time.Time) {
	for _, s := range all.Spaces {
		for _, e := range s.Endpoints {
			if e.Kind != good {
				continue
			}
			taken := map[string]bool{}
			for _, a := range e.Log {
				if a.Status == http.StatusNoContent && !taken[a.ID] && a.Came.After(last) {
					last = a.Came
				}
				taken[a.ID] = taken[a.ID] || a.Status == http.StatusNoContent
			}
		}
	}
	return last
}
