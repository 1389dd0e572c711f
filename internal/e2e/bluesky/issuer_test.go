package bluesky_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/e2e"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// An answer that names another server, or none, is not believed (RFC 9207), and its
// code goes nowhere.
func TestWrongIssuer(t *testing.T) {
	t.Parallel()
	for name, forge := range map[string]func(url.Values){
		"another": func(q url.Values) { q.Set("iss", "https://other.example") },
		"none":    func(q url.Values) { q.Del("iss") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start(t, "sqlite")
			made := w.newSession(t)
			p, away := w.leaves(t, made.ConnectURL, w.alice)
			redeem := w.exchangeOf(t, w.attempts(t, made.ID)[0].ID)
			callback, err := url.Parse(w.authorize(t, away, w.alice))
			if err != nil {
				t.Fatal(err)
			}
			query := callback.Query()
			redeem.Code = vault.NewSecret(query.Get("code"))
			forge(query)
			callback.RawQuery = query.Encode()
			if got, want := e2e.Text(p.Open(callback.String())), "The answer came from the wrong place"; !strings.Contains(got, want) {
				t.Errorf("page: got %q, want %q in it", got, want)
			}

			w.checkStatus(t, made.ID, "failed", "issuer_mismatch")
			if diff := cmp.Diff([]string{"failed (issuer_mismatch): begun failed"}, w.timeline(t, made.ID)); diff != "" {
				t.Errorf("attempts (-want +got):\n%s", diff)
			}
			if _, err := platform.Exchange(t.Context(), w.env(), w.platform(), redeem); err != nil {
				t.Errorf("redeem the code of the refused callback: got %v, want that nobody did before", err)
			}
		})
	}
}

// exchangeOf is what the program would post with the code of an attempt that is away.
// A server takes a code only once, so it tells whether the program did.
func (w world) exchangeOf(t *testing.T, attempt int64) platform.ExchangeRequest {
	t.Helper()
	var workspace int64
	var redirect, clientID string
	var sealed []byte
	row := w.database(t).QueryRowContext(t.Context(), `
		SELECT t.workspace_id, t.redirect_uri, t.sealed, a.client_id FROM attempts t JOIN apps a ON a.id = t.app_id WHERE t.id = $1`, attempt)
	if err := row.Scan(&workspace, &redirect, &sealed, &clientID); err != nil {
		t.Fatalf("attempt %d: %v", attempt, err)
	}
	var private struct{ Verifier, Platform string }
	secret := w.open(t, vault.Place{Workspace: workspace, Table: "attempts", Row: attempt, Field: "sealed"}, sealed)
	if err := json.Unmarshal([]byte(secret.Reveal()), &private); err != nil {
		t.Fatalf("attempt %d: private data is not readable", attempt)
	}
	return platform.ExchangeRequest{
		App: platform.App{ClientID: clientID}, RedirectURI: redirect,
		Verifier: vault.NewSecret(private.Verifier), Private: vault.NewSecret(private.Platform),
	}
}
