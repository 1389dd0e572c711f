package ssrf_test

import (
	"context"

	"patchbay/internal/platform"
	"patchbay/internal/platforms/mastodon"
	"patchbay/internal/vault"
)

// mastodonDoors are those of a platform whose server the person names.
var mastodonDoors = []door{
	{name: "mastodon: a typed server", open: func(ctx context.Context, s *stranger, env platform.Env, host string) {
		for _, typed := range []string{host, "https://" + host + "/@page", "@page@" + host} {
			_, _ = s.connectMastodon(ctx, env, typed)
		}
	}},
	{name: "mastodon: a server that was known", open: func(ctx context.Context, s *stranger, env platform.Env, host string) {
		p := s.mastodon()
		app := platform.App{Server: "https://" + host, ClientID: "c", ClientSecret: vault.NewSecret("s")}
		_ = p.(platform.Registrar).Known(ctx, env, app)
		_, _ = begin(ctx, p, env, app, "")
		_, _, _ = p.Targets(ctx, &platform.Client{Env: env, App: app, Credentials: platform.Credentials{Access: vault.NewSecret("a")}})
	}},
	{name: "mastodon: the token endpoint", closed: true, open: func(ctx context.Context, s *stranger, env platform.Env, host string) {
		s.lie("/.well-known/oauth-authorization-server", "token_endpoint", "https://"+host+"/oauth/token")
		_, _ = s.connectMastodon(ctx, env, s.url)
	}},
	{name: "mastodon: the issuer", closed: true, open: func(ctx context.Context, s *stranger, env platform.Env, host string) {
		s.lie("/.well-known/oauth-authorization-server", "issuer", "https://"+host)
		_, _ = s.connectMastodon(ctx, env, s.url)
	}},
}

func (s *stranger) mastodon() platform.Platform {
	return mastodon.New(mastodon.Config{Trusted: []string{s.url}})
}

// connectMastodon goes from the typed server to the account.
func (s *stranger) connectMastodon(ctx context.Context, env platform.Env, typed string) (platform.Identity, error) {
	p := s.mastodon()
	registrar := p.(platform.Registrar)
	origin, err := registrar.Server(typed)
	if err != nil {
		return platform.Identity{}, err
	}
	app, err := registrar.Register(ctx, env, platform.Registration{Server: origin, RedirectURI: env.PublicURL + "/oauth/callback/mastodon/1"})
	if err != nil {
		return platform.Identity{}, err
	}
	if err := registrar.Known(ctx, env, app); err != nil {
		return platform.Identity{}, err
	}
	return connectAll(ctx, p, env, app, "")
}
