package api

import (
	"net/http"
	"strings"

	"patchbay/internal/fault"
	"patchbay/internal/httpx"
)

var errRoute = fault.New(fault.NotFound, "route_unknown", "There is no such address in this API. /openapi.json lists those there are.")

var methods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
}

// fallback answers below /v1/ where no route does, in our format: net/http's own
// 404 and 405 would be plain text. Rooms with more exact patterns come first.
func (a *API) fallback(routes []httpx.Route) httpx.Route {
	mux := httpx.Mux(routes)
	return httpx.Route{
		Path: "/v1/", Auth: httpx.AuthKey, Format: httpx.FormatProblem,
		Handler: httpx.Handle(writeProblem, func(w http.ResponseWriter, r *http.Request) error {
			w.Header().Set("Cache-Control", "no-store")
			if _, err := a.svc.Authenticate(r.Context(), httpx.Bearer(r)); err != nil {
				return err
			}
			allowed := allowedAt(mux, r)
			if len(allowed) == 0 {
				return errRoute
			}
			w.Header().Set("Allow", strings.Join(allowed, ", "))
			return errMethod
		}),
	}
}

// allowedAt lists the methods that the request's path answers.
func allowedAt(mux *http.ServeMux, r *http.Request) []string {
	var allowed []string
	for _, method := range methods {
		if _, pattern := mux.Handler(&http.Request{Method: method, URL: r.URL, Host: r.Host}); pattern != "" {
			allowed = append(allowed, method)
		}
	}
	return allowed
}
