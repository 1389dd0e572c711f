package api

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"patchbay/internal/fault"
	"patchbay/internal/httpx"
)

// problemJSON is an error as RFC 9457 shapes it, with our code and reason.
type problemJSON struct {
	Type      string             `json:"type" example:"/problems/invalid" doc:"Which class of problem this is, as a relative reference: /problems/ and the code."`
	Title     string             `json:"title" example:"The request is not valid" doc:"The class of problem in words; the same for every problem of a code."`
	Status    int                `json:"status" example:"422" doc:"The HTTP status."`
	Detail    string             `json:"detail" example:"expires_in must be between 60 and 86400 seconds" doc:"What happened, for a person. Holds nothing of what was sent, and no internals."`
	Code      string             `json:"code" example:"invalid" doc:"Stable class to program against: who can do something about it, and when."`
	Reason    string             `json:"reason" example:"invalid_field" doc:"Stable slug of the exact cause."`
	Errors    []problemFieldJSON `json:"errors,omitempty" nullable:"false" doc:"The wrong inputs, where there are such."`
	RequestID string             `json:"request_id" example:"k3v5cl2q7xhzbn4a" doc:"Names the request in this server's log."`

	cause      error // for the log
	retryAfter time.Duration
}

type problemFieldJSON struct {
	Field   string `json:"field" example:"expires_in" doc:"The member, path part or query parameter, such as owner.external_id."`
	Reason  string `json:"reason" example:"range" doc:"Stable slug: required, type, range, length, enum, url, unknown, …"`
	Message string `json:"message" example:"must be between 60 and 86400 seconds" doc:"What it should have been."`
}

// rendering is a row of the table of errors.
type rendering struct {
	status int
	title  string
}

var renderings = map[fault.Code]rendering{
	fault.Invalid:             {http.StatusUnprocessableEntity, "The request is not valid"},
	fault.Unauthenticated:     {http.StatusUnauthorized, "Not authenticated"},
	fault.Forbidden:           {http.StatusForbidden, "Not allowed"},
	fault.NotFound:            {http.StatusNotFound, "Not found"},
	fault.Conflict:            {http.StatusConflict, "The state does not allow this"},
	fault.RateLimited:         {http.StatusTooManyRequests, "Too many requests"},
	fault.ReauthRequired:      {http.StatusConflict, "The person has to connect again"},
	fault.Denied:              {http.StatusForbidden, "The person declined"},
	fault.PlatformUnavailable: {http.StatusServiceUnavailable, "The platform is not available"},
	fault.PlatformRejected:    {http.StatusBadGateway, "The platform refused this server"},
	fault.Unsupported:         {http.StatusNotImplemented, "Not supported"},
	fault.Internal:            {http.StatusInternalServerError, "Internal error"},
}

var errMethod = fault.New(fault.Unsupported, "method_not_allowed", "This address does not answer this method. The Allow header lists those it does.")

// statuses are the reasons for which HTTP has a word more exact than the code's.
var statuses = map[string]int{
	httpx.ErrBodyNotJSON.Reason:  http.StatusBadRequest,
	errUnreadable.Reason:         http.StatusBadRequest,
	httpx.ErrBodyTooLarge.Reason: http.StatusRequestEntityTooLarge,
	"database_away":              http.StatusServiceUnavailable,
	"database_unwritable":        http.StatusServiceUnavailable,
	errMethod.Reason:             http.StatusMethodNotAllowed,
}

// newProblem renders an error. The cause stays behind for the log.
func newProblem(err error) *problemJSON {
	f := fault.From(err)
	row := renderings[f.Code]
	if status, ok := statuses[f.Reason]; ok {
		row.status = status
	}
	p := &problemJSON{
		Type: "/problems/" + string(f.Code), Title: row.title, Status: row.status, Detail: detail(f),
		Code: string(f.Code), Reason: f.Reason, cause: err, retryAfter: f.RetryAfter,
	}
	for _, field := range f.Fields {
		p.Errors = append(p.Errors, problemFieldJSON{field.Name, field.Reason, field.Message})
	}
	return p
}

// detail is the message; that of a single field is a predicate and wants its subject.
func detail(f *fault.Error) string {
	if len(f.Fields) == 1 && f.Fields[0].Message == f.Message {
		return f.Fields[0].Name + " " + f.Message
	}
	return f.Message
}

// Error, GetStatus and ContentType make it what huma calls a status error.
func (p *problemJSON) Error() string             { return p.Detail }
func (p *problemJSON) GetStatus() int            { return p.Status }
func (p *problemJSON) ContentType(string) string { return "application/problem+json" }

// send notes the problem for the log line and writes what belongs into the header.
func (p *problemJSON) send(w http.ResponseWriter, r *http.Request) {
	httpx.NoteError(r, p.cause)
	p.RequestID = httpx.RequestID(r.Context())
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	if wait := p.retryAfter; wait > 0 {
		w.Header().Set("Retry-After", strconv.FormatFloat(math.Ceil(wait.Seconds()), 'f', 0, 64))
	}
}

// writeProblem answers with the problem where huma is not asked.
func writeProblem(w http.ResponseWriter, r *http.Request, err error) {
	p := newProblem(err)
	p.send(w, r)
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // strings and integers; the client may be gone
}

// renderProblem is the last thing huma does to an answer: it gives our handlers'
// problems their headers and turns huma's own into ours.
func renderProblem(ctx huma.Context, _ string, v any) (any, error) {
	r, w := humago.Unwrap(ctx)
	switch e := v.(type) {
	case *problemJSON:
		e.send(w, r)
	case *huma.ErrorModel:
		p := newProblem(rejected(e))
		p.send(w, r)
		return p, nil
	}
	return v, nil
}
