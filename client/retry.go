package client

import (
	"context"
	"fmt"
	mathrand "math/rand/v2"
	"net/http"
	"time"
)

// longestPause is how long a server may ask us to wait; told to wait longer, the caller
// gets the problem.
const longestPause = 30 * time.Second

// insist sends until there is an answer that will not pass by itself.
func (w *wire) insist(ctx context.Context, c call, body []byte) ([]byte, error) {
	for tried := 0; ; tried++ {
		answer, err := w.send(ctx, c, body)
		if err == nil {
			return answer, nil
		}
		pause := w.pause(err, tried)
		if ctx.Err() != nil || tried >= w.retries || pause < 0 || rest(ctx, pause) != nil {
			return nil, told(ctx, c, err)
		}
	}
}

// pause is how long to wait after a failure; negative: it will not pass.
func (w *wire) pause(err error, tried int) time.Duration {
	backoff := 500*time.Millisecond<<min(tried, 5) + mathrand.N(500*time.Millisecond)
	p := AsProblem(err)
	switch {
	case p == nil: // no answer
		return backoff
	case p.RetryAfter > longestPause:
		return -1
	}
	switch p.Status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return max(p.RetryAfter, min(backoff, longestPause))
	}
	return -1
}

// told is a failure as callers see it. The caller's own end comes before ours.
func told(ctx context.Context, c call, err error) error {
	if p := AsProblem(err); p != nil {
		return p
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return fmt.Errorf("patchbay: %s %s: %w", c.method, c.path, err)
}

func rest(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
