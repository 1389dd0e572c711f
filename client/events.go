package client

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Event is something that happened, written once.
type Event struct {
	Number     int64           `json:"number"` // from 1, in commit order, without gaps but where the database was restored
	Type       string          `json:"type"`   // such as "channel.connected"
	OwnerID    int64           `json:"owner_id"`
	SessionID  int64           `json:"session_id"`
	ChannelID  int64           `json:"channel_id"`
	ChannelSeq int64           `json:"channel_seq"` // its place among the channel's events, from 1
	Cause      string          `json:"cause"`       // customer, integration, operator, platform, system
	Data       json.RawMessage `json:"data"`        // an object: what the type adds
	At         time.Time       `json:"at"`
}

// EventPage is a stretch of the event log.
type EventPage struct {
	Data []Event `json:"data"`
	Next int64   `json:"next"` // pass it as after to go on
}

// Events are the workspace's log.
type Events struct{ w *wire }

// pollPause lies between two questions that the server does not hold.
const pollPause = 2 * time.Second

// List reads at most limit events (1 to 200; 0: 50) after a number; scope events:read, and
// a key that is bound to no owner.
func (e *Events) List(ctx context.Context, after int64, limit int) (EventPage, error) {
	return e.Poll(ctx, after, limit, 0)
}

// Poll is List, answered as soon as there is an event after the number, or with none after
// hold, in whole seconds up to a minute.
func (e *Events) Poll(ctx context.Context, after int64, limit int, hold time.Duration) (EventPage, error) {
	c := call{method: http.MethodGet, path: "/v1/events", query: url.Values{"after": {strconv.FormatInt(after, 10)}}, held: min(hold, longestHold)}
	if limit != 0 {
		c.query.Set("limit", strconv.Itoa(limit))
	}
	if seconds := int(c.held.Seconds()); seconds > 0 {
		c.query.Set("wait", strconv.Itoa(seconds))
	}
	return do[EventPage](ctx, e.w, c)
}

// Follow yields every event after a number and, at the end of the log, waits for new ones
// until the context ends; its error is the last thing yielded. Remember the Number of the
// last event that you have worked on, and begin after it the next time.
func (e *Events) Follow(ctx context.Context, after int64) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		for {
			asked := time.Now()
			page, err := e.Poll(ctx, after, 200, longestHold)
			for _, event := range page.Data {
				if !yield(event, nil) {
					return
				}
			}
			if err == nil && len(page.Data) == 0 && time.Since(asked) < pollPause { // a server that stops holds nothing
				err = rest(ctx, pollPause)
			}
			if err != nil {
				yield(Event{}, err)
				return
			}
			after = page.Next
		}
	}
}
