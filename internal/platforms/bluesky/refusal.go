package bluesky

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/httpx"
	"patchbay/internal/platform"
)

// refusals says what an authorization server's error words mean. Other words and
// all descriptions are never repeated: a server may echo what it was sent.
var refusals = map[string]*fault.Error{
	"invalid_grant":           platform.ErrCodeExpired, // used, expired, or not ours
	"invalid_client":          platform.ErrRejected,
	"invalid_client_metadata": platform.ErrRejected, // our document could not be fetched, or is refused
	"invalid_redirect_uri":    platform.ErrRejected,
	"unauthorized_client":     platform.ErrRejected,
	"invalid_request":         platform.ErrRejected,
	"invalid_scope":           platform.ErrRejected,
	"invalid_dpop_proof":      platform.ErrRejected, // mostly this machine's clock
	"access_denied":           platform.ErrRejected,
	"use_dpop_nonce":          platform.ErrUnavailable, // a second time in a row
	"server_error":            platform.ErrUnavailable,
	"temporarily_unavailable": platform.ErrUnavailable,
}

// refusal classes an authorization server's answer that is not a success. What
// nobody knows is taken for passing trouble, since that blames nobody.
func refusal(what string, resp *httpx.Response) error {
	word := oauthError(resp)
	class, known := refusals[word]
	if !known {
		class, word = platform.ErrUnavailable, "none that is known"
	}
	if resp.Status >= 500 || resp.Status == http.StatusTooManyRequests {
		class = platform.ErrUnavailable
	}
	return class.Because(fmt.Errorf("%s: status %d, error word: %s", what, resp.Status, word)).After(retryAfter(resp))
}

// retryAfter is zero, unknown, where the header is absent or a date.
func retryAfter(resp *httpx.Response) time.Duration {
	seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
	return time.Duration(max(seconds, 0)) * time.Second
}

// oauthError is the answer's error word (RFC 6749 §5.2), empty where there is none.
func oauthError(resp *httpx.Response) string {
	var body struct {
		Error string `json:"error"`
	}
	_ = json.Unmarshal(resp.Body, &body) // a body that is not JSON has no word
	return body.Error
}
