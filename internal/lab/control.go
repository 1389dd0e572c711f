package lab

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"patchbay/internal/httpx"
)

// controls are the Lab's own addresses, by which tests and people move its clock, break
// its platforms and read what really happened. They speak JSON; a wrong request is
// answered with 400 and {"message"}.
func (l *Lab) controls() []httpx.Route {
	return []httpx.Route{
		control(http.MethodPost, "/lab/apps", l.postApp),
		control(http.MethodGet, "/lab/clock", l.getClock),
		control(http.MethodPost, "/lab/clock", l.moveClock),
		control(http.MethodGet, "/lab/faults", l.getFaults),
		control(http.MethodPost, "/lab/faults", l.postFault),
		control(http.MethodDelete, "/lab/faults", l.deleteFaults),
		control(http.MethodGet, "/lab/redeems", l.getRedeems),
		control(http.MethodGet, "/lab/revocations", l.getRevocations),
		control(http.MethodPost, "/lab/revoke", l.postRevoke),
		control(http.MethodPost, "/lab/targets", l.postTarget),
		control(http.MethodPost, "/lab/scopes", l.postScopes),
		control(http.MethodPost, "/lab/open", l.open.setLives),
		control(http.MethodPost, "/lab/linkedin", l.linkedIn.setRefreshTokens),
	}
}

// control makes a route of a function: what it returns is the answer, nil is 204. Pages
// of other origins are refused, for a browser would let them move the clock.
func control(method, path string, do func(*http.Request) (any, error)) httpx.Route {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		switch out, err := do(r); {
		case err != nil:
			jsonReply(http.StatusBadRequest, "", map[string]string{"message": err.Error()}).write(w)
		case out == nil:
			reply{status: http.StatusNoContent}.write(w)
		default:
			jsonReply(http.StatusOK, "", out).write(w)
		}
	})
	return route(method, path, http.NewCrossOriginProtection().Handler(h).ServeHTTP)
}

// readJSON reads a body that is one JSON value with no field that the Lab does not know.
func readJSON(r *http.Request, into any) error {
	in := json.NewDecoder(r.Body)
	in.DisallowUnknownFields()
	if err := in.Decode(into); err != nil {
		return wrongJSON(err)
	}
	if _, more := in.Token(); !errors.Is(more, io.EOF) {
		return errors.New("more than one JSON value")
	}
	return nil
}

// wrongJSON says what is wrong with a body, in no words of Go's.
func wrongJSON(err error) error {
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &kind) && kind.Field != "":
		return fmt.Errorf("%s is of the wrong type: it cannot be a JSON %s", kind.Field, kind.Value)
	case errors.As(err, &kind):
		return fmt.Errorf("the body is a JSON object, not a JSON %s", kind.Value)
	}
	if name, unknown := strings.CutPrefix(err.Error(), "json: unknown field "); unknown {
		return fmt.Errorf("there is no field %s", name)
	}
	return errors.New("the body is no JSON value, or too long")
}
