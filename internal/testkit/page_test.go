package testkit_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"patchbay/internal/testkit"
)

// recorder takes down the errors that a helper reports, in place of failing the test.
type recorder struct {
	testing.TB
	errors []string
}

func (r *recorder) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

func TestAxeReportsWhatIsBroken(t *testing.T) {
	t.Parallel()
	ctx := testkit.Chromium(t)
	page := `data:text/html,<!doctype html><html lang="en"><title>Page</title><main><h1>Page</h1><img src="x"></main>`
	if err := chromedp.Run(ctx, chromedp.Navigate(page)); err != nil {
		t.Fatalf("visit: %v", err)
	}
	r := &recorder{TB: t}
	testkit.Axe(r, ctx)
	if got := strings.Join(r.errors, "\n"); len(r.errors) != 1 || !strings.Contains(got, "image-alt") {
		t.Errorf("got violations %q, want image-alt alone", got)
	}
}
