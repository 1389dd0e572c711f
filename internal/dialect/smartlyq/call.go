package smartlyq

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/httpx"
)

// call is one request of somebody who may make it.
type call struct {
	*http.Request
	caller connect.Caller // narrowed to the owner as whom it acts
	whole  connect.Caller // as its key says
	body   members        // of everything but GET
	key    string         // its idempotency key; empty: none
	again  bool           // an earlier request under its key was never answered
	meta   meta
}

// action answers a call with the data of its envelope; bytes are the whole answer.
type action func(ctx context.Context, c call) (any, error)

// serve makes an action the handler of a route that answers with status.
func (a *API) serve(status int, needs need, do action) httpx.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		c, err := a.newCall(w, r, needs)
		if err != nil {
			return err
		}
		data, err := do(r.Context(), c)
		var before *connect.Replayed
		if errors.As(err, &before) {
			w.Header().Set("Idempotent-Replayed", "true")
			data, err = []byte(before.Reply.Reveal()), nil
		}
		if err != nil {
			return err
		}
		if r.Method == http.MethodHead { // without a length: what has none is not made for it
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Cache-Control", "no-store")
			w.WriteHeader(status)
			return nil
		}
		whole, err := c.envelope(data)
		if err != nil {
			return err
		}
		return httpx.WriteJSON(w, status, json.RawMessage(whole))
	}
}

func (a *API) newCall(w http.ResponseWriter, r *http.Request, needs need) (c call, err error) {
	c = call{Request: r, meta: a.newMeta(r)}
	if c.whole, c.caller, err = a.callers(w, r, needs); err != nil || r.Method == http.MethodGet || r.Method == http.MethodHead {
		return c, err
	}
	if c.key, err = onceKey(r.Header); err != nil {
		return c, err
	}
	c.body, err = readBody(w, r)
	return c, err
}

// envelope is the whole answer to a call.
func (c call) envelope(data any) ([]byte, error) {
	if whole, ok := data.([]byte); ok {
		return whole, nil
	}
	return plainJSON(success{Success: true, Data: data, Meta: c.meta})
}

// once keeps the answer to an action whose effect is the same however often it is had.
func (a *API) once(do action) action {
	return func(ctx context.Context, c call) (any, error) {
		return a.svc.AnswerOnce(ctx, c.caller, onceOf[connect.Answer](c, nil), func(again bool) (answer connect.Answer, err error) {
			c.again = again
			data, err := do(ctx, c)
			if err != nil {
				return answer, err
			}
			if moved, ok := data.(movedJSON); ok {
				answer.OwnerID = moved.owner
			}
			answer.Body, err = c.envelope(data)
			return answer, err
		})
	}
}

// onceOf has a creation of the core keep the whole answer, of which show makes the data.
func onceOf[T any](c call, show func(T) any) connect.Once[T] {
	if c.key == "" {
		return connect.Once[T]{}
	}
	h := sha256.New()
	h.Write([]byte(c.Method + " " + c.URL.Path + "\n"))
	h.Write(c.body.canonical())
	return connect.Once[T]{
		Key: c.key, Route: c.Pattern, Fingerprint: h.Sum(nil),
		Render: func(made T) ([]byte, error) { return c.envelope(show(made)) },
	}
}

// onceHeaders carry an idempotency key: the documents' own, the one that the vendor's
// published clients send, and the documents' alias.
var onceHeaders = []string{"X-Idempotency-Key", "Idempotency-Key", "X-Request-Id"}

var onceForm = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,64}$`)

// onceKey is a request's idempotency key: "up to 64 characters (A-Z a-z 0-9 . _ : -)".
func onceKey(h http.Header) (string, error) {
	for _, name := range onceHeaders {
		switch values := h.Values(name); {
		case len(values) == 0:
		case len(values) > 1 || !onceForm.MatchString(values[0]):
			return "", fault.InvalidField(name, "format", "must be 1 to 64 of the characters A-Z a-z 0-9 . _ : -")
		default:
			return values[0], nil
		}
	}
	return "", nil
}
