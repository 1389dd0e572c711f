package api

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/httpx"
	"patchbay/internal/platform"
	"patchbay/internal/webhook"
)

const about = `Connect people's social accounts to an application and keep them connected.

Ask for a **session**, open its ` + "`connect_url`" + ` for the person, wait for the session, read its **channels**.

Every request carries an API key: ` + "`Authorization: Bearer pb_…`" + `. Errors are problems (RFC 9457) with a stable ` + "`code`" + `
and ` + "`reason`" + `. Members of a request that are not known are ignored. Times are RFC 3339 in UTC with milliseconds. Ids are
integers below 2^53. Members may be added to answers at any time.`

func config(publicURL, version string) huma.Config {
	cfg := huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "Patchbay", Version: version, Description: about,
				License: &huma.License{Name: "Apache 2.0", Identifier: "Apache-2.0"},
			},
			Servers: []*huma.Server{{URL: publicURL, Description: "This server"}},
			Tags: []*huma.Tag{
				{Name: "sessions", Description: "The life of one connect link, from asking for it to the channels it brought."},
				{Name: "channels", Description: "What the application uses: pages, profiles and the like that people connected."},
				{Name: "owners", Description: "Whose channels they are inside the workspace: your users, teams or customers."},
				{Name: "platforms", Description: "What can be connected, and how each platform works."},
				{Name: "apps", Description: "OAuth clients of your own at the platforms, in place of the server's."},
				{Name: "keys", Description: "API keys of the workspace."},
				{Name: "workspaces", Description: "Tenants of this server. Nothing crosses from one to another."},
				{Name: "events", Description: "What happened, numbered in commit order, without gaps but where the database was restored.\n\n" + eventTypeTable()},
				{Name: "endpoints", Description: "Addresses of yours where events are sent, signed as Standard Webhooks (https://www.standardwebhooks.com) has it, with their deliveries and replays."},
				{Name: "audit", Description: "Who did what, when and from where, chained so that tampering is found."},
			},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", schemaName),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"bearer": {Type: "http", Scheme: "bearer", Description: "An API key of the workspace, pb_…"},
				},
			},
		},
		Formats:       map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat},
		DefaultFormat: "application/json",
		Transformers:  []huma.Transformer{renderProblem},
	}
	cfg.AllowAdditionalPropertiesByDefault = true
	cfg.Components.Schemas.RegisterTypeAlias(reflect.TypeFor[webhook.RawJSON](), reflect.TypeFor[objectJSON]())
	problem := cfg.Components.Schemas.Schema(reflect.TypeFor[problemJSON](), true, "")
	cfg.Components.Responses = problemResponses(problem)
	return cfg
}

// schemaName is the type's name without what tells wire types apart from the core's.
func schemaName(t reflect.Type, hint string) string {
	return strings.TrimSuffix(huma.DefaultSchemaNamer(t, hint), "JSON")
}

// examples are the failures of the document, by the status they come with.
var examples = map[int]error{
	http.StatusBadRequest:            httpx.ErrBodyNotJSON,
	http.StatusUnauthorized:          connect.ErrKeyUnknown,
	http.StatusForbidden:             fault.New(fault.Forbidden, "scope_missing", "This key lacks the scope sessions:write."),
	http.StatusNotFound:              fault.New(fault.NotFound, "not_found", "There is no such thing here."),
	http.StatusConflict:              fault.New(fault.Conflict, "already_connected", "This connect link has already done its work."),
	http.StatusTooManyRequests:       fault.New(fault.RateLimited, "rate_limited", "Too many requests. Wait as Retry-After says."),
	http.StatusRequestEntityTooLarge: httpx.ErrBodyTooLarge,
	http.StatusUnprocessableEntity:   fault.InvalidField("limit", "range", "must be at most 200"),
	http.StatusInternalServerError:   errors.New("anything of ours"),
	http.StatusBadGateway:            connect.ErrNotConfigured,
	http.StatusServiceUnavailable:    platform.ErrUnavailable,
}

func problemResponses(schema *huma.Schema) map[string]*huma.Response {
	out := map[string]*huma.Response{}
	for status, err := range examples {
		p := newProblem(err)
		p.RequestID = "k3v5cl2q7xhzbn4a"
		out[strconv.Itoa(status)] = &huma.Response{
			Description: p.Title,
			Headers:     problemHeaders(status),
			Content:     map[string]*huma.MediaType{"application/problem+json": {Schema: schema, Example: p}},
		}
	}
	return out
}

// problemHeaders are those that tell a caller when to come back.
func problemHeaders(status int) map[string]*huma.Param {
	whole := func(text string) *huma.Param {
		return &huma.Param{Description: text, Schema: &huma.Schema{Type: "integer"}}
	}
	switch status {
	case http.StatusServiceUnavailable:
		return map[string]*huma.Param{"Retry-After": whole("For how many seconds to wait, where that is known.")}
	case http.StatusTooManyRequests:
		return map[string]*huma.Param{
			"Retry-After":         whole("For how many seconds to wait."),
			"RateLimit-Limit":     whole("How many requests at once the key may make. Every answer to a key has these three."),
			"RateLimit-Remaining": whole("How many of them are left."),
			"RateLimit-Reset":     whole("After how many seconds all of them are back."),
		}
	default:
		return nil
	}
}

// doc is what the document says about an operation.
type doc struct {
	id      string
	summary string
	text    string
	fails   []int // besides 401, 403, 429 and 500
}

func (d doc) operation(method, path, tag string, scope connect.Scope) huma.Operation {
	op := huma.Operation{
		OperationID: d.id, Method: method, Path: path, Tags: []string{tag}, Summary: d.summary,
		Description: d.text + "\n\nNeeds the scope `" + string(scope) + "`.",
		Security:    []map[string][]string{{"bearer": {string(scope)}}},
		Responses:   map[string]*huma.Response{},
	}
	always := []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests, http.StatusInternalServerError}
	for _, status := range append(always, d.fails...) {
		op.Responses[strconv.Itoa(status)] = &huma.Response{Ref: "#/components/responses/" + strconv.Itoa(status)}
	}
	return op
}

// document is the route of the finished OpenAPI document.
func document(o *huma.OpenAPI) httpx.Route {
	schemas := o.Components.Schemas.Map()
	maps.DeleteFunc(schemas, func(name string, _ *huma.Schema) bool {
		return name == "ErrorModel" || name == "ErrorDetail" // huma's errors, which nobody gets to see
	})
	text, err := json.MarshalIndent(o, "", "  ")
	return httpx.Route{
		Method: http.MethodGet, Path: "/openapi.json", Auth: httpx.AuthNone, Format: httpx.FormatJSON,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err != nil {
				writeProblem(w, r, err)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(text)
		}),
	}
}
