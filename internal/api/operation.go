package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"patchbay/internal/connect"
)

// reply is what huma wants around a body.
type reply[T any] struct{ Body T }

// handler is one operation: decode is done, one call, encode.
type handler[I, T any] func(ctx context.Context, in *I) (T, error)

func get[I, T any](api huma.API, path, tag string, scope connect.Scope, d doc, h handler[I, T]) {
	huma.Register(api, d.operation(http.MethodGet, path, tag, scope), h.run)
}

func remove[I, T any](api huma.API, path, tag string, scope connect.Scope, d doc, h handler[I, T]) {
	op := d.operation(http.MethodDelete, path, tag, scope)
	op.DefaultStatus = http.StatusOK // what was ended is told
	huma.Register(api, op, h.run)
}

// destroy is an operation after which nothing is left to tell.
func destroy[I any](api huma.API, path, tag string, scope connect.Scope, d doc, h func(ctx context.Context, in *I) error) {
	op := d.operation(http.MethodDelete, path, tag, scope)
	op.DefaultStatus = http.StatusNoContent
	huma.Register(api, op, func(ctx context.Context, in *I) (*struct{}, error) {
		if err := h(ctx, in); err != nil {
			return nil, newProblem(err)
		}
		return nil, nil
	})
}

// post is an operation on what exists. It is idempotent by itself.
func post[I, T any](api huma.API, path, tag string, scope connect.Scope, d doc, h handler[I, T]) {
	op := withBody(d.operation(http.MethodPost, path, tag, scope))
	op.DefaultStatus = http.StatusOK
	huma.Register(api, op, h.run)
}

func patch[I, T any](api huma.API, path, tag string, scope connect.Scope, d doc, h handler[I, T]) {
	huma.Register(api, withBody(d.operation(http.MethodPatch, path, tag, scope)), h.run)
}

func withBody(op huma.Operation) huma.Operation {
	op.BodyReadTimeout = -1 // readBody has read it: no deadline is left to set
	op.MaxBodyBytes = -1    // nor a limit
	op.Middlewares = huma.Middlewares{readBody}
	return op
}

func (h handler[I, T]) run(ctx context.Context, in *I) (*reply[T], error) {
	body, err := h(ctx, in)
	if err != nil {
		return nil, newProblem(err)
	}
	return &reply[T]{body}, nil
}
