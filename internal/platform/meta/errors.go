package meta

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"patchbay/internal/httpx"
	"patchbay/internal/platform"
)

// The codes that matter beyond their class. Meta's texts are never looked at: they are
// translated, and they change.
const (
	codePermission = 10
	codeParameter  = 100

	subcodeRemoved     = 458 // the person took the app off
	subcodeCodeExpired = 36007
	subcodeCodeUsed    = 36009
)

// graphError is the Graph API's error object, classed by the rules. It is an error of its
// own so that the walk over portfolios can pass over what the person may not see.
type graphError struct {
	Code    int
	Subcode int `json:"error_subcode"`
	refusal *platform.Refusal
}

// readGraphError finds the error object, whatever the status: Meta answers 400 for
// most, 401 and 403 for some, and the code is what counts.
func readGraphError(rules []platform.Rule, resp *httpx.Response, now time.Time) (graphError, bool) {
	var body struct{ Error *graphError }
	if json.Unmarshal(resp.Body, &body) != nil || body.Error == nil {
		return graphError{}, false
	}
	e := *body.Error
	if e.refusal = platform.ReadRefusal(rules, resp, now); e.refusal == nil { // an empty object in a 200
		e.refusal = platform.Refuse(platform.ClassTransient, "", errors.New("an error of no name"))
	}
	if e.refusal.RetryAfter == 0 && (e.refusal.Class == platform.ClassRateLimited || slices.Contains(ownLimits(), e.Code)) {
		e.refusal.RetryAfter = regainAccess(resp)
	}
	return e, true
}

func (e graphError) Error() string {
	return fmt.Sprintf("graph error %d/%d: %v", e.Code, e.Subcode, e.refusal)
}

func (e graphError) Unwrap() error { return e.refusal }

// permission tells whether a permission is missing, was removed, or never sufficed.
func (e graphError) permission() bool {
	return e.Code == codePermission || e.Code >= 200 && e.Code <= 299
}

// exchangeFault is a refusal of a code or of the short token, where code 100 is about the
// code, told apart by the subcode.
func (e graphError) exchangeFault() error {
	dead := e.Code == codeParameter && (e.Subcode == subcodeCodeExpired || e.Subcode == subcodeCodeUsed)
	if dead && e.refusal.Class == platform.ClassConfiguration {
		return platform.ErrCodeExpired.Because(fmt.Errorf("graph error %d/%d", e.Code, e.Subcode))
	}
	return e
}

// regainAccess is how long the rate limits of business use cases still hold, by the
// header that tells it in minutes; zero when it does not.
// https://developers.facebook.com/docs/graph-api/overview/rate-limiting
func regainAccess(resp *httpx.Response) time.Duration {
	var usage map[string][]struct {
		Minutes int64 `json:"estimated_time_to_regain_access"`
	}
	_ = json.Unmarshal([]byte(resp.Header.Get("X-Business-Use-Case-Usage")), &usage) // absent more often than not
	longest := int64(0)
	for _, cases := range usage {
		for _, c := range cases {
			longest = max(longest, c.Minutes)
		}
	}
	return time.Duration(min(longest, 24*60)) * time.Minute
}

// unexpected is an answer without an error object that is no success either; nil for one
// that is.
func unexpected(resp *httpx.Response, now time.Time) error {
	if no := platform.ReadRefusal(nil, resp, now); no != nil {
		return no
	}
	if resp.Status != http.StatusOK {
		return platform.ErrUnavailable.Because(fmt.Errorf("the Graph API answered status %d", resp.Status))
	}
	return nil
}
