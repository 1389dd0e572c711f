package mastodon

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"code.dny.dev/ssrf"

	"patchbay/internal/httpx"
	"patchbay/internal/platform"
)

// unreachable tells apart what no later try would change: a server that the guard
// will not dial, and a name that DNS does not have. Other errors stay as they are.
func unreachable(err error) error {
	var dns *net.DNSError
	switch {
	case errors.Is(err, ssrf.ErrProhibitedIP), errors.Is(err, ssrf.ErrProhibitedPort), errors.Is(err, ssrf.ErrProhibitedNetwork):
		return platform.ErrServerRefused.Because(err)
	case errors.As(err, &dns) && dns.IsNotFound:
		return platform.ErrServerUnknown.Because(err)
	}
	return err
}

// refused classes an answer to what every Mastodon server has to answer: the person
// named something else, or the server wants nothing of us, or it is in trouble.
func refused(what string, resp *httpx.Response, now time.Time) error {
	cause := fmt.Errorf("%s: status %d", what, resp.Status) // and never the text: a server may echo what it was sent
	switch {
	case resp.Status == http.StatusTooManyRequests || resp.Status >= 500:
		return platform.ErrUnavailable.Because(cause).After(wait(resp, now))
	case resp.Status == http.StatusBadRequest, resp.Status == http.StatusUnauthorized, resp.Status == http.StatusForbidden, resp.Status == http.StatusUnprocessableEntity:
		return platform.ErrServerRefused.Because(cause)
	}
	return platform.ErrServerUnknown.Because(cause)
}

// wait is how long the server asks to be left alone: Retry-After in seconds, or
// Mastodon's X-RateLimit-Reset, a date. Zero: it does not say.
// https://docs.joinmastodon.org/api/rate-limits/
func wait(resp *httpx.Response, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && seconds > 0 {
		return min(time.Duration(seconds)*time.Second, time.Hour)
	}
	reset, err := time.Parse(time.RFC3339, resp.Header.Get("X-RateLimit-Reset"))
	if err != nil {
		return 0
	}
	return min(max(reset.Sub(now), 0), time.Hour)
}

// oauthError is a refusal's error word (RFC 6749 §5.2); empty where there is none.
func oauthError(resp *httpx.Response) string {
	var body struct {
		Error string `json:"error"`
	}
	if resp.Status < 400 || resp.Status > 499 || resp.Status == http.StatusTooManyRequests {
		return "" // the status rules
	}
	_ = json.Unmarshal(resp.Body, &body) // a body that is not JSON has no word
	return body.Error
}
