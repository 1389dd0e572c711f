package api

import (
	"net/http"
	"strings"

	"patchbay/internal/httpx"
)

// recorder is the mux that huma mounts on: it serves nothing and remembers the
// routes, so that they join the program's one table.
type recorder struct{ routes []httpx.Route }

// HandleFunc is what huma calls with "GET /v1/sessions/{id}".
func (m *recorder) HandleFunc(pattern string, h func(http.ResponseWriter, *http.Request)) {
	method, path, _ := strings.Cut(pattern, " ")
	m.routes = append(m.routes, httpx.Route{
		Method: method, Path: path, Auth: httpx.AuthKey, Format: httpx.FormatProblem, Handler: http.HandlerFunc(h),
	})
}

// ServeHTTP completes huma's interface; requests come through the program's mux.
func (m *recorder) ServeHTTP(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }
