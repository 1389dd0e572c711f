package testkit

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// AxeSource returns axe-core's JavaScript, to be evaluated in a page.
func AxeSource(t testing.TB) string {
	t.Helper()
	source, err := os.ReadFile(filepath.Join(npmModules(), "axe-core", "axe.min.js"))
	if err != nil {
		missing(t, "axe-core is not installed: run scripts/deps (%v)", err)
	}
	return string(source)
}

type violation struct {
	ID    string `json:"id"`
	Help  string `json:"help"`
	Nodes []struct {
		HTML    string `json:"html"`
		Summary string `json:"failureSummary"`
	} `json:"nodes"`
}

// Axe runs axe-core's rules on the page in ctx and fails the test for each one that is broken. In a tab
// without JavaScript it lends the page some while it looks: the page's own scripts have missed their turn.
func Axe(t testing.TB, ctx context.Context) {
	t.Helper()
	who, _ := ctx.Value(personKey{}).(person)
	var result, location string
	err := chromedp.Run(ctx,
		chromedp.Location(&location),
		emulation.SetScriptExecutionDisabled(false),
		chromedp.Evaluate(AxeSource(t)+";0", nil),
		chromedp.Evaluate(`axe.run().then(r => JSON.stringify(r.violations))`, &result, awaitPromise),
		emulation.SetScriptExecutionDisabled(who.noScript))
	if err != nil {
		t.Fatalf("run axe on %s: %v", location, err)
	}
	var violations []violation
	if err := json.Unmarshal([]byte(result), &violations); err != nil {
		t.Fatalf("axe on %s: %v", location, err)
	}
	for _, v := range violations {
		t.Errorf("axe on %s: got violation %s (%s)%s, want none", location, v.ID, v.Help, v.places())
	}
}

func awaitPromise(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }

func (v violation) places() string {
	var b strings.Builder
	for _, node := range v.Nodes {
		fmt.Fprintf(&b, "\n  %s\n  %s", node.HTML, node.Summary)
	}
	return b.String()
}

// Screenshot writes the whole page in ctx to $PATCHBAY_SHOTS/name.png. Without the variable it does nothing.
func Screenshot(t testing.TB, ctx context.Context, name string) {
	t.Helper()
	dir := os.Getenv("PATCHBAY_SHOTS")
	if dir == "" {
		return
	}
	var png []byte
	// Quality 100 is chromedp's word for PNG.
	if err := chromedp.Run(ctx, chromedp.FullScreenshot(&png, 100)); err != nil {
		t.Fatalf("screenshot %s: %v", name, err)
	}
	file := filepath.Join(dir, filepath.Base(name)+".png")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatalf("screenshot %s: %v", name, err)
	}
	if err := os.WriteFile(file, png, 0o644); err != nil {
		t.Fatalf("screenshot %s: %v", name, err)
	}
}
