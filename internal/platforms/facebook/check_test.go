package facebook_test

import (
	"errors"
	"net/http/httptest"
	"testing"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/httpx"
	"patchbay/internal/lab"
	"patchbay/internal/platform"
	"patchbay/internal/platforms/facebook"
	"patchbay/internal/vault"
)

func TestCheckAppAtTheLab(t *testing.T) {
	t.Parallel()
	l := lab.New(lab.Config{BaseURL: "http://lab.test", Now: time.Now})
	srv := httptest.NewServer(l.Handler())
	t.Cleanup(srv.Close)
	if err := l.Register(lab.App{Platform: "facebook", ClientID: "known", ClientSecret: "right", RedirectURIs: []string{"https://a.example/cb"}}); err != nil {
		t.Fatal(err)
	}
	p := facebook.New("")
	env := platform.Env{Now: time.Now, HTTP: httpx.NewClient(httpx.ClientConfig{Origins: platform.LabOrigins(srv.URL, []platform.Spec{p.Spec()})})}
	for _, c := range []struct {
		id, secret string
		want       error
	}{{"known", "right", nil}, {"known", "wrong", fault.PlatformRejected}, {"unknown", "right", fault.PlatformRejected}} {
		at, err := p.(platform.Checker).CheckApp(t.Context(), env, platform.App{ClientID: c.id, ClientSecret: vault.NewSecret(c.secret)})
		if !errors.Is(err, c.want) {
			t.Errorf("%s with the %s secret: got %v, want %v", c.id, c.secret, err, c.want)
		}
		if age := time.Since(at); age < -time.Minute || age > time.Minute {
			t.Errorf("%s: the platform's clock: got %s, want about now", c.id, at)
		}
	}
	srv.Close()
	if _, err := p.(platform.Checker).CheckApp(t.Context(), env, platform.App{ClientID: "known", ClientSecret: vault.NewSecret("right")}); !errors.Is(err, fault.PlatformUnavailable) {
		t.Errorf("nobody there: got %v, want %v", err, fault.PlatformUnavailable)
	}
}
