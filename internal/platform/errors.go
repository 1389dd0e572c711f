package platform

import "patchbay/internal/fault"

// The failures a platform's code can tell apart. Each reason has a page text.
var (
	ErrUnavailable   = fault.New(fault.PlatformUnavailable, "platform_unavailable", "The platform did not answer properly. Try again in a little while.")
	ErrRejected      = fault.New(fault.PlatformRejected, "platform_rejected", "The platform refused this server's app. Its operator has to look at the app's settings.")
	ErrCodeExpired   = fault.New(fault.Conflict, "code_expired", "The consent took too long to come back, and the platform no longer accepts it. Try again.")
	ErrNoTargets     = fault.New(fault.Conflict, "no_targets", "This account has nothing that can be connected.")
	ErrScopesMissing = fault.New(fault.Denied, "scopes_missing", "A permission that is needed was not granted.")
	ErrTokenKind     = fault.New(fault.PlatformRejected, "token_kind", "The platform gave a token of an unexpected kind.")
	ErrPageToken     = fault.New(fault.Invalid, "page_token", "This is a page's own token, and not that of the person who manages the page.")
	ErrReauth        = fault.New(fault.ReauthRequired, "consent_ended", "The platform no longer accepts this consent. Connect again.")
	ErrHandleUnknown = fault.New(fault.Invalid, "handle_unknown", "No account was found under this handle.")
	ErrHandleInvalid = fault.New(fault.Invalid, "handle_invalid", "This does not look like a handle.")
	ErrServerRefused = fault.New(fault.PlatformRejected, "server_refused", "This account's server cannot be used.")
	ErrIssuer        = fault.New(fault.PlatformRejected, "issuer_mismatch", "The answer did not come from the server that was asked.")
	ErrServerInvalid = fault.New(fault.Invalid, "server_invalid", "This does not look like a server's name.")
	ErrServerUnknown = fault.New(fault.Invalid, "server_unknown", "No such server was found under this name.")
	ErrClientUnknown = fault.New(fault.PlatformRejected, "client_unknown", "The server no longer knows this app. Try again: it is registered anew.")
	ErrPasswordForm  = fault.New(fault.Invalid, "password_form", "This is not an app password. One looks like xxxx-xxxx-xxxx-xxxx.")
	ErrPasswordWrong = fault.New(fault.Invalid, "password_wrong", "The account and the app password do not belong together.")
	ErrPasswordCode  = fault.New(fault.Invalid, "password_code", "The platform asks for a code sent by email: this was not an app password.")
	ErrNotImportable = fault.New(fault.Unsupported, "not_importable", "Tokens of this platform cannot be imported: they work with the program's own key alone. Connect the account here, or sign in with an app password instead.")
	ErrOtherAccount  = fault.New(fault.Conflict, "other_account", "Another account signed in than the one that was named.")
)
