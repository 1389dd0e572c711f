package platform

import (
	"errors"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/httpx"
)

// Class is what an answer means for the consent that was asked about.
type Class string

const (
	ClassFine          Class = "fine"
	ClassTransient     Class = "transient"     // passes by itself: nobody is disconnected for it
	ClassRateLimited   Class = "rate_limited"  // our app asks too often: later
	ClassConfiguration Class = "configuration" // our app is wrong: no grant is touched
	ClassPermanent     Class = "permanent"     // only the person can mend it
)

// Why a consent or a target no longer works, where the platform says so. Each is a
// reason of a channel's health.
const (
	ReasonRevoked          = "revoked"           // withdrawn, or the platform says no more than that it is over
	ReasonConsentExpired   = "consent_expired"   // its time is over
	ReasonPasswordChanged  = "password_changed"  //
	ReasonCheckpoint       = "checkpoint"        // the platform wants the person to sign in there first
	ReasonAccountInactive  = "account_inactive"  // deactivated, suspended, deleted
	ReasonScopesMissing    = "scopes_missing"    // a permission that is needed was withdrawn
	ReasonTokenRefused     = "token_refused"     // this access token; a refresh may mend it
	ReasonTokenKind        = "token_kind"        // a token of another kind, or of somebody else
	ReasonTargetGone       = "target_gone"       // the page is no longer there for this person
	ReasonTargetPermission = "target_permission" // it is there, but the person may no longer act for it
)

// Rule says what an error of the platform means. Rules are read from top to bottom
// and the first that fits counts. A 429 or a 5xx means the same everywhere, but for a rule
// that names that very status.
type Rule struct {
	Word   string // one of what Words tells, such as "invalid_grant" or "190/460", in any case and with or without a full stop; empty: any or none
	Status int    // 0: any
	Class  Class
	Reason string // of a permanent one: one of the Reason constants
}

// AnyWord is the Rule.Word that fits whenever the answer names an error at all, in the
// platform's own shape: not a page of something that stands before the platform.
const AnyWord = "*"

// Refusal is an answer other than fine, or none at all. It wraps the fault that
// rooms render, and quotes nothing that the platform wrote.
type Refusal struct {
	Class      Class
	Reason     string        // of a permanent one
	RetryAfter time.Duration // as the platform asks; zero: it does not say
	// Ambiguous tells that the platform may have acted on what was sent: a rotating
	// refresh token may be spent.
	Ambiguous bool
	status    int  // of the answer; 0: there was none, or whoever read it did not tell
	unnamed   bool // no rule knows it
	cause     error
}

func (r *Refusal) Error() string { return r.Unwrap().Error() }

// Unwrap makes the refusal one of this package's errors.
func (r *Refusal) Unwrap() error {
	class := ErrUnavailable
	switch r.Class {
	case ClassConfiguration:
		class = ErrRejected
	case ClassPermanent:
		class = ErrReauth
		if r.Reason == ReasonScopesMissing || r.Reason == ReasonTargetPermission {
			class = ErrScopesMissing
		}
	}
	return class.After(r.RetryAfter).Because(r.cause)
}

// Refuse is a refusal with its cause for the log, which must not quote the platform.
func Refuse(class Class, reason string, cause error) *Refusal {
	return &Refusal{Class: class, Reason: reason, cause: cause}
}

// RefusalOf reads any error of a platform's code: the Refusal that it is, or what its
// fault amounts to. A call that broke after it was sent is ambiguous. Nil for nil.
func RefusalOf(err error) *Refusal {
	if err == nil {
		return nil
	}
	var r *Refusal
	if errors.As(err, &r) {
		return r
	}
	out := &Refusal{Class: ClassTransient, cause: err, RetryAfter: fault.From(err).RetryAfter}
	var broke *httpx.CallError
	switch {
	case errors.As(err, &broke):
		out.Ambiguous = broke.Sent
	case errors.Is(err, fault.RateLimited):
		out.Class = ClassRateLimited
	case errors.Is(err, ErrScopesMissing):
		out.Class, out.Reason = ClassPermanent, ReasonScopesMissing
	case errors.Is(err, fault.ReauthRequired):
		out.Class, out.Reason = ClassPermanent, ReasonRevoked
	case errors.Is(err, ErrTokenKind), errors.Is(err, ErrIssuer), errors.Is(err, ErrOtherAccount):
		out.Ambiguous = true // an answer, but not one to believe
	case errors.Is(err, ErrServerRefused), errors.Is(err, ErrServerUnknown), errors.Is(err, ErrServerInvalid):
		// One account's server, not our app; nothing was sent there.
	case errors.Is(err, fault.PlatformRejected):
		out.Class = ClassConfiguration
	default:
		out.Ambiguous = true
	}
	return out
}
