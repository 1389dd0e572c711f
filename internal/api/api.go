package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"patchbay/internal/connect"
	"patchbay/internal/httpx"
)

// API is the native interface over the core.
type API struct {
	svc       *connect.Service
	publicURL string
	routes    []httpx.Route
}

// New builds the native interface. publicURL is this server's origin without a
// trailing slash, version the program's.
func New(svc *connect.Service, publicURL, version string) *API {
	a := &API{svc: svc, publicURL: publicURL}
	recorded := &recorder{}
	api := humago.New(recorded, config(publicURL, version))
	api.UseMiddleware(a.authenticate)
	a.mount(api)
	a.routes = append(recorded.routes, a.fallback(recorded.routes), document(api.OpenAPI()))
	return a
}

// Routes lists every route of the native interface.
func (a *API) Routes() []httpx.Route { return a.routes }

func (a *API) mount(api huma.API) {
	post(api, "/v1/sessions", "sessions", connect.ScopeSessionsWrite, createSessionDoc, a.createSession)
	get(api, "/v1/sessions/{id}", "sessions", connect.ScopeSessionsRead, getSessionDoc, a.getSession)
	get(api, "/v1/sessions/{id}/attempts", "sessions", connect.ScopeSessionsRead, listAttemptsDoc, a.listAttempts)
	get(api, "/v1/channels", "channels", connect.ScopeChannelsRead, listChannelsDoc, a.listChannels)
	get(api, "/v1/channels/{id}", "channels", connect.ScopeChannelsRead, getChannelDoc, a.getChannel)
	get(api, "/v1/platforms", "platforms", connect.ScopePlatformsRead, listPlatformsDoc, a.listPlatforms)
	get(api, "/v1/platforms/{id}", "platforms", connect.ScopePlatformsRead, getPlatformDoc, a.getPlatform)
	get(api, "/v1/events", "events", connect.ScopeEventsRead, listEventsDoc, a.listEvents)
}

// reply is what huma wants around a body.
type reply[T any] struct{ Body T }

// handler is one operation: decode is done, one call, encode.
type handler[I, T any] func(ctx context.Context, in *I) (T, error)

func get[I, T any](api huma.API, path, tag string, scope connect.Scope, d doc, h handler[I, T]) {
	op := d.operation(http.MethodGet, path, tag, scope)
	huma.Register(api, op, h.run)
}

func post[I, T any](api huma.API, path, tag string, scope connect.Scope, d doc, h handler[I, T]) {
	op := d.operation(http.MethodPost, path, tag, scope)
	op.DefaultStatus = http.StatusCreated
	op.BodyReadTimeout = -1 // readBody has read it: no deadline is left to set
	op.MaxBodyBytes = -1    // nor a limit
	op.Middlewares = huma.Middlewares{readBody}
	huma.Register(api, op, h.run)
}

func (h handler[I, T]) run(ctx context.Context, in *I) (*reply[T], error) {
	body, err := h(ctx, in)
	if err != nil {
		return nil, newProblem(err)
	}
	return &reply[T]{body}, nil
}
