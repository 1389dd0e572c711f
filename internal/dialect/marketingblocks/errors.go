package marketingblocks

import (
	"math"
	"net/http"
	"strconv"

	"patchbay/internal/fault"
	"patchbay/internal/httpx"
)

// failure is the body of every error: {"status":false,"message":"…"}.
type failure struct {
	Status  bool   `json:"status"` // false
	Message string `json:"message"`
}

// rendering is how a code looks here. Without a message the fault's own is shown,
// which is safe to show.
type rendering struct {
	status  int
	message string
}

// renderings has a row for every code. 401, 422, 404 and 500 are the document's;
// 401 for a missing permission too, as the vendor's authentication page has it.
var renderings = map[fault.Code]rendering{
	fault.Invalid:             {status: http.StatusUnprocessableEntity},
	fault.Unauthenticated:     {http.StatusUnauthorized, "Unauthenticated."},
	fault.Forbidden:           {status: http.StatusUnauthorized},
	fault.NotFound:            {status: http.StatusNotFound},
	fault.Conflict:            {status: http.StatusConflict},
	fault.RateLimited:         {http.StatusTooManyRequests, "Too Many Attempts."},
	fault.ReauthRequired:      {status: http.StatusConflict},
	fault.Denied:              {status: http.StatusForbidden},
	fault.PlatformUnavailable: {status: http.StatusServiceUnavailable},
	fault.PlatformRejected:    {status: http.StatusBadGateway},
	fault.Unsupported:         {status: http.StatusNotImplemented},
	fault.Internal:            {http.StatusInternalServerError, "Server Error"},
}

// fieldMessages are the core's complaints about a field in the vendor's words.
var fieldMessages = map[string]string{
	"redirect_url": errRedirectURL.Message,
	"owner":        errUserIDLong.Message,
}

func render(f *fault.Error) (status int, message string) {
	row, ok := renderings[f.Code]
	if !ok {
		row = renderings[fault.Internal]
	}
	if row.message == "" {
		row.message = f.Message
	}
	if f.Reason == httpx.ErrBodyTooLarge.Reason {
		row.status = http.StatusRequestEntityTooLarge
	}
	if len(f.Fields) > 0 && fieldMessages[f.Fields[0].Name] != "" {
		row.message = fieldMessages[f.Fields[0].Name]
	}
	return row.status, row.message
}

func writeError(w http.ResponseWriter, _ *http.Request, err error) {
	f := fault.From(err)
	if f.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(f.RetryAfter.Seconds()))))
	}
	status, message := render(f)
	writeFailure(w, status, message)
}

func writeFailure(w http.ResponseWriter, status int, message string) {
	_ = httpx.WriteJSON(w, status, failure{Message: message}) // who hung up needs no answer
}
