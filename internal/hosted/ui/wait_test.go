package ui

import (
	"strings"
	"testing"
)

func TestBelowAMinuteTheWaitIsToldInSeconds(t *testing.T) {
	t.Parallel()
	for want, v := range map[string]OutcomeView{
		"You can try again in 10 seconds.": {Wait: 1, Seconds: 10},
		"You can try again in 1 second.":   {Wait: 1, Seconds: 1},
		"You can try again in 1 minute.":   {Wait: 1, Seconds: 60},
		"You can try again in 2 minutes.":  {Wait: 2, Seconds: 61},
	} {
		v.Frame, v.Reason = frame("en"), "rate_limited"
		if got := render(t, Outcome(v)); !strings.Contains(got, want) {
			t.Errorf("%d seconds: got no %q", v.Seconds, want)
		}
	}
}
