package mastodon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// patience bounds what a person waits for servers that a stranger named.
const patience = 30 * time.Second

// Register makes our app at the server, for the scopes that this server has: it
// refuses a registration with one that it does not know. Before 4.3 servers deleted
// apps that were never used, so a token of the app's own is taken at once.
// https://docs.joinmastodon.org/methods/apps/
func (p *Platform) Register(ctx context.Context, env platform.Env, r platform.Registration) (platform.App, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	s, err := discover(ctx, env, r.Server)
	if err != nil {
		return platform.App{}, err
	}
	resp, err := platform.PostForm(ctx, env, s.Origin+"/api/v1/apps", url.Values{
		"client_name": {p.name}, "redirect_uris": {r.RedirectURI}, "scopes": {scopesOf(s)}, "website": {env.PublicURL},
	}, nil)
	if err != nil {
		return platform.App{}, unreachable(err)
	}
	if resp.Status < 200 || resp.Status > 299 {
		return platform.App{}, refused("registration", resp, env.Now())
	}
	var made struct {
		ClientID     string `json:"client_id"`
		ClientSecret string `json:"client_secret"`
	}
	if json.Unmarshal(resp.Body, &made) != nil || !plain(made.ClientID) || !plain(made.ClientSecret) {
		return platform.App{}, platform.ErrServerUnknown.Because(errors.New("registration: the answer holds no app"))
	}
	app := platform.App{Server: s.Origin, ClientID: made.ClientID, ClientSecret: vault.NewSecret(made.ClientSecret)}
	switch err := takeAppToken(ctx, env, s, app); {
	case errors.Is(err, platform.ErrClientUnknown):
		return platform.App{}, platform.ErrServerRefused.Because(errors.New("registration: the server does not know the app that it has just made"))
	case err != nil:
		return platform.App{}, err
	}
	return app, nil
}

// plain tells whether a credential is what a server would make: printable and short.
func plain(s string) bool {
	return s != "" && len(s) <= 512 && strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}

func scopesOf(s server) string { return strings.Join(s.spec().ScopeNames(), " ") }

// Known asks for a token of the app's own with the scopes that a person would be
// asked for. An app that was registered before its server learned of a scope is
// therefore unknown too: otherwise the person would end on the server's error page.
func (p *Platform) Known(ctx context.Context, env platform.Env, app platform.App) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	s, err := discover(ctx, env, app.Server)
	if err != nil {
		return err
	}
	return takeAppToken(ctx, env, s, app)
}

// takeAppToken proves the app by the client credentials grant. The token itself is of
// no use, and asking again is answered with the same one.
func takeAppToken(ctx context.Context, env platform.Env, s server, app platform.App) error {
	_, err := appToken(ctx, env, s, app)
	return err
}

// appToken is a token of the app's own.
func appToken(ctx context.Context, env platform.Env, s server, app platform.App) (vault.Secret, error) {
	resp, err := platform.PostForm(ctx, env, s.Token, url.Values{
		"grant_type": {"client_credentials"}, "scope": {scopesOf(s)},
		"client_id": {app.ClientID}, "client_secret": {app.ClientSecret.Reveal()},
	}, nil)
	if err != nil {
		return vault.Secret{}, unreachable(err)
	}
	if word := oauthError(resp); word == "invalid_client" || word == "invalid_scope" {
		return vault.Secret{}, fmt.Errorf("app at %s: %s: %w", s.Origin, word, platform.ErrClientUnknown)
	}
	token, err := platform.ReadToken(s.spec(), resp, env.Now())
	return token.Credentials.Access, err
}
