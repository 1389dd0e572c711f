package webhooks_test

import (
	"fmt"
	"net/http"
	"time"
)

// tally says what was reached.
func (all truth) tally() string {
	var receivers, working, deliveries, requests, again, events int
	var longest time.Duration
	for _, s := range all.Spaces {
		events += len(s.Events)
		for _, e := range s.Endpoints {
			receivers++
			requests += len(e.Log)
			if e.Kind != good {
				continue
			}
			working++
			taken, times, late := e.taken(all.Deaths)
			deliveries += taken
			again += times
			longest = max(longest, late)
		}
	}
	return fmt.Sprintf("%d receivers, %d of them good; %d events, %d deliveries to those, %d kills; %d requests; %d deliveries came again, died on at most %s after the answer",
		receivers, working, events, deliveries, len(all.Deaths), requests, again, longest.Round(time.Millisecond))
}

// taken is how many messages a receiver took, how often one came again after that, and
// how long after the answer the program died on it at most.
func (e endpointTruth) taken(deaths []death) (n, again int, late time.Duration) {
	taken := map[string]arrival{}
	for _, a := range e.Log {
		if before, had := taken[a.ID]; had {
			again++
			since, _ := diedOn(deaths, before, a)
			late = max(late, since)
		}
		if a.Status == http.StatusNoContent {
			taken[a.ID] = a
		}
	}
	return len(taken), again, late
}
