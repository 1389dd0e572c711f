package meta

import (
	"context"
	"errors"

	"patchbay/internal/platform"
)

// IssuedTo asks debug_token, with the app's own token, whose app the client's access token
// is of. Meta tells an app about its own tokens only and refuses all others with code 100:
// when it knows the app all the same, the token is another's.
// https://developers.facebook.com/docs/graph-api/reference/debug_token
func IssuedTo(ctx context.Context, c *platform.Client, version string) (ours, known bool, err error) {
	facts, err := New(c, version).debug(ctx, c.Credentials.Access)
	var refused graphError
	switch {
	case errors.As(err, &refused) && refused.Code == codeParameter:
		_, err = CheckApp(ctx, c.Env, c.App, version)
		return false, err == nil, err
	case err != nil:
		return false, false, err
	case facts.dead != nil:
		return false, false, facts.dead
	case facts.AppID != "" && facts.AppID != c.App.ClientID:
		return false, true, nil
	}
	return facts.AppID != "", facts.AppID != "", facts.ofConsent()
}
