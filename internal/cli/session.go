package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// session is what the native API says of a connect link.
type session struct {
	ID         int64             `json:"id"`
	Status     string            `json:"status"`
	ConnectURL string            `json:"connect_url"` // in the answer that makes it only
	Owner      owner             `json:"owner"`
	Platform   string            `json:"platform"`
	Reason     string            `json:"reason"`
	Message    string            `json:"message"`
	Channels   []json.RawMessage `json:"channels"` // channelSummary; raw, so that --json loses nothing
	ExpiresAt  time.Time         `json:"expires_at"`
	EndedAt    *time.Time        `json:"ended_at"` // null while something can still change
}

type owner struct {
	ExternalID string `json:"external_id"`
	Name       string `json:"name"`
}

type newSession struct {
	Owner       *newOwner `json:"owner,omitempty"`
	Platforms   []string  `json:"platforms,omitempty"`
	RedirectURL string    `json:"redirect_url,omitempty"`
	ExpiresIn   int       `json:"expires_in,omitempty"`
}

type newOwner struct {
	ExternalID string `json:"external_id"`
}

// Session statuses, as the native API spells them.
const (
	statusSucceeded = "succeeded"
	statusFailed    = "failed"
	statusCanceled  = "canceled"
	statusExpired   = "expired"
	statusPending   = "pending"
)

// open tells whether something can still change.
func (s session) open() bool {
	return s.EndedAt == nil && (s.Status == statusPending || s.Status == statusFailed)
}

// failure is why the last attempt failed, in one line.
func (s session) failure() string {
	text := s.Message
	switch {
	case text == "":
		text = s.Reason
	case s.Reason != "":
		text += " (" + s.Reason + ")"
	}
	if s.Platform != "" {
		text = s.Platform + ": " + text
	}
	return text
}

const (
	held     = 30 * time.Second // how long the server may hold one question
	pause    = 2 * time.Second  // between questions that it does not hold
	patience = 15               // how many questions in a row may go without an answer
)

// waiter follows one session until nothing can change any more.
type waiter struct {
	client   *client
	world    *World
	failFast bool
	seen     func(session) // called with every answer
	silent   func(error)   // called when the server does not answer; it is asked again
}

// wait answers with the last state it saw, also beside an error. A server that
// restarts in between is waited for.
func (t waiter) wait(ctx context.Context, s session) (session, error) {
	for missed := 0; s.open() && !(t.failFast && s.Status == statusFailed); {
		asked := t.world.now()
		next, err := t.ask(ctx, s.ID)
		switch {
		case ctx.Err() != nil:
			return s, context.Cause(ctx)
		case err != nil:
			if missed++; missed > patience || !passing(err) {
				return s, err
			}
			t.silent(err)
		default:
			s, missed = next, 0
			t.seen(s)
		}
		// The server holds a question about a pending session only: not when it
		// failed and may be tried again, and not when the server is stopping.
		if missed > 0 || s.open() && t.world.now().Sub(asked) < pause {
			t.rest(ctx)
		}
	}
	return s, nil
}

func (t waiter) ask(ctx context.Context, id int64) (session, error) {
	var s session
	err := t.client.wait(ctx, held, fmt.Sprintf("/v1/sessions/%d", id), nil, &s)
	return s, err
}

func (t waiter) rest(ctx context.Context) {
	select {
	case <-t.world.after(pause):
	case <-ctx.Done():
	}
}
