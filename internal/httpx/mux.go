package httpx

import "net/http"

// Mux mounts routes on a ServeMux. It panics on patterns that clash, which the
// route tests meet before anybody else does.
func Mux(routes []Route) *http.ServeMux {
	mux := http.NewServeMux()
	for _, r := range routes {
		mux.Handle(r.Pattern(), r.Handler)
	}
	return mux
}
