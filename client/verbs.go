package client

import (
	"context"
	"crypto/rand"
	"net/http"
)

// CreateOption changes how something is made.
type CreateOption func(*call)

// WithIdempotencyKey names the request, 1 to 255 visible ASCII characters: a request with
// the same key and body within 24 hours has no second effect and gets the first answer
// again. Keep it with your own record to be safe across a restart of your program; without
// the option each call has a new one, which covers its own retries.
func WithIdempotencyKey(key string) CreateOption { return func(c *call) { c.once = key } }

func create[T any](ctx context.Context, w *wire, path string, body any, options []CreateOption) (T, error) {
	c := call{method: http.MethodPost, path: path, body: body, once: rand.Text()}
	for _, option := range options {
		option(&c)
	}
	return do[T](ctx, w, c)
}

func get[T any](ctx context.Context, w *wire, path string) (T, error) {
	return do[T](ctx, w, call{method: http.MethodGet, path: path})
}

func post[T any](ctx context.Context, w *wire, path string, body any) (T, error) {
	return do[T](ctx, w, call{method: http.MethodPost, path: path, body: body})
}

func patch[T any](ctx context.Context, w *wire, path string, body any) (T, error) {
	return do[T](ctx, w, call{method: http.MethodPatch, path: path, body: body})
}

func remove[T any](ctx context.Context, w *wire, path string) (T, error) {
	return do[T](ctx, w, call{method: http.MethodDelete, path: path})
}
