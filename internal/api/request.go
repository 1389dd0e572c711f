package api

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"strings"
	"unicode/utf8"

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
	if a.limit != nil {
		if err := a.limit(w, r, caller.KeyID); err != nil {
			writeProblem(w, r, err)
			return
		}
	}
	if from := httpx.ClientIP(r); from.IsValid() {
		caller.From = from.String()
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
	once, err := askOnce(r, body)
	if err != nil {
		writeProblem(w, r, err)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	next(huma.WithValue(ctx, askedKey{}, once))
}

func canonicalBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	members, err := httpx.ReadObject(w, r)
	if err != nil {
		return nil, err
	}
	for name, value := range members {
		if !exactName(name) {
			delete(members, name)
		} else if value[0] == '{' || value[0] == '[' {
			if members[name], err = exactNames(value); err != nil {
				return nil, err
			}
		}
	}
	body, err := json.Marshal(members)
	if err == nil && httpx.HoldsNUL(body) {
		return nil, errNUL
	}
	return body, err
}

// exactName tells names that a member of ours can have. Go's decoder takes "SELECTION"
// and "ſelection" for "selection" while the validation before it does not: such members
// are unknown, and so ignored.
func exactName(name string) bool {
	return !strings.ContainsFunc(name, func(r rune) bool { return 'A' <= r && r <= 'Z' || r >= utf8.RuneSelf })
}

// exactNames drops the others from objects further in.
func exactNames(value json.RawMessage) (json.RawMessage, error) {
	decoder := json.NewDecoder(bytes.NewReader(value))
	decoder.UseNumber()
	var decoded any
	if err := decoder.Decode(&decoded); err != nil {
		return nil, httpx.ErrBodyNotJSON
	}
	dropOthers(decoded)
	return json.Marshal(decoded)
}

func dropOthers(value any) {
	switch v := value.(type) {
	case map[string]any:
		maps.DeleteFunc(v, func(name string, _ any) bool { return !exactName(name) })
		for _, inner := range v {
			dropOthers(inner)
		}
	case []any:
		for _, inner := range v {
			dropOthers(inner)
		}
	}
}
