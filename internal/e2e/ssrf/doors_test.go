package ssrf_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"

	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// door is one place where somebody's words decide a host.
type door struct {
	name string
	// open makes the program call the host as deep as it will go.
	open func(ctx context.Context, s *stranger, env platform.Env, host string)
	// closed: no host but the stranger's own is taken here, so that nothing is dialled.
	closed bool
}

var doors = slices.Concat([]door{{name: "the client", open: callClient}}, blueskyDoors, mastodonDoors, webhookDoors)

var blueskyDoors = []door{
	{name: "bluesky: a typed handle", open: func(ctx context.Context, s *stranger, env platform.Env, host string) {
		_, _ = authorize(ctx, s.bluesky(true), env, host)
	}},
	{name: "bluesky: a typed did:web", open: func(ctx context.Context, s *stranger, env platform.Env, host string) {
		_, _ = authorize(ctx, s.bluesky(false), env, didWeb(host))
	}},
	{name: "bluesky: a handle's TXT record", open: func(ctx context.Context, s *stranger, env platform.Env, host string) {
		teller := fmt.Sprintf("told-%d.probe.test", s.address.Port())
		dns.setTXT("_atproto."+teller, "did="+didWeb(host))
		_, _ = authorize(ctx, s.bluesky(true), env, teller)
	}},
	{name: "bluesky: a resolver's did:web", open: func(ctx context.Context, s *stranger, env platform.Env, host string) {
		s.lie("/xrpc/com.atproto.identity.resolveHandle", "did", didWeb(host))
		_, _ = authorize(ctx, s.bluesky(false), env, "page.probe.test")
	}},
	{name: "bluesky: the handle of a document", open: func(ctx context.Context, s *stranger, env platform.Env, host string) {
		s.lie("/"+strangerDID, "alsoKnownAs", []string{"at://" + host})
		_, _ = authorize(ctx, s.bluesky(true), env, strangerDID)
	}},
	{name: "bluesky: the data server", open: func(ctx context.Context, s *stranger, env platform.Env, host string) {
		s.lie("/"+strangerDID, "service", []any{pds("https://" + host)})
		_, _ = authorize(ctx, s.bluesky(false), env, strangerDID)
	}},
	{name: "bluesky: the authorization server", open: func(ctx context.Context, s *stranger, env platform.Env, host string) {
		s.lie("/.well-known/oauth-protected-resource", "authorization_servers", []string{"https://" + host})
		_, _ = authorize(ctx, s.bluesky(false), env, strangerDID)
	}},
	{name: "bluesky: the pushed request's endpoint", open: func(ctx context.Context, s *stranger, env platform.Env, host string) {
		s.lie("/.well-known/oauth-authorization-server", "pushed_authorization_request_endpoint", "https://"+host+"/par")
		_, _ = authorize(ctx, s.bluesky(false), env, strangerDID)
	}},
	{name: "bluesky: the token endpoint", open: func(ctx context.Context, s *stranger, env platform.Env, host string) {
		s.lie("/.well-known/oauth-authorization-server", "token_endpoint", "https://"+host+"/token")
		_, _ = connectAll(ctx, s.bluesky(false), env, blueskyApp(env), strangerDID)
	}},
	{name: "bluesky: an app password's server", open: func(ctx context.Context, s *stranger, env platform.Env, host string) {
		s.lie("/"+strangerDID, "service", []any{pds("https://" + host)})
		signer := s.bluesky(false).(platform.PasswordSigner)
		_, _ = signer.SignIn(ctx, env, platform.SignInRequest{Account: strangerDID, Password: vault.NewSecret("abcd-efgh-ijkl-mnop")})
	}},
}

// callClient is the guarded client itself, below which every call of the program leaves.
func callClient(ctx context.Context, _ *stranger, env platform.Env, host string) {
	for _, address := range []string{"https://" + host + "/", "https://" + host, "http://" + host + "/"} {
		if req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil); err == nil {
			_, _ = env.HTTP.Do(req)
		}
	}
}

func authorize(ctx context.Context, p platform.Platform, env platform.Env, input string) (platform.Authorization, error) {
	return begin(ctx, p, env, blueskyApp(env), input)
}

func begin(ctx context.Context, p platform.Platform, env platform.Env, app platform.App, input string) (platform.Authorization, error) {
	return platform.Begin(ctx, env, p, platform.AuthorizeRequest{
		App: app, RedirectURI: env.PublicURL + "/oauth/callback/" + p.Spec().ID, State: "state",
		Verifier: platform.NewVerifier(), Input: input,
	})
}

// connectAll goes from the typed input to the targets.
func connectAll(ctx context.Context, p platform.Platform, env platform.Env, app platform.App, input string) (platform.Identity, error) {
	auth, err := begin(ctx, p, env, app, input)
	if err != nil {
		return platform.Identity{}, err
	}
	token, err := platform.Exchange(ctx, env, p, platform.ExchangeRequest{
		App: app, RedirectURI: env.PublicURL + "/oauth/callback/" + p.Spec().ID, Code: vault.NewSecret("code"),
		Verifier: platform.NewVerifier(), Private: auth.Private,
	})
	if err != nil {
		return platform.Identity{}, err
	}
	identity, _, err := p.Targets(ctx, &platform.Client{Env: env, App: app, Credentials: token.Credentials})
	return identity, err
}

func TestNoFormOpensADoor(t *testing.T) {
	t.Parallel()
	for _, d := range doors {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			s := newStranger(t)
			env, record := s.env(t), &dials{ours: s.address}
			dialled := 0
			for _, form := range forms() {
				s.reset()
				d.open(record.watch(t.Context()), s, env, form)
				begun, refused := record.take()
				if len(begun) > 0 {
					t.Errorf("%q: connected to %s", form, begun)
				}
				dialled += refused
			}
			if d.closed != (dialled == 0) || (!d.closed && dialled < 50) { // what never dials proves nothing
				t.Errorf("only %d dials got as far as the guard: the door is not where it was", dialled)
			}
			nobodyCame(t)
		})
	}
}

// A name that is public when it is looked at and private a moment later, or both at
// once: what was checked is what is called, at every call anew.
func TestRebindingOpensNoDoor(t *testing.T) {
	t.Parallel()
	for _, d := range doors {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			var all sync.WaitGroup
			for _, target := range targets[:6] {
				a := mustHex(target)
				for _, host := range []string{
					"flip-" + a + "-" + letters(d.name) + ".probe.test", "46-" + a + ".probe.test", "cname-9-" + a + ".probe.test",
				} {
					all.Go(func() { rebind(t, d, host) })
				}
			}
			all.Wait()
			nobodyCame(t)
		})
	}
}

func rebind(t *testing.T, d door, host string) {
	s := newStranger(t)
	env, record := s.env(t), &dials{ours: s.address}
	for tries := 0; tries < 2 || (tries < 8 && !d.closed && !record.refusal()); tries++ { // a busy machine gives up on a name before it turns
		s.reset()
		d.open(record.watch(t.Context()), s, env, host)
	}
	begun, refused := record.take()
	for _, to := range begun {
		if denied(to.Addr()) {
			t.Errorf("%s: connected to %s", host, to)
		}
	}
	if refused == 0 && !d.closed {
		t.Errorf("%s: the guard was not asked about a private address: the name did not turn", host)
	}
}
