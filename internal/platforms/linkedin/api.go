package linkedin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"patchbay/internal/fault"
	"patchbay/internal/httpx"
	"patchbay/internal/platform"
)

// api calls LinkedIn for one member.
type api struct {
	client  *platform.Client
	version string
}

// get reads a path of the API into out. There is no default version under /rest, and
// List(…) and finders are understood in protocol 2.0.0 only; under /v2 both headers are
// allowed and not needed. https://learn.microsoft.com/en-us/linkedin/marketing/versioning
func (a api) get(ctx context.Context, path string, out any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, apiOrigin+path, nil)
	if err != nil {
		return platform.ErrUnavailable.Because(errors.New("the address is not a URL")) // err would quote it
	}
	req.Header.Set("Authorization", "Bearer "+a.client.Credentials.Access.Reveal())
	req.Header.Set("Accept", "application/json")
	req.Header.Set("LinkedIn-Version", a.version)
	req.Header.Set("X-Restli-Protocol-Version", "2.0.0")
	resp, err := a.client.HTTP.Do(req)
	if err != nil {
		return platform.ErrUnavailable.Because(err)
	}
	if resp.Status != http.StatusOK {
		return a.refused(resp)
	}
	return platform.Decode(resp, out)
}

// refused classes an error answer: {"status","code","serviceErrorCode","message"}, of
// which older addresses leave the code out.
func (a api) refused(resp *httpx.Response) error {
	var body struct{ Code string }
	_ = json.Unmarshal(resp.Body, &body) // the status alone says enough
	if resp.Status == http.StatusUpgradeRequired || body.Code == "NONEXISTENT_VERSION" || body.Code == "VERSION_MISSING" {
		return platform.ErrRejected.Because(fmt.Errorf("status %d: LinkedIn-Version %s has ended or is not there yet; set PATCHBAY_LINKEDIN_VERSION to a living month", resp.Status, a.version))
	}
	class, hint := classOf(resp.Status)
	return class.Because(fmt.Errorf("LinkedIn answered status %d%s", resp.Status, hint))
}

// classOf: a 401 is a token that expired, was revoked or is none (EXPIRED_, REVOKED_,
// INVALID_ACCESS_TOKEN), or a member whom LinkedIn restricted; in each case only the
// person can help. A 403 is the operator's: people grant everything or nothing, so what
// is missing is a product that LinkedIn has not given to the app or took away again.
func classOf(status int) (class *fault.Error, hint string) {
	switch status {
	case http.StatusUnauthorized:
		return platform.ErrReauth, ""
	case http.StatusForbidden:
		return platform.ErrRejected, ": the app lacks a product; without the Community Management API set PATCHBAY_LINKEDIN_ORGANIZATIONS=off"
	case http.StatusBadRequest, http.StatusNotFound:
		return platform.ErrRejected, ""
	}
	return platform.ErrUnavailable, "" // 429, 5xx, and what nobody knows
}
