package testkit

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Postgres returns the DSN of an empty schema that is this test's alone and is dropped after it. Every
// connection made with the DSN works in that schema. The server is the one of PATCHBAY_TEST_POSTGRES, a URL
// whose user may create schemas; scripts/test starts one.
func Postgres(t testing.TB) string {
	t.Helper()
	admin := os.Getenv("PATCHBAY_TEST_POSTGRES")
	if admin == "" {
		missing(t, "PATCHBAY_TEST_POSTGRES is not set: run the tests with scripts/test")
	}
	dsn, err := url.Parse(admin)
	if err != nil {
		t.Fatalf("PATCHBAY_TEST_POSTGRES is not a URL: %v", err)
	}
	schema := "t_" + strings.ToLower(rand.Text())
	execute(t, admin, "CREATE SCHEMA "+schema)
	t.Cleanup(func() { execute(t, admin, "DROP SCHEMA "+schema+" CASCADE") })

	query := dsn.Query()
	query.Set("search_path", schema)
	dsn.RawQuery = query.Encode()
	return dsn.String()
}

func execute(t testing.TB, dsn, sql string) {
	t.Helper()
	// Not the test's context: that one is over when the schema is dropped.
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := run(ctx, dsn, sql); err != nil {
		t.Errorf("%s: %v", sql, err)
	}
}

func run(ctx context.Context, dsn, sql string) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	_, err = conn.Exec(ctx, sql)
	return errors.Join(err, conn.Close(ctx))
}
