package lab

import (
	"errors"
	"net/http"
	"sync/atomic"
	"time"
)

// maxAdvance bounds how far a clock can be moved in all: past it, dates stop being
// ones that every database and format can hold.
const maxAdvance = 100 * 365 * 24 * time.Hour

// Clock is a clock that can be moved forward, and never back. The Lab and the product
// beside it share one, so that a token that ends for the one has ended for the other.
// Its methods may be called from any goroutine.
type Clock struct {
	base     func() time.Time
	advanced atomic.Int64 // nanoseconds
}

// NewClock goes as base goes; nil: time.Now.
func NewClock(base func() time.Time) *Clock {
	if base == nil {
		base = time.Now
	}
	return &Clock{base: base}
}

// Now is the base's time and all that it was advanced by.
func (c *Clock) Now() time.Time { return c.base().Add(c.Advanced()) }

// Advanced is by how much the clock was moved in all.
func (c *Clock) Advanced() time.Duration { return time.Duration(c.advanced.Load()) }

// Advance moves the clock forward. A negative d does nothing, nor does what would take
// it further than a hundred years.
func (c *Clock) Advance(d time.Duration) { c.advance(d) }

func (c *Clock) advance(d time.Duration) bool {
	for {
		old := c.advanced.Load()
		if d < 0 || d > maxAdvance-time.Duration(old) {
			return false
		}
		if c.advanced.CompareAndSwap(old, old+int64(d)) {
			return true
		}
	}
}

// clockFace is what GET and POST /lab/clock answer.
type clockFace struct {
	Now      time.Time `json:"now"`
	Advanced float64   `json:"advanced_s"`
}

func (l *Lab) getClock(*http.Request) (any, error) {
	return clockFace{l.now().UTC(), l.clock.Advanced().Seconds()}, nil
}

// moveClock is POST /lab/clock {"advance_s": 3600}.
func (l *Lab) moveClock(r *http.Request) (any, error) {
	var in struct {
		Advance float64 `json:"advance_s"`
	}
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	if in.Advance < 0 || in.Advance > maxAdvance.Seconds() || !l.clock.advance(time.Duration(in.Advance*float64(time.Second))) {
		return nil, errors.New("advance_s is a number of seconds, forward only, and a hundred years in all at most")
	}
	l.changed()
	return l.getClock(r)
}
