package vault_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"patchbay/internal/vault"
)

func newVault(t *testing.T) *vault.Vault {
	t.Helper()
	ks, err := vault.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	v, err := vault.New(ks)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

var home = vault.Place{Workspace: 1, Table: "grants", Row: 7, Field: "credentials", Version: 3}

func TestSealedValueOpensOnlyAtItsPlace(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	sealed, err := v.Seal(home, vault.NewSecret("hunter2"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := v.Open(home, sealed); err != nil || got.Reveal() != "hunter2" {
		t.Fatalf("open at home: got %q, %v", got.Reveal(), err)
	}
	for name, p := range map[string]vault.Place{
		"other workspace": {Workspace: 2, Table: "grants", Row: 7, Field: "credentials", Version: 3},
		"other table":     {Workspace: 1, Table: "targets", Row: 7, Field: "credentials", Version: 3},
		"other row":       {Workspace: 1, Table: "grants", Row: 8, Field: "credentials", Version: 3},
		"other field":     {Workspace: 1, Table: "grants", Row: 7, Field: "private", Version: 3},
		"older version":   {Workspace: 1, Table: "grants", Row: 7, Field: "credentials", Version: 2},
	} {
		if _, err := v.Open(p, sealed); !errors.Is(err, vault.ErrSealed) {
			t.Errorf("%s: got %v, want ErrSealed", name, err)
		}
	}
	if _, err := newVault(t).Open(home, sealed); !errors.Is(err, vault.ErrSealed) {
		t.Errorf("another keyset: got %v, want ErrSealed", err)
	}
}

func TestEveryFlippedBitIsRefused(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	sealed, err := v.Seal(home, vault.NewSecret("hunter2"))
	if err != nil {
		t.Fatal(err)
	}
	for bit := range len(sealed) * 8 {
		flipped := append([]byte(nil), sealed...)
		flipped[bit/8] ^= 1 << (bit % 8)
		if got, err := v.Open(home, flipped); err == nil {
			t.Fatalf("bit %d flipped still opens to %q", bit, got.Reveal())
		}
	}
}

func TestNoSecretSealsToNull(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	if sealed, err := v.Seal(home, vault.Secret{}); err != nil || sealed != nil {
		t.Fatalf("got %v, %v, want nil", sealed, err)
	}
	if s, err := v.Open(home, nil); err != nil || !s.Empty() {
		t.Fatalf("got %v, want the empty secret", err)
	}
}

func TestSecretNeverPrints(t *testing.T) {
	t.Parallel()
	type holder struct {
		Token vault.Secret `json:"token"`
		P     *vault.Secret
		inner struct{ hidden vault.Secret }
	}
	s := vault.NewSecret("hunter2")
	h := holder{Token: s, P: &s}
	h.inner.hidden = s
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "secret", s, "holder", h)
	js, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	printed := fmt.Sprintf("%v %+v %#v %s %q %d %x", s, h, h, s, s, s, s) + string(js) + log.String() + fmt.Errorf("x: %v", s).Error()
	if strings.Contains(printed, "hunter2") || strings.Contains(printed, fmt.Sprintf("%x", "hunter2")) {
		t.Errorf("the secret printed: %s", printed)
	}
}

func TestUnreadableKeysetDoesNotQuoteItself(t *testing.T) {
	t.Parallel()
	_, err := vault.New([]byte(`{"key":"hunter2"`))
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v, want an error without the key", err)
	}
}
