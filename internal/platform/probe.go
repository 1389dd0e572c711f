package platform

import (
	"context"
	"errors"
	"time"
)

// Prober proves with a harmless call that a consent and its targets still work. Without
// it, Targets is asked and compared.
type Prober interface {
	// Probe asks about the consent and about each of the targets, which bring their
	// own credentials. An error is about the whole consent and is read by RefusalOf;
	// what is wrong with single targets stands in the Proof, and which were not judged.
	Probe(ctx context.Context, c *Client, targets []Target) (Proof, error)
}

// TargetKey names a target within a grant.
type TargetKey struct{ Kind, ExternalID string }

// Proof is what a probe found.
type Proof struct {
	Scopes []string             // granted by now; nil: the platform does not say
	EndsAt time.Time            // when the person must consent anew; zero: the platform does not say
	Broken map[TargetKey]string // why, of those targets that do not work: one of the Reason constants
	// Unasked are the targets that were not judged: the answer about them was passing
	// trouble, or there are too many for one probe. They are neither proven nor broken.
	Unasked map[TargetKey]bool
}

// Probe proves the consent: the platform's own way where it has one (Prober), else by
// asking for the targets again. Errors are read by RefusalOf. When a required scope is
// no longer granted, the error is a permanent one for that, and the Proof tells the
// scopes that are left.
func Probe(ctx context.Context, p Platform, c *Client, targets []Target) (Proof, error) {
	proof, err := probeOnce(ctx, p, c, targets)
	if err != nil {
		return proof, err
	}
	if proof.Scopes != nil && p.Spec().LacksRequired(proof.Scopes) {
		return proof, Refuse(ClassPermanent, ReasonScopesMissing, errors.New("a required scope is no longer granted"))
	}
	return proof, nil
}

func probeOnce(ctx context.Context, p Platform, c *Client, targets []Target) (Proof, error) {
	if own, ok := p.(Prober); ok {
		return own.Probe(ctx, c, targets)
	}
	id, found, err := p.Targets(ctx, c)
	if errors.Is(err, ErrTokenKind) {
		return Proof{}, Refuse(ClassPermanent, ReasonTokenKind, err)
	}
	if err != nil {
		return Proof{}, err
	}
	if c.Subject != "" && id.Subject != c.Subject {
		return Proof{}, Refuse(ClassPermanent, ReasonTokenKind, errors.New("the token is another subject's"))
	}
	return Proof{Scopes: id.Scopes, Broken: Compare(targets, found)}, nil
}

// Compare tells which targets are not among those found, or may no longer be chosen.
func Compare(targets, found []Target) map[TargetKey]string {
	there := map[TargetKey]string{}
	for _, t := range found {
		key := TargetKey{t.Kind, t.ExternalID}
		if blocked, seen := there[key]; !seen || blocked != "" { // one that can be chosen counts
			there[key] = t.Blocked
		}
	}
	broken := map[TargetKey]string{}
	for _, t := range targets {
		key := TargetKey{t.Kind, t.ExternalID}
		switch blocked, ok := there[key]; {
		case !ok:
			broken[key] = ReasonTargetGone
		case blocked != "":
			broken[key] = ReasonTargetPermission
		}
	}
	return broken
}
