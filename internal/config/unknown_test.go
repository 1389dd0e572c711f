package config_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/config"
)

func TestUnknownVariablesAreNamed(t *testing.T) {
	t.Parallel()
	got := config.UnknownIn([]string{
		"PATCHBAY_TRUSTED_PROXY=10.0.0.0/8", "PATCHBAY_KEYFILE=/hunter2", "PATCHBAY_SOMETHING_ELSE=1", "PATCHBAY_X_CLIENT_IDD=a",
		"PATCHBAY_X_CLIENT_ID=a", "PATCHBAY_URL=https://a.example.com", "PATCHBAY_TEST_POSTGRES=b", "PATCHBAY_EMPTY= ", "HOME=/", "odd",
	}, []string{"x"})
	want := []config.Unknown{
		{Name: "PATCHBAY_KEYFILE", Nearest: "PATCHBAY_KEY_FILE"},
		{Name: "PATCHBAY_SOMETHING_ELSE"},
		{Name: "PATCHBAY_TRUSTED_PROXY", Nearest: "PATCHBAY_TRUSTED_PROXIES"},
		{Name: "PATCHBAY_X_CLIENT_IDD", Nearest: "PATCHBAY_X_CLIENT_ID"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("unknown (-want +got):\n%s", diff)
	}
}
