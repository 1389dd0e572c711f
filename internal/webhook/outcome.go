package webhook

import (
	"context"
	"errors"
	"fmt"
	"time"

	"patchbay/internal/fault"
)

// outcome is what a request came to.
type outcome struct {
	delivery Delivery // as claimed
	url      string   // where it was sent
	attempt  Attempt
	reply    Reply
	goesOn   bool   // whoever made the request sends another one
	next     *Claim // that one; nil: nothing is due
}

// finishAll writes what requests to an endpoint came to, in one transaction, since each
// would wait for the others at the endpoint's row: the attempts, the deliveries, the
// endpoint. It answers fault.Conflict for a delivery that somebody else took over. Those who
// go on get what is due next.
func (s *Service) finishAll(ctx context.Context, endpointID int64, all []*outcome) []error {
	var goOn []*outcome
	for _, o := range all {
		if o.next = nil; o.goesOn {
			goOn = append(goOn, o)
		}
	}
	answers := make([]error, len(all))
	err := s.finishAndClaim(ctx, endpointID, all, answers, goOn)
	if err != nil && len(goOn) > 0 { // what is due next must not come in the way
		err = s.finishAndClaim(ctx, endpointID, all, answers, nil)
	}
	for i := range answers {
		if err != nil {
			answers[i] = errNotWritten{endpointID, err}
		}
	}
	return answers
}

func (s *Service) finishAndClaim(ctx context.Context, endpointID int64, all []*outcome, answers []error, goOn []*outcome) error {
	var claims []Claim
	woken, looked, began := false, 0, time.Now()
	err := s.inTx(ctx, func(tx Tx) error {
		clear(answers)
		claims, looked, woken = nil, 0, false
		e, err := tx.LockEndpointByID(ctx, endpointID)
		if errors.Is(err, fault.NotFound) { // deleted, and its deliveries with it
			return nil
		}
		if err != nil {
			return err
		}
		if woken, err = s.keepAll(ctx, tx, &e, all, answers); err != nil || len(goOn) == 0 {
			return err
		}
		claims, looked, err = s.claimLocked(ctx, tx, e, len(goOn), began)
		return err
	})
	if err != nil {
		return err
	}
	for i := range claims {
		goOn[i].next = &claims[i]
	}
	if woken && len(claims) == 0 || looked > len(claims) { // else those who go on find what is left
		s.nudge(endpointID)
	}
	return nil
}

// errNotWritten is the trouble of a whole transaction. It does not unwrap: a conflict of all
// is none with somebody who took one delivery over.
type errNotWritten struct {
	endpoint int64
	cause    error
}

func (e errNotWritten) Error() string {
	return fmt.Sprintf("outcomes of endpoint %d: %v", e.endpoint, e.cause)
}

// keepAll writes the outcomes, each with its answer, and into e how the endpoint does by
// them. It tells whether another delivery is due by that.
func (s *Service) keepAll(ctx context.Context, tx Tx, e *Endpoint, all []*outcome, answers []error) (woken bool, err error) {
	scheme, err := s.schemeOf(*e)
	if err != nil {
		return false, err
	}
	changed := false
	for i, o := range all {
		woke, changes, err := s.keep(ctx, tx, e, scheme, o)
		if errors.Is(err, fault.Conflict) { // the others have their own
			answers[i], err = err, nil
		}
		if err != nil {
			return false, err
		}
		woken, changed = woken || woke, changed || changes
	}
	if !changed {
		return woken, nil
	}
	return woken, tx.UpdateEndpoint(ctx, *e)
}

// keep writes one outcome, and into e how the endpoint does by it, unless it has another
// address by now. It tells whether another
// delivery is due by that, and whether e changed.
func (s *Service) keep(ctx context.Context, tx Tx, e *Endpoint, scheme Scheme, o *outcome) (woken, changed bool, err error) {
	verdict, moved := scheme.Accept(o.reply), o.url != e.URL
	if moved && verdict == VerdictDisable { // the address of before wants nothing more
		verdict = VerdictRetry
	}
	d := s.after(o.delivery, *e, scheme, verdict, o.attempt, o.reply)
	if moved && d.State == DeliveryPending { // as all that waited
		d.NextAt = s.now()
	}
	a := o.attempt
	a.Number = d.Attempts
	if woken, err = s.save(ctx, tx, d); err != nil {
		return false, false, err
	}
	if err := tx.InsertDeliveryAttempt(ctx, d.WorkspaceID, a); err != nil || moved {
		return woken, false, err
	}
	changed, err = s.note(ctx, tx, e, scheme, verdict, o.reply)
	return woken, changed, err
}
