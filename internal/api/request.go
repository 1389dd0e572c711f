package api

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"patchbay/internal/connect"
	"patchbay/internal/httpx"
)

type callerKey struct{}

// authenticate lets in who has a live key. What the key may do is the core's to say.
func (a *API) authenticate(ctx huma.Context, next func(huma.Context)) {
	r, w := humago.Unwrap(ctx)
	w.Header().Set("Cache-Control", "no-store")
	caller, err := a.svc.Authenticate(r.Context(), httpx.Bearer(r))
	if err != nil {
		writeProblem(w, r, err)
		return
	}
	next(huma.WithValue(ctx, callerKey{}, caller))
}

// callerOf is who asks. Outside of authenticate it is nobody, who may do nothing.
func callerOf(ctx context.Context) connect.Caller {
	caller, _ := ctx.Value(callerKey{}).(connect.Caller)
	return caller
}

// readBody holds the body to the rules that all rooms share before huma looks at
// its members: one JSON object of at most 1 MiB, whatever its Content-Type says
// (curl -d calls everything a form). An empty body is an empty object.
func readBody(ctx huma.Context, next func(huma.Context)) {
	r, w := humago.Unwrap(ctx)
	body, err := canonicalBody(w, r)
	if err != nil {
		writeProblem(w, r, err)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	next(ctx)
}

func canonicalBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	members, err := httpx.ReadObject(w, r)
	if err != nil {
		return nil, err
	}
	return json.Marshal(members)
}
