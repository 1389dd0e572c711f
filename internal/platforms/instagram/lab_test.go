package instagram_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/httpx"
	"patchbay/internal/lab"
	"patchbay/internal/platform"
	"patchbay/internal/platforms/instagram"
	"patchbay/internal/vault"
)

// A person whose Instagram account is a personal one consents to everything, and learns
// why nothing can be connected.
func TestPersonalAccount(t *testing.T) {
	t.Parallel()
	srv := httptest.NewUnstartedServer(nil)
	fake := lab.New(lab.Config{BaseURL: "http://" + srv.Listener.Addr().String()})
	srv.Config.Handler = fake.Handler()
	srv.Start()
	t.Cleanup(srv.Close)

	p := instagram.New("")
	app := platform.App{ClientID: "app", ClientSecret: vault.NewSecret("secret")}
	const back = "https://patchbay.test/oauth/callback/instagram"
	if err := fake.Register(lab.App{Platform: "instagram", ClientID: "app", ClientSecret: "secret", RedirectURIs: []string{back}}); err != nil {
		t.Fatal(err)
	}
	env := platform.Env{Now: time.Now, HTTP: httpx.NewClient(httpx.ClientConfig{Origins: platform.LabOrigins(srv.URL, []platform.Spec{p.Spec()})})}

	a, err := platform.Begin(t.Context(), env, p, platform.AuthorizeRequest{App: app, RedirectURI: back, State: "s"})
	if err != nil {
		t.Fatal(err)
	}
	browser := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := browser.PostForm(env.HTTP.Rebase(a.URL), url.Values{
		"persona": {"personal"}, "decision": {"approve"}, "scope": p.Spec().ScopeNames(), "target": {"730500000000201", "730500000000202"},
	})
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	answer, err := res.Location()
	if err != nil {
		t.Fatal(err)
	}
	token, err := platform.Exchange(t.Context(), env, p, platform.ExchangeRequest{App: app, RedirectURI: back, Code: vault.NewSecret(answer.Query().Get("code"))})
	if err != nil {
		t.Fatal(err)
	}
	_, targets, err := platform.Verify(t.Context(), p, &platform.Client{Env: env, App: app, Credentials: token.Credentials})
	if got := fault.ReasonOf(err); got != "no_instagram" || len(targets) != 0 {
		t.Errorf("got %d targets and %q (%v), want none and no_instagram", len(targets), got, err)
	}
}
