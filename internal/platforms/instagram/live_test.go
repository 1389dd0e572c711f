package instagram_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/httpx"
	"patchbay/internal/platform"
	"patchbay/internal/platforms/instagram"
	"patchbay/internal/vault"
)

// probe asks about the account 17 behind page 1, whose token the fake gives as valid.
func (g *graph) probe(t *testing.T) (platform.Proof, error) {
	t.Helper()
	srv := httptest.NewServer(g)
	t.Cleanup(srv.Close)
	account := platform.Target{Kind: "profile", ExternalID: "17", Credentials: platform.Credentials{Access: vault.NewSecret("T"), Extra: vault.NewSecret("1")}}
	return platform.Probe(t.Context(), instagram.New(""), &platform.Client{
		Env: platform.Env{Now: time.Now, HTTP: httpx.NewClient(httpx.ClientConfig{Origins: map[string]string{"https://graph.facebook.com": srv.URL}})},
		App: platform.App{ClientID: "app", ClientSecret: vault.NewSecret("secret")}, Credentials: platform.Credentials{Access: vault.NewSecret("user-token")}, Subject: "7",
	}, []platform.Target{account})
}

func TestProbe(t *testing.T) {
	t.Parallel()
	const account = `"instagram_business_account":{"id":"17"}`
	for name, c := range map[string]struct {
		row  string
		self string // what the account itself answers; empty: it is not there
		want string
	}{
		"well":                          {`{"id":"1","tasks":["MANAGE"],` + account + `}`, "", ""},
		"the task is gone":              {`{"id":"1","tasks":["ANALYZE"],` + account + `}`, "", "target_permission"},
		"linked no longer":              {`{"id":"1","tasks":["MANAGE"]}`, "", "target_gone"},
		"moved to another page":         {`{"id":"2","tasks":["MANAGE"],` + account + `}`, "", "target_gone"},
		"not listed, and it answers":    {`{"id":"2"}`, `{"id":"17"}`, ""},
		"another account in its place":  {`{"id":"1","instagram_business_account":{"id":"18"}}`, "", "target_gone"},
		"another account answers there": {`{"id":"2"}`, `{"id":"18"}`, "target_gone"},
	} {
		g := newGraph(c.row)
		g.answers["/debug_token"] = `{"data":{"is_valid":true,"user_id":"7","profile_id":"1"}}`
		if c.self != "" {
			g.answers["/17"] = c.self
		}
		proof, err := g.probe(t)
		want := map[platform.TargetKey]string{}
		if c.want != "" {
			want[platform.TargetKey{Kind: "profile", ExternalID: "17"}] = c.want
		}
		if d := cmp.Diff(want, proof.Broken); err != nil || d != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, d)
		}
	}
}
