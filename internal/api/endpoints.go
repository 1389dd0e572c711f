package api

import (
	"context"

	"patchbay/internal/connect"
	"patchbay/internal/webhook"
)

type createEndpointInput struct{ Body newEndpointJSON }

func (a *API) createEndpoint(ctx context.Context, in *createEndpointInput, once connect.Once[webhook.CreatedEndpoint]) (webhook.CreatedEndpoint, error) {
	return a.hooks.CreateEndpoint(ctx, callerOf(ctx), in.Body.core(), once)
}

func (a *API) listEndpoints(ctx context.Context, in *pageInput) (endpointPageJSON, error) {
	list, next, err := pageOf(in, func(after int64, limit int) ([]webhook.Endpoint, error) {
		return a.hooks.Endpoints(ctx, callerOf(ctx), after, limit)
	}, func(e webhook.Endpoint) int64 { return e.ID })
	return endpointPageJSON{Data: each(list, toEndpoint), NextCursor: next}, err
}

type endpointInput struct {
	ID int64 `path:"id" doc:"The endpoint's id." example:"2"`
}

func (a *API) getEndpoint(ctx context.Context, in *endpointInput) (endpointJSON, error) {
	endpoint, err := a.hooks.Endpoint(ctx, callerOf(ctx), in.ID)
	return toEndpoint(endpoint), err
}

type updateEndpointInput struct {
	ID   int64 `path:"id" doc:"The endpoint's id." example:"2"`
	Body endpointChangeJSON
}

func (a *API) updateEndpoint(ctx context.Context, in *updateEndpointInput) (endpointJSON, error) {
	endpoint, err := a.hooks.ChangeEndpoint(ctx, callerOf(ctx), in.ID, in.Body.core())
	return toEndpoint(endpoint), err
}

func (a *API) deleteEndpoint(ctx context.Context, in *endpointInput) error {
	return a.hooks.DeleteEndpoint(ctx, callerOf(ctx), in.ID)
}

type rotateSecretInput struct {
	ID   int64         `path:"id" doc:"The endpoint's id." example:"2"`
	Body *rotationJSON // optional in the document; readBody makes it an object
}

func (a *API) rotateSecret(ctx context.Context, in *rotateSecretInput) (endpointJSON, error) {
	rotated, err := a.hooks.RotateSecret(ctx, callerOf(ctx), in.ID, in.Body.overlap())
	return toCreatedEndpoint(rotated), err
}

func (a *API) testEndpoint(ctx context.Context, in *endpointInput) (testedJSON, error) {
	tested, err := a.hooks.TestEndpoint(ctx, callerOf(ctx), in.ID)
	return toTested(tested), err
}
