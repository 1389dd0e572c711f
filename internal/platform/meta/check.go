package meta

import (
	"context"
	"errors"
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
	resp, err := asApp(env, app).Get(ctx, GraphOrigin+"/"+version+"/debug_token?input_token=none")
	if err != nil {
		return time.Time{}, err
	}
	at, _ = http.ParseTime(resp.Header.Get("Date"))
	if e, refused := readGraphError(CallRules(), resp, env.Now()); refused {
		return at, aboutUs(e)
	}
	var body struct{ Data *struct{} }
	if err := platform.Decode(resp, &body); err != nil {
		return at, err
	}
	if body.Data == nil {
		return at, platform.ErrUnavailable.Because(errors.New("debug_token without data"))
	}
	return at, nil
}

// asApp calls with the app's own access token.
func asApp(env platform.Env, app platform.App) *platform.Client {
	return &platform.Client{Env: env, App: app, Credentials: platform.Credentials{
		Access: vault.NewSecret(app.ClientID + "|" + app.ClientSecret.Reveal()),
	}}
}

// aboutUs reads an error of a call that asks nothing of a person: what is permanent there
// is permanent for the app, until its operator mends it.
func aboutUs(err error) error {
	if platform.RefusalOf(err).Class == platform.ClassPermanent {
		return platform.Refuse(platform.ClassConfiguration, "", err)
	}
	return err
}
