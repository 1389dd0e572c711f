package webhooks_test

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net/http"
	"time"
)

// The kinds of receivers. hangs and drips hold what they can get.
const (
	good      = "is good"
	fails     = "fails"
	hangs     = "hangs"
	drips     = "drips"
	redirects = "redirects"
	endless   = "answers without an end"
	hangsUp   = "hangs up"
	throttles = "asks for patience"
)

var bad = []string{fails, hangs, drips, redirects, endless, hangsUp, throttles}

// holds are the kinds that keep a request open until the program gives up.
var holds = map[string]bool{hangs: true, drips: true}

// visit is one request to a receiver.
type visit struct {
	http.ResponseWriter
	req    *http.Request
	farm   *farm
	answer func(status int) // sends the head of the answer
	rand   *rand.Rand
}

// behaviour answers a request, or does not.
type behaviour func(*visit)

var behaviours = map[string]behaviour{
	good: func(v *visit) {
		if v.rand.IntN(4) == 0 {
			v.wait(time.Duration(v.rand.IntN(int(20 * time.Millisecond))))
		}
		v.answer(http.StatusNoContent)
	},
	fails: func(v *visit) { v.answer(http.StatusInternalServerError) },
	hangs: func(v *visit) { <-v.req.Context().Done() },
	drips: func(v *visit) { // one byte a second
		v.answer(http.StatusOK)
		for v.write([]byte("x")) {
			v.wait(time.Second)
		}
	},
	redirects: func(v *visit) {
		v.Header().Set("Location", v.farm.strayed.url)
		v.answer([]int{301, 302, 303, 307, 308}[v.rand.IntN(5)])
	},
	endless: func(v *visit) {
		v.answer(http.StatusServiceUnavailable)
		for block := bytes.Repeat([]byte("x"), 32<<10); v.write(block); {
		}
	},
	hangsUp: func(*visit) { panic(http.ErrAbortHandler) },
	throttles: func(v *visit) {
		v.Header().Set("Retry-After", "2")
		v.answer(http.StatusTooManyRequests)
	},
}

// write tells whether there is anybody left to write to.
func (v *visit) write(p []byte) bool {
	if v.req.Context().Err() != nil {
		return false
	}
	if _, err := v.Write(p); err != nil {
		return false
	}
	return http.NewResponseController(v.ResponseWriter).Flush() == nil
}

// wait ends early when the other side has gone.
func (v *visit) wait(d time.Duration) {
	select {
	case <-time.After(d):
	case <-v.req.Context().Done():
	}
}

var _ io.Writer = (*visit)(nil)
