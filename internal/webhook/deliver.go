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

// Deliver sends a claimed delivery once and writes down what came of it. It is not stopped
// by ctx: a request that went out has its outcome written.
func (s *Service) Deliver(ctx context.Context, c Claim) error {
	if time.Now().After(c.until) {
		return nil // the lease may be over before the answer is: somebody claims it again
	}
	ctx = context.WithoutCancel(ctx)
	attempt, reply := s.send(ctx, c.endpoint, c.delivery)
	for pause := 250 * time.Millisecond; ; pause *= 2 {
		err := s.finish(ctx, c, attempt, reply)
		switch {
		case err == nil, errors.Is(err, fault.Conflict): // somebody took it over: theirs counts
			return nil
		case time.Now().After(c.until.Add(requestTime)):
			return fmt.Errorf("outcome of delivery %d, which may be sent again: %w", c.delivery.ID, err)
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

// outcome is what a request came to.
type outcome struct {
	delivery Delivery // as claimed
	attempt  Attempt
	reply    Reply
}

// finish writes what a request came to: the attempt, the delivery, the endpoint. It is
// fault.Conflict where somebody else took the delivery over. Outcomes of one endpoint share
// a transaction: each would wait for the others at the endpoint's row.
func (s *Service) finish(ctx context.Context, c Claim, a Attempt, r Reply) error {
	return s.outcomes.Ask(ctx, c.endpoint.ID, outcome{c.delivery, a, r})
}

func (s *Service) finishAll(ctx context.Context, endpointID int64, all []outcome) []error {
	answers, woken := make([]error, len(all)), false
	err := s.inTx(ctx, func(tx Tx) error {
		clear(answers)
		woken = false
		e, err := tx.LockEndpointByID(ctx, endpointID)
		if errors.Is(err, fault.NotFound) { // deleted, and its deliveries with it
			return nil
		}
		if err != nil {
			return err
		}
		scheme, err := s.schemeOf(e)
		if err != nil {
			return err
		}
		changed := false
		for i, o := range all {
			woke, changes, err := s.keep(ctx, tx, &e, scheme, o)
			if errors.Is(err, fault.Conflict) { // the others have their own
				answers[i], err = err, nil
			}
			if err != nil {
				return err
			}
			woken, changed = woken || woke, changed || changes
		}
		if !changed {
			return nil
		}
		return tx.UpdateEndpoint(ctx, e)
	})
	for i := range answers {
		if err != nil {
			answers[i] = err
		}
	}
	if err == nil && woken {
		s.nudge(endpointID)
	}
	return answers
}

// keep writes one outcome, and into e how the endpoint does by it. It tells whether another
// delivery is due by that, and whether e changed.
func (s *Service) keep(ctx context.Context, tx Tx, e *Endpoint, scheme Scheme, o outcome) (woken, changed bool, err error) {
	verdict := scheme.Accept(o.reply)
	d := s.after(o.delivery, *e, scheme, verdict, o.attempt, o.reply)
	o.attempt.Number = d.Attempts
	if woken, err = s.save(ctx, tx, d); err != nil {
		return false, false, err
	}
	if err := tx.InsertDeliveryAttempt(ctx, d.WorkspaceID, o.attempt); err != nil {
		return false, false, err
	}
	changed, err = s.note(ctx, tx, e, scheme, verdict, o.reply)
	return woken, changed, err
}

// save writes a delivery after an attempt, and tells whether another one is due by that.
func (s *Service) save(ctx context.Context, tx Tx, d Delivery) (woken bool, err error) {
	if err := tx.SaveDelivery(ctx, d, d.Fence); err != nil || d.State == DeliveryPending || d.ChannelID == 0 {
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
