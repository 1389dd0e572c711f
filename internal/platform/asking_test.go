package platform_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"patchbay/internal/httpx"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// own is a platform with ways of its own, which looks at the clock when it has its answer.
type own struct {
	plain
	url string
}

func (o own) ask(ctx context.Context, env platform.Env) (platform.Token, error) {
	resp, err := platform.PostForm(ctx, env, o.url, nil, nil)
	if err != nil {
		return platform.Token{}, err
	}
	return platform.ReadToken(o.spec, resp, env.Now())
}

func (o own) Exchange(ctx context.Context, env platform.Env, _ platform.ExchangeRequest) (platform.Token, error) {
	return o.ask(ctx, env)
}

func (o own) Refresh(ctx context.Context, env platform.Env, _ platform.RefreshRequest) (platform.Token, error) {
	return o.ask(ctx, env)
}

func (o own) SignIn(ctx context.Context, env platform.Env, _ platform.SignInRequest) (platform.Token, error) {
	return o.ask(ctx, env)
}

// The lives that an answer tells count from before it was asked for, whoever reads it.
func TestLivesCountFromBeforeTheyWereAskedFor(t *testing.T) {
	t.Parallel()
	var passed atomic.Int64
	now := func() time.Time { return noon.Add(time.Duration(passed.Load())) }
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		passed.Add(int64(25 * time.Second)) // until the answer arrives
		_, _ = w.Write([]byte(`{"access_token":"a","token_type":"Bearer","expires_in":7200,"refresh_token":"r","refresh_token_expires_in":86400}`))
	}))
	t.Cleanup(srv.Close)
	p := refreshable()
	env := platform.Env{Now: now, HTTP: httpx.NewClient(httpx.ClientConfig{Origins: map[string]string{"https://api.plain.example": srv.URL}})}
	special := own{p, p.spec.TokenURL}
	refresh := platform.RefreshRequest{App: app, Credentials: platform.Credentials{Refresh: vault.NewSecret("r0")}}
	for name, ask := range map[string]func() (platform.Token, error){
		"code": func() (platform.Token, error) {
			return platform.Exchange(t.Context(), env, p, platform.ExchangeRequest{App: app})
		},
		"code, own way": func() (platform.Token, error) {
			return platform.Exchange(t.Context(), env, special, platform.ExchangeRequest{})
		},
		"refresh":          func() (platform.Token, error) { return platform.Refresh(t.Context(), env, p, refresh) },
		"refresh, own way": func() (platform.Token, error) { return platform.Refresh(t.Context(), env, special, refresh) },
		"password of a person": func() (platform.Token, error) {
			return platform.SignIn(t.Context(), env, special, platform.SignInRequest{})
		},
	} {
		before := now()
		token, err := ask()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := token.Credentials; !got.ExpiresAt.Equal(before.Add(2*time.Hour)) || !got.RefreshExpiresAt.Equal(before.Add(24*time.Hour)) {
			t.Errorf("%s, asked at %v: got the ends %v and %v, want two hours and a day later", name, before, got.ExpiresAt, got.RefreshExpiresAt)
		}
	}
}
