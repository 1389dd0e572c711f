package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/httpx"
)

const (
	maxAnswer  = 64 << 10 // read of an answer
	maxShown   = 1 << 10  // kept of it
	throttling = 10 * time.Second
)

// Work delivers what was claimed and then, one after the other, what else is due at its
// endpoint, until nothing is or ctx ends: the transaction that writes down what came of one
// claims the next.
func (s *Service) Work(ctx context.Context, c Claim) error {
	for {
		next, err := s.deliver(ctx, c, func() bool { return ctx.Err() == nil })
		if err != nil || next == nil {
			return err
		}
		c = *next
	}
}

// Deliver sends a claimed delivery once and writes down what came of it. It is not stopped
// by ctx: a request that went out has its outcome written.
func (s *Service) Deliver(ctx context.Context, c Claim) error {
	_, err := s.deliver(ctx, c, func() bool { return false })
	return err
}

// deliver is Deliver, and claims the next delivery where somebody goes on with it.
func (s *Service) deliver(ctx context.Context, c Claim, goesOn func() bool) (next *Claim, err error) {
	if time.Now().After(c.until) {
		return nil, nil // the lease may be over before the answer is: somebody claims it again
	}
	ctx = context.WithoutCancel(ctx)
	o := &outcome{delivery: c.delivery, url: c.endpoint.URL}
	o.attempt, o.reply = s.send(ctx, c.endpoint, c.delivery)
	for pause := 250 * time.Millisecond; ; pause *= 2 {
		o.goesOn = goesOn()
		err := s.outcomes.Ask(ctx, c.endpoint.ID, o)
		switch {
		case err == nil, errors.Is(err, fault.Conflict): // somebody took it over: theirs counts
			return o.next, nil
		case time.Now().After(c.until.Add(requestTime)):
			return nil, fmt.Errorf("outcome of delivery %d, which may be sent again: %w", c.delivery.ID, err)
		}
		time.Sleep(pause) // the database is away: what was answered is known nowhere else
	}
}

// send makes one request. The attempt has no number yet.
func (s *Service) send(ctx context.Context, e Endpoint, d Delivery) (Attempt, Reply) {
	a, began := Attempt{DeliveryID: d.ID, At: s.now()}, time.Now()
	resp, err := s.request(ctx, e, d)
	a.Took = time.Since(began)
	if err != nil {
		a.Error = explain(err)
		s.sent("unanswered", a.Took)
		return a, Reply{}
	}
	a.Status, a.Answer = resp.Status, shown(resp.Body)
	outcome := "delivered"
	if resp.Status/100 != 2 {
		outcome = "refused"
		a.Error = strings.TrimSpace(fmt.Sprintf("It answered %d %s", resp.Status, http.StatusText(resp.Status))) + "."
	}
	s.sent(outcome, a.Took)
	return a, Reply{Status: resp.Status, RetryAfter: retryAfter(resp, time.Now())}
}

// errUnreadable is what is told where the endpoint's secrets do not open.
var errUnreadable = errors.New("the endpoint's secrets do not open")

func explain(err error) string {
	if errors.Is(err, errUnreadable) {
		return "Its secrets cannot be read on this server. Rotate them."
	}
	return httpx.Explain(err)
}

// request signs anew, by the real clock: receivers compare it with theirs.
func (s *Service) request(ctx context.Context, e Endpoint, d Delivery) (*httpx.Response, error) {
	scheme, err := s.schemeOf(e)
	if err != nil {
		return nil, err
	}
	all, err := s.openSecrets(e)
	if err != nil {
		s.log.ErrorContext(ctx, "stored secrets", slog.Int64("endpoint", e.ID), slog.Any("cause", err))
		return nil, errUnreadable
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.URL, bytes.NewReader(d.Body))
	if err != nil {
		return nil, errors.New("the address is not a URL")
	}
	req.Header = scheme.Sign(Signing{ID: d.MessageID(), Type: d.Kind, Body: d.Body, At: time.Now(), Secrets: all.live(s.now())})
	return s.client.Send(req, maxAnswer)
}

// shown is the beginning of an answer, printable.
func shown(body []byte) string {
	text := strings.ToValidUTF8(string(body[:min(len(body), maxShown)]), "")
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) || r == '\n' {
			return r
		}
		return -1
	}, text)
}

// retryAfter reads a Retry-After of 429 and 503: seconds or a date (RFC 9110, section
// 10.2.3).
func retryAfter(resp *httpx.Response, now time.Time) time.Duration {
	if resp.Status != http.StatusTooManyRequests && resp.Status != http.StatusServiceUnavailable {
		return 0
	}
	value := resp.Header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}

// save writes a delivery after an attempt, and tells whether another one is due by that. It
// raises the fence: what was written by a commit whose answer was lost is not written twice.
func (s *Service) save(ctx context.Context, tx Tx, d Delivery) (woken bool, err error) {
	fence := d.Fence
	d.Fence++
	if err := tx.SaveDelivery(ctx, d, fence); err != nil || d.State == DeliveryPending || d.ChannelID == 0 {
		return false, err
	}
	return tx.WakeDelivery(ctx, d.EndpointID, d.ChannelID, s.now())
}

// after is a delivery after an attempt.
func (s *Service) after(d Delivery, e Endpoint, scheme Scheme, verdict Verdict, a Attempt, r Reply) Delivery {
	now := s.now()
	d.Attempts++
	d.Status, d.Error, d.UpdatedAt, d.EndedAt, d.NextAt = a.Status, a.Error, now, now, time.Time{}
	waits := scheme.Schedule()
	switch {
	case verdict == VerdictDelivered:
		d.State, d.Error = DeliveryDelivered, ""
	case verdict == VerdictDisable, d.Attempts > len(waits):
		d.State = DeliveryFailed
	case e.State != StateActive:
		d.State = DeliveryDropped
	default:
		wait := max(jittered(waits[d.Attempts-1]), min(r.RetryAfter, scheme.LongestRetryAfter()))
		d.State, d.NextAt, d.EndedAt = DeliveryPending, now.Add(wait), time.Time{}
	}
	return d
}

// jittered gives a wait up to a fifth more or less, so that what failed together does not
// come again together.
func jittered(d time.Duration) time.Duration {
	return d + time.Duration((rand.Float64()*2-1)*0.2*float64(d))
}

// note writes into e how the endpoint does, for the caller to store where that changes e,
// and disables one that wants or does nothing any more.
func (s *Service) note(ctx context.Context, tx Tx, e *Endpoint, scheme Scheme, verdict Verdict, r Reply) (changed bool, err error) {
	now := s.now()
	if verdict == VerdictDelivered {
		if e.Failures == 0 && e.FailingSince.IsZero() && now.Sub(e.SucceededAt).Abs() < time.Second {
			return false, nil // it works, as is known
		}
		e.Failures, e.FailingSince, e.SucceededAt = 0, time.Time{}, now
		return true, nil
	}
	e.Failures++
	e.FailedAt = now
	if e.FailingSince.IsZero() {
		e.FailingSince = now
	}
	if until := now.Add(hold(r, scheme)); until.After(now) && until.After(e.HeldUntil) {
		e.HeldUntil = until
	}
	switch {
	case e.State != StateActive:
	case verdict == VerdictDisable:
		err = s.disable(ctx, tx, *e, ReasonGone, connect.CauseIntegration, e)
	case scheme.Patience().over(*e, now):
		err = s.disable(ctx, tx, *e, ReasonFailing, connect.CauseSystem, e)
	}
	return true, err
}

// hold is how long nothing is sent to an endpoint after an answer: as long as it asks for,
// or a moment where it is overloaded, as Standard Webhooks has it for 429, 502 and 504.
func hold(r Reply, scheme Scheme) time.Duration {
	switch {
	case r.RetryAfter > 0:
		return min(r.RetryAfter, scheme.LongestRetryAfter())
	case r.Status == http.StatusTooManyRequests, r.Status == http.StatusBadGateway, r.Status == http.StatusGatewayTimeout:
		return throttling
	default:
		return 0
	}
}
