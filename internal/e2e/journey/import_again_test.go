package journey_test

import (
	"net/http"
	"testing"

	"patchbay/internal/e2e"
	"patchbay/internal/lab"
	"patchbay/internal/platform"
	"patchbay/internal/platform/platformtest"
	"patchbay/internal/platforms/x"
	"patchbay/internal/vault"
)

// X does not say whose app a token is of, so an import spends the refresh token, and a second
// use of it would end the consent (docs.x.com: refresh tokens work once). The same file of
// tokens may be imported again all the same, at once, for somebody else, and when the access
// token has run out.
func TestTokensOfXAreImportedAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, engine string) {
		w := e2e.Start(t, e2e.Options{Engine: engine})
		_, redirect := ownApp(t, w, "x")
		_, token := platformtest.Program{
			Lab: w.URL, Platform: x.New(), Redirect: redirect,
			App: platform.App{ClientID: "their-client", ClientSecret: vault.NewSecret("their-secret")},
		}.Tokens(t, "creator")
		body := func(owner string) map[string]any {
			return map[string]any{
				"platform": "x", "owner": owner,
				"access_token": token.Credentials.Access.Reveal(), "refresh_token": token.Credentials.Refresh.Reveal(),
			}
		}
		var first, again struct {
			App      string
			Channels []struct{ ID int64 }
		}
		w.Call(t, http.MethodPost, "/v1/channels/import", body("user_1")).Into(t, http.StatusOK, &first)
		if first.App != "by_use" || len(first.Channels) != 1 {
			t.Fatalf("got %+v, want one channel, proven by use", first)
		}
		spent := refreshes(t, w)
		imports := func(when string) {
			t.Helper()
			w.Call(t, http.MethodPost, "/v1/channels/import", body("user_1")).Into(t, http.StatusOK, &again)
			if again.App != "by_use" || len(again.Channels) != 1 || again.Channels[0].ID != first.Channels[0].ID {
				t.Errorf("%s: got %+v, want %+v", when, again, first)
			}
		}
		imports("at once")
		if got := w.Call(t, http.MethodPost, "/v1/channels/import", body("user_2")); got.Status != http.StatusConflict {
			t.Errorf("for somebody else: got %d %s, want 409", got.Status, got.Body)
		}
		if now := refreshes(t, w); now != spent {
			t.Errorf("got %d refreshes, want the %d of the first import", now, spent)
		}
		w.Call(t, http.MethodPost, "/lab/clock", map[string]any{"advance_s": 3 * 3600})
		imports("after the access token ran out")
		var lent struct {
			Access string `json:"access_token"`
		}
		w.Call(t, http.MethodPost, "/v1/channels/1/token", map[string]any{}).Into(t, http.StatusOK, &lent)
		if lent.Access == "" || lent.Access == token.Credentials.Access.Reveal() {
			t.Error("got no token of its own, want the channel to live on")
		}
	})
}

// refreshes is how often a refresh token reached the Lab.
func refreshes(t *testing.T, w *e2e.World) (n int) {
	t.Helper()
	var log struct{ Redeems []lab.Redeem }
	w.Call(t, http.MethodGet, "/lab/redeems", nil).Into(t, http.StatusOK, &log)
	for _, r := range log.Redeems {
		if r.Kind == lab.RedeemRefresh {
			n++
		}
	}
	return n
}
