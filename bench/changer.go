package main

import (
	"context"
	"fmt"
	"time"
)

// changer pauses and resumes channels that nobody else touches, over and over, and takes
// the time of each change.
type changer struct {
	turns []func() error
	next  int
	took  []time.Duration
	conn  *caller // nil: it calls the use case
}

func (c *changer) loop(until time.Time) error {
	c.took = c.took[:0]
	if c.conn != nil {
		if err := c.conn.conn.SetDeadline(until.Add(time.Minute)); err != nil {
			return err
		}
	}
	for began := time.Now(); began.Before(until); c.next++ {
		if err := c.turns[c.next%len(c.turns)](); err != nil {
			return err
		}
		now := time.Now()
		c.took = append(c.took, now.Sub(began))
		began = now
	}
	return nil
}

// staff makes so many changers in place of those before. What those left paused is paused
// already: a few first turns change nothing.
func (t *changeTarget) staff(ctx context.Context, n int) {
	t.changers = nil
	for i := range n {
		own := t.channels[i*perChanger : (i+1)*perChanger]
		c := &changer{}
		if c.turns = t.calls(ctx, own); !t.direct {
			c.turns = t.requests(c, own)
		}
		t.changers = append(t.changers, c)
	}
}

// dial connects them for one turn: a process that is frozen takes a connection which lies
// idle for one that is dead.
func (t *changeTarget) dial(ctx context.Context) error {
	if t.direct {
		return nil
	}
	conns, err := dial(ctx, t.process.Addr, len(t.changers))
	for i, conn := range conns {
		t.changers[i].conn = conn
	}
	return err
}

// requests ask the program for it.
func (t *changeTarget) requests(c *changer, channels []int64) (turns []func() error) {
	for _, id := range channels {
		for _, verb := range []string{"pause", "resume"} {
			request := fmt.Appendf(nil, "POST /v1/channels/%d/%s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nAccept: application/json\r\nContent-Length: 0\r\n\r\n",
				id, verb, t.process.Addr, t.key)
			turns = append(turns, func() error { return c.conn.ask(request) })
		}
	}
	return turns
}

// calls do it here.
func (t *changeTarget) calls(ctx context.Context, channels []int64) (turns []func() error) {
	for _, id := range channels {
		turns = append(turns,
			func() error { _, err := t.seed.core.PauseChannel(ctx, t.caller, id); return err },
			func() error { _, err := t.seed.core.ResumeChannel(ctx, t.caller, id); return err })
	}
	return turns
}

func (t *changeTarget) hangUp() {
	for _, c := range t.changers {
		if c.conn != nil {
			_ = c.conn.conn.Close()
			c.conn = nil
		}
	}
}
