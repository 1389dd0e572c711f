package linkedin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"patchbay/internal/httpx"
	"patchbay/internal/platform"
)

// api calls LinkedIn for one member.
type api struct {
	client  *platform.Client
	version string
	rules   []platform.Rule
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
// which older addresses leave the code out. What the operator can do stands in the log.
func (a api) refused(resp *httpx.Response) error {
	no := platform.ReadRefusal(a.rules, resp, a.client.Now())
	words := platform.Words(resp.Body)
	switch {
	case no == nil: // another 2xx
		return platform.ErrUnavailable.Because(fmt.Errorf("LinkedIn answered status %d", resp.Status))
	case resp.Status == http.StatusUpgradeRequired, slices.Contains(words, "NONEXISTENT_VERSION"), slices.Contains(words, "VERSION_MISSING"):
		return fmt.Errorf("LinkedIn-Version %s has ended or is not there yet; set PATCHBAY_LINKEDIN_VERSION to a living month: %w", a.version, no)
	case resp.Status == http.StatusTooManyRequests && membersOwn(resp.Body):
		no.Class = platform.ClassTransient
		if no.RetryAfter == 0 { // the counters start anew at midnight UTC
			no.RetryAfter = 24*time.Hour - time.Duration(a.client.Now().Unix()%86400)*time.Second
		}
		return fmt.Errorf("the member's limit of calls for the day: %w", no)
	case resp.Status == http.StatusForbidden:
		return fmt.Errorf("the app lacks a product; without the Community Management API set PATCHBAY_LINKEDIN_ORGANIZATIONS=off: %w", no)
	default:
		return fmt.Errorf("LinkedIn's API: %w", no)
	}
}

// membersOwn tells whether a 429 is about the one member, who has a limit for the day with
// each app ("APPLICATION_AND_MEMBER DAY limit"), and not about the app ("APPLICATION DAY
// limit"): the sentence alone says so.
// https://learn.microsoft.com/en-us/linkedin/shared/api-guide/concepts/rate-limits
func membersOwn(body []byte) bool {
	var said struct{ Message string }
	_ = json.Unmarshal(body, &said) // what is not of this shape says nothing
	return strings.Contains(said.Message, "MEMBER")
}
