package meta

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"patchbay/internal/platform"
)

// Revoke takes the app off the person's account, and with it every token of that consent,
// pages' included. A consent that is already over is no error. Where the person's token is
// dead for another reason (its time, a new password) the authorization may live on: then
// the app asks with its own token, which may do the same.
// https://developers.facebook.com/docs/graph-api/reference/user/permissions/
func Revoke(ctx context.Context, env platform.Env, version string, req platform.RevokeRequest) error {
	person := &platform.Client{Env: env, App: req.App, Credentials: req.Credentials}
	err := New(person, version).remove(ctx, req.Subject)
	no := platform.RefusalOf(err)
	switch {
	case err == nil:
		return nil
	case no.Class != platform.ClassPermanent:
		return err
	case removed(err) || req.Subject == "":
		return nil
	}
	err = New(asApp(env, req.App), version).remove(ctx, req.Subject)
	if err == nil || hidden(err) { // nobody of that id has to do with the app any more
		return nil
	}
	return aboutUs(err)
}

// remove sends the one request; an empty id is whose token it is.
func (g Graph) remove(ctx context.Context, id string) error {
	if id == "" {
		id = "me"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodDelete, g.address("/"+url.PathEscape(id)+"/permissions", nil), nil)
	if err != nil {
		return platform.ErrUnavailable.Because(errors.New("the address is not a URL")) // err would quote it
	}
	req.Header.Set("Authorization", "Bearer "+g.client.Credentials.Access.Reveal())
	req.Header.Set("Accept", "application/json")
	resp, err := g.client.HTTP.Do(req)
	if err != nil {
		return platform.ErrUnavailable.Because(err)
	}
	if e, refused := readGraphError(CallRules(), resp, g.client.Now()); refused {
		return e
	}
	return unexpected(resp, g.client.Now())
}

// removed tells whether the person took the app off before: code 190, subcode 458.
func removed(err error) bool {
	var e graphError
	return errors.As(err, &e) && e.Subcode == subcodeRemoved
}
