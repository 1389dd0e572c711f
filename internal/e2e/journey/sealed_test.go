package journey_test

import (
	"strings"
	"testing"

	"patchbay/internal/e2e"
	"patchbay/internal/vault"
)

// An attempt that has ended keeps its link, which a late callback leads back to, and
// no other secret.
func TestEndedAttemptsLetGoOfTheirSecrets(t *testing.T) {
	t.Parallel()
	w, p := e2e.Start(t, e2e.Options{}), e2e.NewPerson(t)
	link := w.NewLink(t, "user-1", "")
	choose(p, link.URL, "x") // stays away
	before := attemptSecrets(t, w)
	if len(before) != 1 || !strings.Contains(before[0], "verifier") || !strings.Contains(before[0], link.Token) {
		t.Fatalf("got %d attempts, want one that holds its PKCE verifier", len(before))
	}
	p.Open(decide(p, choose(p, link.URL, "x"), "deny", nil).Redirect)
	p = e2e.NewPerson(t) // the first sees the denial now
	p.Open(decide(p, choose(p, link.URL, "x"), "approve", nil).Redirect)
	after := attemptSecrets(t, w)
	for i, secret := range after {
		if strings.Contains(secret, "verifier") || !strings.Contains(secret, link.Token) {
			t.Errorf("attempt %d has ended: it holds its verifier or lost its link", i+1)
		}
	}
	if len(after) != 3 {
		t.Errorf("got %d attempts, want 3", len(after))
	}
}

func attemptSecrets(t *testing.T, w *e2e.World) []string {
	t.Helper()
	db, err := openOn(w, "sqlite")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	v, err := vault.New(w.Keyset)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := db.QueryContext(t.Context(), `SELECT id, workspace_id, sealed, state <> 'away' FROM attempts ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var secrets []string
	for rows.Next() {
		place := vault.Place{Table: "attempts", Field: "sealed"}
		var sealed []byte
		if err := rows.Scan(&place.Row, &place.Workspace, &sealed, &place.Version); err != nil {
			t.Fatal(err)
		}
		secret, err := v.Open(place, sealed)
		if err != nil {
			t.Fatal(err)
		}
		secrets = append(secrets, secret.Reveal())
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return secrets
}
