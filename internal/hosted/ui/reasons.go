package ui

import "slices"

// Reasons lists the slugs of the outcomes that have texts: each has the keys
// reason.<slug>.title, .body, .who and .next, and may have .cause.1 and so on.
func Reasons() []string {
	return []string{
		"connected", "connected_close", "already_connected", "reconnected", "reconnected_close",
		"denied", "scopes_missing", "no_targets", "no_instagram", "nothing_chosen", "nothing_reached",
		"link_unknown", "link_expired", "link_canceled", "link_used", "direct_link", "channel_gone",
		"browser_mismatch", "callback_replayed", "callback_invalid", "issuer_mismatch", "other_account", "wrong_account", "target_missing",
		"attempt_expired", "attempt_superseded", "interrupted", "consent_ended", "code_expired",
		"platform_unavailable", "platform_rejected", "platform_not_configured", "token_kind",
		"handle_unknown", "handle_invalid", "server_refused", "server_invalid", "server_unknown", "client_unknown", "account_inactive",
		"password_form", "password_wrong", "password_code", "too_many_tries", "too_many_attempts", "not_confirmed",
		"form_stale", "cookies_needed", "rate_limited", "not_found", "internal",
	}
}

func (v OutcomeView) slug() string {
	if slices.Contains(Reasons(), v.Reason) {
		return v.Reason
	}
	return "internal"
}
