package api

import (
	"context"
	"strings"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/platform"
)

var errPlatform = fault.New(fault.NotFound, "platform_unknown", "There is no such platform here.")

func (a *API) listPlatforms(ctx context.Context, _ *struct{}) (platformsJSON, error) {
	if err := callerOf(ctx).Require(connect.ScopePlatformsRead); err != nil {
		return platformsJSON{}, err
	}
	body := platformsJSON{Data: []platformJSON{}}
	for _, p := range a.svc.Platforms().All() {
		shown, err := a.platformOf(ctx, p.Spec())
		if err != nil {
			return platformsJSON{}, err
		}
		body.Data = append(body.Data, shown)
	}
	return body, nil
}

type getPlatformInput struct {
	ID string `path:"id" doc:"The platform's id." example:"facebook"`
}

func (a *API) getPlatform(ctx context.Context, in *getPlatformInput) (platformJSON, error) {
	if err := callerOf(ctx).Require(connect.ScopePlatformsRead); err != nil {
		return platformJSON{}, err
	}
	p, ok := a.svc.Platforms().Get(in.ID)
	if !ok {
		return platformJSON{}, errPlatform
	}
	detail, err := a.platformOf(ctx, p.Spec())
	if err != nil {
		return platformJSON{}, err
	}
	if guide, ok := p.(platform.Guide); ok {
		detail.SetupGuide = strings.ReplaceAll(guide.Setup(), "{public}", a.publicURL)
	}
	return detail, nil
}

// platformOf is a platform, with how it stands with this server's own app there.
func (a *API) platformOf(ctx context.Context, spec platform.Spec) (platformJSON, error) {
	shown := toPlatform(spec, a.svc.Configured(spec.ID))
	reason, since, err := a.svc.AppTrouble(ctx, spec.ID)
	shown.Trouble = toTrouble(reason, since)
	return shown, err
}
