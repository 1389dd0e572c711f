package testkit

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// browserPatience bounds everything one test does in the browser, so that a page that never comes fails that
// test and not the whole run.
const browserPatience = 90 * time.Second

// Chromium returns a chromedp context with one empty tab of a browser nobody used before: its cookies and
// storage are this test's alone. Calling it twice in a test gives two browsers that know nothing of each other.
// It ends with the test.
func Chromium(t testing.TB, options ...BrowserOption) context.Context {
	t.Helper()
	if browserPath() == "" {
		missing(t, "Chromium is not installed: run scripts/deps")
	}
	browser, err := sharedBrowser()
	if err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	profile, err := target.CreateBrowserContext().WithDisposeOnDetach(true).Do(onBrowser(browser))
	if err != nil {
		t.Fatalf("open a browser: %v", err)
	}
	t.Cleanup(func() { _ = target.DisposeBrowserContext(profile).Do(onBrowser(browser)) })
	return openTab(t, browser, profile, options)
}

// Tab opens another tab in the browser of ctx, sharing its cookies. The options are the tab's own: they are
// not taken over from the first tab.
func Tab(t testing.TB, ctx context.Context, options ...BrowserOption) context.Context {
	t.Helper()
	first, err := target.GetTargetInfo().WithTargetID(chromedp.FromContext(ctx).Target.TargetID).Do(onBrowser(ctx))
	if err != nil {
		t.Fatalf("find the browser of a tab: %v", err)
	}
	return openTab(t, ctx, first.BrowserContextID, options)
}

// openTab makes the tab itself: chromedp's own way opens no window, and Chromium now wants one for the first
// tab of a fresh browser context ("no browser is open").
func openTab(t testing.TB, parent context.Context, profile cdp.BrowserContextID, options []BrowserOption) context.Context {
	t.Helper()
	tab, err := target.CreateTarget("about:blank").WithBrowserContextID(profile).WithNewWindow(true).Do(onBrowser(parent))
	if err != nil {
		t.Fatalf("open a browser tab: %v", err)
	}
	ctx, cancel := chromedp.NewContext(parent, chromedp.WithTargetID(tab))
	t.Cleanup(cancel)
	ctx, stop := context.WithTimeout(ctx, browserPatience)
	t.Cleanup(stop)
	who := personOf(options)
	if err := chromedp.Run(ctx, who.actions...); err != nil {
		t.Fatalf("set up a browser tab: %v", err)
	}
	return context.WithValue(ctx, personKey{}, who)
}

// onBrowser addresses a command to the browser instead of a tab.
func onBrowser(ctx context.Context) context.Context {
	return cdp.WithExecutor(ctx, chromedp.FromContext(ctx).Browser)
}

// silent drops chromedp's complaints about events that are newer than it is. What matters to a test comes back
// from chromedp.Run.
func silent(string, ...any) {}

func browserPath() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// sharedBrowser starts the browser of this test binary. It is killed by the kernel when the binary ends.
var sharedBrowser = sync.OnceValues(func() (context.Context, error) {
	dir, err := scratch()
	if err != nil {
		return nil, err
	}
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(browserPath()),
		chromedp.UserDataDir(filepath.Join(dir, "chromium")),
		chromedp.Headless,
		chromedp.NoFirstRun,
		chromedp.NoDefaultBrowserCheck,
		chromedp.DisableGPU,
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-background-timer-throttling", true),
		chromedp.Flag("disable-backgrounding-occluded-windows", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-default-apps", true),
		chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("disable-extensions", true),
		// A process less for each step from site to site, which is most of what a journey costs. It
		// defends against pages that break out of theirs; what cookies and frames may do is the same.
		chromedp.Flag("disable-features", "IsolateOrigins,site-per-process"),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-renderer-backgrounding", true),
		chromedp.Flag("disable-site-isolation-trials", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("force-color-profile", "srgb"),
		chromedp.Flag("lang", "en-US"),
		chromedp.Flag("password-store", "basic"),
		chromedp.WSURLReadTimeout(time.Minute),
	}
	if os.Geteuid() == 0 {
		// Chromium's sandbox refuses to work for root. The pages are ours.
		options = append(options, chromedp.NoSandbox)
	}
	allocator, _ := chromedp.NewExecAllocator(context.Background(), options...)
	browser, _ := chromedp.NewContext(allocator, chromedp.WithErrorf(silent))
	if err := chromedp.Run(browser); err != nil {
		return nil, fmt.Errorf("run %s: %w", browserPath(), err)
	}
	return browser, nil
})
