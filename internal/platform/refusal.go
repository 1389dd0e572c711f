package platform

import (
	"fmt"
	"net/http"

	"patchbay/internal/fault"
)

// refusals says what each OAuth error word of a token endpoint means for the code
// exchange (RFC 6749 §5.2 and the words of its relatives that platforms use). Other
// words are never repeated: a server may echo what it was sent.
var refusals = map[string]*fault.Error{
	"invalid_grant":             ErrCodeExpired, // used, expired, or not ours
	"expired_token":             ErrCodeExpired,
	"invalid_client":            ErrRejected,
	"unauthorized_client":       ErrRejected,
	"invalid_request":           ErrRejected,
	"invalid_scope":             ErrRejected,
	"access_denied":             ErrRejected,
	"unsupported_grant_type":    ErrRejected,
	"unsupported_response_type": ErrRejected,
	"redirect_uri_mismatch":     ErrRejected,
	"invalid_redirect_uri":      ErrRejected,
	"invalid_dpop_proof":        ErrRejected,
	"use_dpop_nonce":            ErrUnavailable,
	"server_error":              ErrUnavailable,
	"temporarily_unavailable":   ErrUnavailable,
	"slow_down":                 ErrUnavailable,
}

// refuse classes a refusal. The status rules where the server is in trouble; then
// the word; what nobody knows is taken for passing trouble, since that blames nobody.
func refuse(status int, word string) error {
	class, known := refusals[word]
	switch {
	case status >= 500 || status == http.StatusTooManyRequests:
		class = ErrUnavailable
	case !known && status == http.StatusUnauthorized:
		class = ErrRejected
	case !known:
		class = ErrUnavailable
	}
	if !known {
		word = "none that is known"
	}
	return class.Because(fmt.Errorf("token endpoint answered status %d, error word: %s", status, word))
}
