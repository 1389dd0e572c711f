package bluesky_test

import (
	"database/sql"
	"encoding/json"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // registers the driver "pgx"
	_ "modernc.org/sqlite"             // registers the driver "sqlite"

	"patchbay/internal/httpx"
	"patchbay/internal/platform"
	"patchbay/internal/platforms/bluesky"
	"patchbay/internal/vault"
)

// database reads beside the running program, as nobody but a test may.
func (w world) database(t *testing.T) *sql.DB {
	t.Helper()
	driver, dsn := "pgx", w.DSN
	if path, ok := strings.CutPrefix(w.DSN, "sqlite:"); ok {
		driver, dsn = "sqlite", "file:"+path+"?mode=ro&_pragma=busy_timeout(10000)"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func (w world) open(t *testing.T, place vault.Place, sealed []byte) vault.Secret {
	t.Helper()
	v, err := vault.New(w.Keyset)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := v.Open(place, sealed)
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// storedSession makes the platform's client from nothing but what the database holds of an account's consent.
func (w world) storedSession(t *testing.T, did string) *platform.Client {
	t.Helper()
	var id, workspace, version int64
	var scopes, clientID string
	var sealed []byte
	row := w.database(t).QueryRowContext(t.Context(), `
		SELECT g.id, g.workspace_id, g.token_version, g.scopes, g.sealed, a.client_id
		FROM grants g JOIN apps a ON a.id = g.app_id WHERE g.subject = $1 AND g.state = 'usable'`, did)
	if err := row.Scan(&id, &workspace, &version, &scopes, &sealed, &clientID); err != nil {
		t.Fatalf("stored grant of %s: %v", did, err)
	}
	c := &platform.Client{Env: w.env(), App: platform.App{ClientID: clientID}, Subject: did}
	if err := json.Unmarshal([]byte(scopes), &c.Scopes); err != nil {
		t.Fatalf("stored scopes of %s: %v", did, err)
	}
	secret := w.open(t, vault.Place{Workspace: workspace, Table: "grants", Row: id, Field: "credentials", Version: version}, sealed)
	var err error
	if c.Credentials, err = platform.DecodeCredentials(secret); err != nil {
		t.Fatal(err)
	}
	return c
}

func (w world) platform() platform.Platform {
	return bluesky.New(bluesky.Config{
		PLC: w.servers.PLC, HandleResolver: w.servers.PDS, Trusted: []string{w.servers.PLC, w.servers.PDS},
	})
}

func (w world) env() platform.Env {
	return platform.Env{
		HTTP: httpx.NewClient(httpx.ClientConfig{Trusted: []string{w.servers.PLC, w.servers.PDS}}), Now: time.Now, PublicURL: w.URL,
	}
}
