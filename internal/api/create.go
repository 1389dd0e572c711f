package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"reflect"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"patchbay/internal/connect"
)

// creator is an operation that makes something. With an Idempotency-Key it does so
// once: what is shown of it is kept in the transaction that makes it.
type creator[I, R, T any] struct {
	make  func(ctx context.Context, in *I, once connect.Once[R]) (R, error)
	show  func(R) T
	route string
}

// created is the answer to a creator, as bytes: a repeated request gets the same ones.
type created struct {
	ContentType string `header:"Content-Type"`
	Replayed    string `header:"Idempotent-Replayed"`
	Body        []byte
}

func create[I, R, T any](
	api huma.API, path, tag string, scope connect.Scope, d doc, do func(ctx context.Context, in *I, once connect.Once[R]) (R, error), show func(R) T,
) {
	op := withBody(d.operation(http.MethodPost, path, tag, scope))
	op.DefaultStatus = http.StatusCreated
	op.Parameters = append(op.Parameters, onceParam())
	op.Responses[strconv.Itoa(http.StatusCreated)] = &huma.Response{
		Description: "Created",
		Headers: map[string]*huma.Param{"Idempotent-Replayed": {
			Description: "true when this is the kept answer to an earlier request with the same Idempotency-Key.", Schema: &huma.Schema{Type: "string"},
		}},
		Content: map[string]*huma.MediaType{"application/json": {Schema: api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[T](), true, "")}},
	}
	huma.Register(api, op, creator[I, R, T]{make: do, show: show, route: http.MethodPost + " " + path}.run)
}

func onceParam() *huma.Param {
	longest, shortest := 255, 1
	return &huma.Param{
		Name: "Idempotency-Key", In: "header", Example: "8e03978e-40d5-43dd-bc93-6894a57f9324",
		Description: "Any text of yours, new for each new request. A request that is sent again with the same key within 24 hours has no second effect and gets the first answer's bytes again.",
		Schema:      &huma.Schema{Type: "string", MinLength: &shortest, MaxLength: &longest},
	}
}

func (c creator[I, R, T]) run(ctx context.Context, in *I) (*created, error) {
	asked := askedOnce(ctx)
	once := connect.Once[R]{Key: asked.key, Route: c.route, Fingerprint: asked.fingerprint, Render: c.render}
	made, err := c.make(ctx, in, once)
	var before *connect.Replayed
	if errors.As(err, &before) {
		return &created{ContentType: "application/json", Replayed: "true", Body: []byte(before.Reply.Reveal())}, nil
	}
	if err != nil {
		return nil, newProblem(err)
	}
	body, err := c.render(made)
	if err != nil {
		return nil, newProblem(err)
	}
	return &created{ContentType: "application/json", Body: body}, nil
}

func (c creator[I, R, T]) render(made R) ([]byte, error) {
	var b bytes.Buffer
	err := huma.DefaultJSONFormat.Marshal(&b, c.show(made))
	return b.Bytes(), err
}

// asked is a request's idempotency key, with what tells the request from others.
type asked struct {
	key         string
	fingerprint []byte
}

type askedKey struct{}

func askedOnce(ctx context.Context) asked {
	a, _ := ctx.Value(askedKey{}).(asked)
	return a
}

// askOnce reads the header of a request with its canonical body.
func askOnce(r *http.Request, body []byte) (asked, error) {
	keys := r.Header.Values("Idempotency-Key")
	switch {
	case len(keys) == 0:
		return asked{}, nil
	case len(keys) > 1 || keys[0] == "":
		return asked{}, connect.ErrOnceKey
	}
	h := sha256.New()
	h.Write([]byte(r.Method + " " + r.URL.Path + "\n"))
	h.Write(body)
	return asked{key: keys[0], fingerprint: h.Sum(nil)}, nil
}
