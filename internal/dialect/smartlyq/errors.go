package smartlyq

import (
	"errors"
	"math"
	"net/http"
	"strconv"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/httpx"
	"patchbay/internal/platform"
)

// rendering is how a failure looks here. Without a message the fault's own is shown,
// which is safe to show.
type rendering struct {
	status  int
	code    string
	message string
}

// renderings has a row for every code of ours.
var renderings = map[fault.Code]rendering{
	fault.Invalid:             {status: http.StatusUnprocessableEntity, code: "VALIDATION_ERROR"},
	fault.Unauthenticated:     {http.StatusUnauthorized, "INVALID_API_KEY", "Missing or invalid API key."},
	fault.Forbidden:           {status: http.StatusForbidden, code: "FORBIDDEN"},
	fault.NotFound:            {http.StatusNotFound, "RESOURCE_NOT_FOUND", "The requested resource does not exist."},
	fault.Conflict:            {status: http.StatusConflict, code: "CONFLICT"},
	fault.RateLimited:         {status: http.StatusTooManyRequests, code: "RATE_LIMITED"},
	fault.ReauthRequired:      {status: http.StatusConflict, code: "CONFLICT"},
	fault.Denied:              {status: http.StatusForbidden, code: "FORBIDDEN"},
	fault.PlatformUnavailable: {status: http.StatusBadGateway, code: "PLATFORM_ERROR"},
	fault.PlatformRejected:    {status: http.StatusBadGateway, code: "PLATFORM_ERROR"},
	fault.Unsupported:         {status: http.StatusNotFound, code: "NOT_ENABLED"},
	fault.Internal:            {http.StatusInternalServerError, "SERVER_ERROR", "Something went wrong on our side."},
}

// exceptions are reasons that have a code of their own.
var exceptions = map[string]rendering{
	httpx.ErrBodyNotJSON.Reason:      {status: http.StatusBadRequest, code: "BAD_REQUEST"},
	httpx.ErrBodyTooLarge.Reason:     {status: http.StatusRequestEntityTooLarge, code: "PAYLOAD_TOO_LARGE"},
	connect.ErrOnceReused.Reason:     {http.StatusConflict, "IDEMPOTENCY_CONFLICT", "This idempotency key was used for another request. Use a new key for each new request."},
	connect.ErrNotConfigured.Reason:  {status: http.StatusUnprocessableEntity, code: "PROVIDER_NOT_CONFIGURED"},
	connect.ErrDisconnected.Reason:   {http.StatusNotFound, "RESOURCE_NOT_FOUND", "The requested resource does not exist."},
	platform.ErrScopesMissing.Reason: {status: http.StatusForbidden, code: "CONNECTION_SCOPE_MISSING"},
	"limit_reached":                  {status: http.StatusForbidden, code: "LIMIT_REACHED"},
	errNoRoute.Reason:                {status: http.StatusNotFound, code: "RESOURCE_NOT_FOUND"},
	errMethod.Reason:                 {status: http.StatusMethodNotAllowed, code: "METHOD_NOT_ALLOWED"},
}

var (
	errNoRoute = fault.New(fault.NotFound, "no_route", "There is no such endpoint.")
	errMethod  = fault.New(fault.NotFound, "method_not_allowed", "This endpoint does not take this method.")
	errProfile = fault.New(fault.NotFound, "owner_unknown", "There is no such profile.")
	errAccount = connect.NoSuch("account")
)

// refusal is an error with a code of this vendor's only.
type refusal struct {
	rendering
	details map[string]any
	cause   *fault.Error
}

func (r *refusal) Error() string { return r.code + ": " + r.cause.Error() }
func (r *refusal) Unwrap() error { return r.cause }

func (r *refusal) because(cause error) *refusal {
	out := *r
	out.cause = r.cause.Because(cause)
	return &out
}

func errScope(word string) *refusal {
	return &refusal{
		rendering{http.StatusForbidden, "INSUFFICIENT_SCOPE", "This key lacks the scope " + word + "."},
		map[string]any{"required_scope": word},
		fault.New(fault.Forbidden, "scope_missing", "A scope is missing."),
	}
}

func errUnsupported(message string, supported []string) *refusal {
	return &refusal{
		rendering{http.StatusUnprocessableEntity, "UNSUPPORTED_PLATFORM", message},
		map[string]any{"supported": supported},
		fault.New(fault.Invalid, "platform_unsupported", message),
	}
}

var errNotEnabled = &refusal{
	rendering{http.StatusNotFound, "NOT_ENABLED", "Headless connect is not enabled for this workspace."},
	nil, fault.New(fault.Unsupported, "headless_off", "Headless connect is off."),
}

// errNotBuilt answers for a platform that no app would make reachable.
var errNotBuilt = &refusal{
	rendering{http.StatusUnprocessableEntity, "PROVIDER_NOT_CONFIGURED", "This server cannot connect this platform."},
	nil, connect.ErrNotConfigured,
}

// fieldNames are the core's names of what this interface calls otherwise.
var fieldNames = map[string]string{
	"redirect_url": "return_url", "label": "account_name", "channel_ids": "account_ids", "account": "identifier", "password": "app_password",
}

// credentialFields are those that a refused sign-in speaks of, by its reason.
var credentialFields = map[string]string{
	platform.ErrHandleUnknown.Reason: "identifier", platform.ErrHandleInvalid.Reason: "identifier",
	platform.ErrPasswordForm.Reason: "app_password", platform.ErrPasswordWrong.Reason: "app_password", platform.ErrPasswordCode.Reason: "app_password",
}

// render finds the rendering of an error, with its details.
func render(err error) (rendering, map[string]any) {
	var own *refusal
	if errors.As(err, &own) {
		return own.rendering, own.details
	}
	f := fault.From(err)
	row, ok := exceptions[f.Reason]
	if !ok {
		row, ok = renderings[f.Code]
	}
	if !ok {
		row = renderings[fault.Internal]
	}
	if row.message == "" {
		row.message = f.Message
	}
	if len(f.Fields) > 0 {
		row.message = "Some fields are not valid." // which and why is in the details
	}
	return row, detailsOf(row, f)
}

func detailsOf(row rendering, f *fault.Error) map[string]any {
	details := map[string]any{}
	switch row.code {
	case "VALIDATION_ERROR":
		details["fields"] = fieldsOf(f)
	case "RATE_LIMITED":
		if f.RetryAfter > 0 {
			details["retry_after"] = wholeSeconds(f)
		}
	case "CONNECTION_SCOPE_MISSING":
		details["reconnect_required"] = true
	}
	if f.Code == fault.ReauthRequired {
		details["reconnect_required"] = true
	}
	return details
}

// fieldsOf tells what is wrong with which field, in the names of this interface.
func fieldsOf(f *fault.Error) map[string]string {
	told := map[string]string{}
	for _, field := range f.Fields {
		name := field.Name
		if ours, ok := fieldNames[name]; ok {
			name = ours
		}
		told[name] = field.Message
	}
	if name, ok := credentialFields[f.Reason]; ok {
		told[name] = f.Message
	}
	return told
}

func wholeSeconds(f *fault.Error) int { return int(math.Ceil(f.RetryAfter.Seconds())) }

func (a *API) writeError(w http.ResponseWriter, r *http.Request, err error) {
	if f := fault.From(err); f.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(wholeSeconds(f)))
	}
	row, details := render(err)
	if details == nil {
		details = map[string]any{} // always an object
	}
	body := failure{Error: problem{Code: row.code, Message: row.message, Details: details}, Meta: a.newMeta(r)}
	_ = httpx.WriteJSON(w, row.status, body) // who hung up needs no answer
}
