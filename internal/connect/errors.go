package connect

import "patchbay/internal/fault"

// What can go wrong in the connect journey. Each reason has a page text.
var (
	ErrLinkUnknown     = fault.New(fault.NotFound, "link_unknown", "There is no such connect link.")
	ErrLinkExpired     = fault.New(fault.Conflict, "link_expired", "This connect link has expired. Ask the application for a new one.")
	ErrLinkCanceled    = fault.New(fault.Conflict, "link_canceled", "This connect link was canceled.")
	ErrLinkFinished    = fault.New(fault.Conflict, "already_connected", "This connect link has already done its work.")
	ErrLinkFailed      = fault.New(fault.Conflict, "link_canceled", "This connect link was given up. Ask the application for a new one.")
	ErrNotOffered      = fault.New(fault.Invalid, "not_found", "This platform is not offered here.")
	ErrNotConfigured   = fault.New(fault.PlatformRejected, "platform_not_configured", "This server has no app registered at this platform yet.")
	ErrDenied          = fault.New(fault.Denied, "denied", "User denied permissions")
	ErrMismatch        = fault.New(fault.Forbidden, "browser_mismatch", "This consent was begun in another browser. Nothing was changed.")
	ErrCallbackInvalid = fault.New(fault.Invalid, "callback_invalid", "The platform's answer lacks what it should hold. Nothing was changed.")
	ErrReplayed        = fault.New(fault.Conflict, "callback_replayed", "This answer of the platform was already used. Nothing was changed.")
	ErrInterrupted     = fault.New(fault.Conflict, "interrupted", "We were interrupted while talking to the platform. It is safe to try again.")
	ErrAttemptExpired  = fault.New(fault.Conflict, "attempt_expired", "The consent took too long. Try again.")
	ErrSuperseded      = fault.New(fault.Conflict, "attempt_superseded", "Another attempt finished first. Nothing was changed.")
	ErrTooManyAttempts = fault.New(fault.RateLimited, "too_many_attempts", "This connect link was used too often. Ask the application for a new one.")
	ErrTooManyTries    = fault.New(fault.RateLimited, "too_many_tries", "Too many app passwords were wrong. Ask the application for a new link.")
	ErrNoPassword      = fault.New(fault.Invalid, "not_found", "This platform knows no app passwords.")
	ErrNotConfirmed    = fault.New(fault.Conflict, "not_confirmed", "The application did not confirm this connection in time. Nothing was connected.")
	ErrConfirmCode     = fault.InvalidField("code", "unknown", "is not the code that this session waits for")
	ErrNotWaiting      = fault.New(fault.Conflict, "not_waiting", "This session does not wait to be confirmed.")
	ErrNothingChosen   = fault.New(fault.Invalid, "nothing_chosen", "Choose at least one.")
	ErrTargetUnknown   = fault.New(fault.Invalid, "target_unknown", "This cannot be chosen.")
	ErrOtherAccount    = fault.New(fault.Conflict, "other_account", "The consent is another account's. Nothing was changed.")
	ErrTargetMissing   = fault.New(fault.Conflict, "target_missing", "The consent does not reach the channel any more: it was not ticked, or the person's role there is gone. Nothing was changed.")
	ErrNothingReached  = fault.New(fault.Conflict, "nothing_reached", "The consent reaches nothing that could be connected.")
	ErrNothingToChoose = fault.New(fault.Conflict, "attempt_superseded", "There is nothing to choose any more.")
)

// errGone is the answer about a session that has ended.
func errGone(s Session) *fault.Error {
	switch s.Status {
	case SessionSucceeded:
		return ErrLinkFinished
	case SessionCanceled:
		return ErrLinkCanceled
	case SessionFailed:
		return ErrLinkFailed
	default:
		return ErrLinkExpired
	}
}
