package hosted

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"patchbay/internal/fault"
	"patchbay/internal/hosted/ui"
)

// notOnPages are reasons that only the APIs tell, or that a field's text stands for.
var notOnPages = []string{
	"key_unknown", "scope_missing", "owner_unknown", "owner_bound", "target_unknown", "unknown",
	"app_exists", "app_retired", "owner_exists", "scope_exceeded", "not_waiting", "idempotency_key_reused", "idempotency_key_invalid",
	"key_in_use", "instance_unseen", "instances_not_ready", "workspace_exists",
	"no_grant", "channel_paused", "channel_disconnected", "no_newer_token", "token_short", "refresh_pending", "refreshing_held",
	"channel_exists", "limit_reached", "audit_key_unreadable", "not_importable", "page_token", "channel_replaced", "no_workspace", "grant_exists", "token_in_use", "invalid_field",
	"late", // nobody is told
}

// Every failure that the core or a platform can name has its own text, or people
// would read "something went wrong" where we know better.
func TestEveryReasonHasAText(t *testing.T) {
	t.Parallel()
	named := regexp.MustCompile(`fault\.Newf?\(fault\.\w+, "([a-z_]+)"`)
	found := 0
	for _, room := range []string{"connect", "platform", "platforms", "hosted"} {
		err := filepath.WalkDir(filepath.Join("..", room), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, m := range named.FindAllStringSubmatch(string(text), -1) {
				found++
				if !slices.Contains(ui.Reasons(), m[1]) && !slices.Contains(notOnPages, m[1]) {
					t.Errorf("%s: reason %q has no page text", path, m[1])
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if found < 25 {
		t.Errorf("found only %d reasons: the search is broken", found)
	}
}

func TestEveryCodeHasAStatus(t *testing.T) {
	t.Parallel()
	for _, c := range fault.Codes() {
		if statuses[c] < 400 {
			t.Errorf("code %s: got status %d, want one of an error", c, statuses[c])
		}
	}
}
