package testkit_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"patchbay/internal/testkit"
)

// page tells what it knows of the browser: in the heading what the server saw, in the body what the page saw.
const page = `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>Page</title>
<style>:root { color-scheme: light dark }</style>
<main><h1>%s</h1><p id="seen">no script</p></main>
<script>
document.querySelector('#seen').textContent = innerWidth + (matchMedia('(prefers-color-scheme: dark)').matches ? ' dark' : ' light')
</script>`

func serve(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		visit := "first visit"
		if _, err := r.Cookie("seen"); err == nil {
			visit = "another visit"
		}
		http.SetCookie(w, &http.Cookie{Name: "seen", Value: "1"})
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, page, visit+" "+r.Header.Get("Accept-Language"))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestChromiumIsWhoTheOptionsSay(t *testing.T) {
	t.Parallel()
	type seen struct{ Heading, Body string }
	tests := []struct {
		name    string
		options []testkit.BrowserOption
		want    seen
	}{
		{"desktop", nil, seen{"first visit en-US,en;q=0.9", "1280 light"}},
		{"phone at night", []testkit.BrowserOption{testkit.Phone(), testkit.Dark()}, seen{"first visit en-US,en;q=0.9", "390 dark"}},
		{"no script", []testkit.BrowserOption{testkit.NoScript()}, seen{"first visit en-US,en;q=0.9", "no script"}},
		{"german", []testkit.BrowserOption{testkit.Language("de")}, seen{"first visit de", "1280 light"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ctx := testkit.Chromium(t, tt.options...)
			var got seen
			if err := chromedp.Run(ctx, chromedp.Navigate(serve(t)), chromedp.Text("h1", &got.Heading), chromedp.Text("#seen", &got.Body)); err != nil {
				t.Fatalf("visit: %v", err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("page (-want +got):\n%s", diff)
			}
			testkit.Axe(t, ctx)
		})
	}
}

func TestChromiumSharesCookiesBetweenTabsOnly(t *testing.T) {
	t.Parallel()
	address := serve(t)
	first, other := testkit.Chromium(t), testkit.Chromium(t)
	got := []string{
		heading(t, first, address),
		heading(t, testkit.Tab(t, first), address),
		heading(t, other, address),
	}
	want := []string{"first visit en-US,en;q=0.9", "another visit en-US,en;q=0.9", "first visit en-US,en;q=0.9"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("visits of a browser, its second tab, another browser (-want +got):\n%s", diff)
	}
}

func heading(t *testing.T, ctx context.Context, address string) string {
	t.Helper()
	var text string
	if err := chromedp.Run(ctx, chromedp.Navigate(address), chromedp.Text("h1", &text)); err != nil {
		t.Fatalf("visit: %v", err)
	}
	return text
}

// Not parallel: it sets a variable of the whole process.
func TestScreenshotWritesAPNG(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATCHBAY_SHOTS", dir)
	ctx := testkit.Chromium(t, testkit.Phone())
	if err := chromedp.Run(ctx, chromedp.Navigate(serve(t))); err != nil {
		t.Fatalf("visit: %v", err)
	}
	testkit.Screenshot(t, ctx, "page")
	png, err := os.ReadFile(filepath.Join(dir, "page.png"))
	if err != nil {
		t.Fatalf("read the screenshot: %v", err)
	}
	if got := http.DetectContentType(png); got != "image/png" {
		t.Errorf("content: got %s, want image/png", got)
	}
}
