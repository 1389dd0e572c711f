package api

import (
	"context"

	"patchbay/internal/connect"
)

type importChannelsInput struct{ Body importRequestJSON }

// importChannels brings tokens. It is a post, which keeps no answer under an
// Idempotency-Key: importing again finds what is there.
func (a *API) importChannels(ctx context.Context, in *importChannelsInput) (importedJSON, error) {
	request, err := in.Body.core()
	if err != nil {
		return importedJSON{}, err
	}
	found, err := a.svc.Import(ctx, callerOf(ctx), request)
	if err != nil {
		return importedJSON{}, err
	}
	body := toImported(found)
	body.Channels, err = a.withOwners(ctx, found.Channels, map[int64]connect.Owner{})
	return body, err
}
