package api

import "context"

type leaseTokenInput struct {
	ID   int64             `path:"id" doc:"The channel's id." example:"5"`
	Body *leaseRequestJSON // optional in the document; readBody makes it an object
}

// leaseToken answers with credentials. It is a post, which keeps no answer under an
// Idempotency-Key; authenticate has said no-store.
func (a *API) leaseToken(ctx context.Context, in *leaseTokenInput) (tokenJSON, error) {
	lease, err := a.svc.LeaseToken(ctx, callerOf(ctx), in.Body.core(in.ID))
	if err != nil {
		return tokenJSON{}, err
	}
	return toToken(lease), nil
}
