// Package fault is the program's error taxonomy: one small closed set of codes,
// each rendered by every room in its own format. It knows no transport, no
// language and no platform.
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Code is the class of a failure: who can do something about it, and when. The
// set is closed; a new code is a design decision that every room's table must answer.
type Code string

const (
	Invalid             Code = "invalid"              // the caller's input is wrong; see Fields
	Unauthenticated     Code = "unauthenticated"      // no credential, or one that is not known
	Forbidden           Code = "forbidden"            // known, but not allowed to do this
	NotFound            Code = "not_found"            // absent, or another workspace's or owner's
	Conflict            Code = "conflict"             // the state does not allow it (any more)
	RateLimited         Code = "rate_limited"         // too often; see RetryAfter
	ReauthRequired      Code = "reauth_required"      // the grant is dead: only the person can mend it
	Denied              Code = "access_denied"        // the person said no on the platform's page
	PlatformUnavailable Code = "platform_unavailable" // the platform answered 5xx or nothing: later
	PlatformRejected    Code = "platform_rejected"    // the platform refuses our app: the operator mends it
	Unsupported         Code = "unsupported"          // deliberately not offered
	Internal            Code = "internal"             // ours; says nothing to callers
)

// Codes lists every code, for the tables that must have a row for each.
func Codes() []Code {
	return []Code{
		Invalid, Unauthenticated, Forbidden, NotFound, Conflict, RateLimited, ReauthRequired,
		Denied, PlatformUnavailable, PlatformRejected, Unsupported, Internal,
	}
}

// Error makes a code usable as a target of errors.Is.
func (c Code) Error() string { return string(c) }

// Field is one wrong input of an Invalid error.
type Field struct {
	Name    string // as the caller wrote it, a path such as "owner.external_id"
	Reason  string // stable slug: "required", "type", "url"
	Message string // English, safe to show; never echoes the value
}

// Error answers three people: the program (Code, Reason), the user (Message,
// Fields, RetryAfter) and the operator (the cause, which only logs see).
type Error struct {
	Code       Code
	Reason     string // stable slug: "link_expired"; hosted pages translate by it
	Message    string // English, safe to show
	Fields     []Field
	RetryAfter time.Duration // zero: unknown
	cause      error
}

// New is an error with a stable reason slug and a message that is safe to show.
func New(code Code, reason, message string) *Error {
	return &Error{Code: code, Reason: reason, Message: message}
}

// Newf is New with a formatted message. The arguments are shown to callers.
func Newf(code Code, reason, format string, args ...any) *Error {
	return New(code, reason, fmt.Sprintf(format, args...))
}

// InvalidField is an Invalid error about one field.
func InvalidField(name, reason, message string) *Error {
	return &Error{Code: Invalid, Reason: "invalid_field", Message: message, Fields: []Field{{name, reason, message}}}
}

// Because returns a copy that carries the cause for the log.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// After returns a copy that tells when to try again.
func (e *Error) After(d time.Duration) *Error {
	c := *e
	c.RetryAfter = d
	return &c
}

// Error is the operator's view, cause included. Show Message to callers instead.
func (e *Error) Error() string {
	s := string(e.Code) + " (" + e.Reason + "): " + e.Message
	if e.cause != nil {
		s += ": " + e.cause.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.cause }

// Is matches the code, so that errors.Is(err, fault.NotFound) works, and an error of the
// same code and reason, so that errors.Is(err, ErrDenied) holds with a cause too.
func (e *Error) Is(target error) bool {
	switch t := target.(type) {
	case Code:
		return t == e.Code
	case *Error:
		return t.Code == e.Code && t.Reason == e.Reason
	default:
		return false
	}
}

// From finds the *Error in err's chain; anything else is Internal with a fixed
// message that says nothing, and err as its cause. From(nil) is nil.
func From(err error) *Error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return New(Internal, "internal", "Something went wrong on our side. Try again; if it stays, give the request id to whoever runs this server.").Because(err)
}

// ReasonOf is the reason slug of err, "internal" for foreign errors, "" for nil.
func ReasonOf(err error) string {
	if err == nil {
		return ""
	}
	return From(err).Reason
}
