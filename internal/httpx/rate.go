package httpx

import (
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"patchbay/internal/fault"
)

// Rate bounds how often each of many callers may do something: a token bucket a name,
// in this process's memory. Real time rules. A nil *Rate bounds nothing.
type Rate struct {
	every time.Duration // between two, in the long run
	burst int           // at once
	now   func() time.Time

	mu      sync.Mutex
	buckets map[string]*rate.Limiter
}

// NewRate allows burst at once and times in every per in the long run.
func NewRate(times int, per time.Duration, burst int) *Rate {
	return &Rate{every: per / time.Duration(times), burst: burst, now: time.Now, buckets: map[string]*rate.Limiter{}}
}

// maxBuckets is how many callers are remembered before those that have their whole
// allowance again are forgotten.
const maxBuckets = 10_000

// ErrRate answers a caller that does too much. The one that Take returns says for how
// long to wait.
var ErrRate = fault.New(fault.RateLimited, "rate_limited", "Too many requests. Wait a little and try again.")

// Take counts once for the name. ErrRate, with RetryAfter, when it was too often.
func (l *Rate) Take(name string) error {
	if l == nil {
		return nil
	}
	_, wait := l.take(name)
	return refuse(wait)
}

// TakeShown is Take, and tells the caller how it stands: RateLimit-Limit,
// RateLimit-Remaining and RateLimit-Reset (seconds until the whole allowance is back),
// as draft-ietf-httpapi-ratelimit-headers-06 names them.
func (l *Rate) TakeShown(w http.ResponseWriter, name string) error {
	if l == nil {
		return nil
	}
	left, wait := l.take(name)
	reset := time.Duration(float64(l.every) * (float64(l.burst) - left))
	h := w.Header()
	h.Set("RateLimit-Limit", strconv.Itoa(l.burst))
	h.Set("RateLimit-Remaining", strconv.Itoa(max(0, int(left))))
	h.Set("RateLimit-Reset", strconv.Itoa(int(math.Ceil(reset.Seconds()))))
	return refuse(wait)
}

func refuse(wait time.Duration) error {
	if wait <= 0 {
		return nil
	}
	return ErrRate.After(wait)
}

// take answers what is left, and how long to wait when nothing was.
func (l *Rate) take(name string) (left float64, wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	bucket, ok := l.buckets[name]
	if !ok {
		if len(l.buckets) >= maxBuckets {
			l.forget(now)
		}
		bucket = rate.NewLimiter(rate.Every(l.every), l.burst)
		l.buckets[name] = bucket
	}
	if !bucket.AllowN(now, 1) {
		left = bucket.TokensAt(now)
		return left, time.Duration(float64(l.every) * (1 - left))
	}
	return bucket.TokensAt(now), 0
}

// forget drops the callers that have their whole allowance again. When none has, the
// table begins anew: memory is bounded before fairness.
func (l *Rate) forget(now time.Time) {
	for name, b := range l.buckets {
		if b.TokensAt(now) >= float64(l.burst) {
			delete(l.buckets, name)
		}
	}
	if len(l.buckets) >= maxBuckets {
		clear(l.buckets)
	}
}
