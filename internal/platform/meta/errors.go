package meta

import (
	"encoding/json"
	"fmt"
	"net/http"

	"patchbay/internal/fault"
	"patchbay/internal/httpx"
	"patchbay/internal/platform"
)

// The codes that matter here. Meta's texts are never looked at: they are translated,
// and they change. https://developers.facebook.com/docs/graph-api/guides/error-handling
const (
	codeUnknown     = 1
	codePermission  = 10
	codeParameter   = 100
	codeApplication = 101 // no app of this id
	codeSession     = 102
	codeToken       = 190
	codeRedirect    = 191 // the redirect URI's domain is not the app's
	codePolicy      = 368

	subcodeCodeExpired = 36007
	subcodeCodeUsed    = 36009
)

// graphError is the Graph API's error object. It is an error of its own so that the
// walk over portfolios can pass over what the person may not see.
type graphError struct {
	Code    int
	Subcode int `json:"error_subcode"`
	status  int
}

// readGraphError finds the error object, whatever the status: Meta answers 400 for
// most, 401 and 403 for some, and the code is what counts.
func readGraphError(resp *httpx.Response) (graphError, bool) {
	var body struct{ Error *graphError }
	if json.Unmarshal(resp.Body, &body) != nil || body.Error == nil {
		return graphError{}, false
	}
	body.Error.status = resp.Status
	return *body.Error, true
}

func (e graphError) Error() string { return e.Unwrap().Error() }

// Unwrap makes the error one of platform's, so that fault.From finds it.
func (e graphError) Unwrap() error { return e.fault(e.class()) }

// class is what an error of an ordinary call means.
func (e graphError) class() *fault.Error {
	switch {
	case e.passing(), e.Code == codeUnknown:
		return platform.ErrUnavailable
	case e.Code == codeToken, e.Code == codeSession:
		return platform.ErrReauth
	case e.permission():
		return platform.ErrScopesMissing
	case e.Code == 0 && e.status == http.StatusUnauthorized:
		return platform.ErrReauth
	case e.Code == 0:
		return platform.ErrUnavailable
	}
	return platform.ErrRejected
}

// permission tells whether a permission is missing, was removed, or never sufficed.
func (e graphError) permission() bool {
	return e.Code == codePermission || e.Code >= 200 && e.Code <= 299
}

// passing tells of trouble that ends by itself: the service, the rate limits (of app,
// user, page and business use case), a temporary block for policy.
func (e graphError) passing() bool {
	switch e.Code {
	case 2, 4, 17, 32, 341, 613, codePolicy:
		return true
	}
	return e.Code >= 80000 && e.Code <= 80014 || e.status >= 500 || e.status == http.StatusTooManyRequests
}

// exchangeFault classes a refusal of a code or of the short token. Here code 1 with a
// 400 is a wrong app secret, not the "unknown error" that it is elsewhere, and code
// 100 is about the code, told apart by the subcode.
func (e graphError) exchangeFault() error {
	class := e.class()
	switch {
	case e.passing():
		class = platform.ErrUnavailable
	case e.Code == codeParameter && (e.Subcode == subcodeCodeExpired || e.Subcode == subcodeCodeUsed):
		class = platform.ErrCodeExpired
	case e.Code == codeUnknown && e.status < http.StatusInternalServerError, e.Code == codeParameter, e.Code == codeApplication, e.Code == codeRedirect:
		class = platform.ErrRejected
	}
	return e.fault(class)
}

func (e graphError) fault(class *fault.Error) error {
	return class.Because(fmt.Errorf("graph error %d/%d with status %d", e.Code, e.Subcode, e.status))
}
