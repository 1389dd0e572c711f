package meta

import (
	"context"
	"net/http"
	"time"

	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// CheckApp asks debug_token about a token that is none, with the app's own access token
// "{app id}|{app secret}": Meta answers what it thinks of the token when it knows the
// app, and an error when it does not.
// https://developers.facebook.com/docs/graph-api/reference/debug_token
func CheckApp(ctx context.Context, env platform.Env, app platform.App, version string) (at time.Time, err error) {
	c := &platform.Client{Env: env, App: app, Credentials: platform.Credentials{
		Access: vault.NewSecret(app.ClientID + "|" + app.ClientSecret.Reveal()),
	}}
	resp, err := c.Get(ctx, GraphOrigin+"/"+version+"/debug_token?input_token=none")
	if err != nil {
		return time.Time{}, err
	}
	at, _ = http.ParseTime(resp.Header.Get("Date"))
	if e, refused := readGraphError(resp); refused {
		if e.passing() {
			return at, e.fault(platform.ErrUnavailable)
		}
		return at, e.fault(platform.ErrRejected)
	}
	var body struct{ Data *struct{} }
	if err := platform.Decode(resp, &body); err != nil {
		return at, err
	}
	if body.Data == nil {
		return at, graphError{status: resp.Status}.fault(platform.ErrUnavailable)
	}
	return at, nil
}
