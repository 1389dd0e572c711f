package browser

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"patchbay/internal/config"
	"patchbay/internal/e2e"
	"patchbay/internal/testkit"
)

// clock stands until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func TestLinkThatExpires(t *testing.T) {
	t.Parallel()
	c := &clock{now: time.Now()}
	w := begin(t, e2e.Options{Now: c.Now})
	p := w.person("person")
	unused, begun := w.newLink(), w.newLink()
	p.open(begun.URL)
	p.choosePlatform("facebook")
	late := p.tab("late")
	late.open(unused.URL)
	late.at(choosePage)

	c.move(16 * time.Minute)
	late.step("choose X", chromedp.Click(platformButton("x"), chromedp.ByQuery))
	late.at("This link has expired")

	p.consent("creator", "Night Market") // begun in time: ten more minutes
	p.pick("Harbour Bakery", "Paper Kites")
	p.at(returnedPage)
	w.wantConnected(begun, "facebook", "Harbour Bakery", "Paper Kites")

	late.click("Back to Harbour Tools")
	late.at(returnedPage)
	if got := w.Receiver.Arrivals()[1]; !strings.HasPrefix(got, "/callback?status=failed&connect_token="+unused.Token+"&message=") {
		t.Errorf("the way back of an expired link: got %s, want status=failed with its token and a message", got)
	}
}

// slowLab stands in front of the Lab and holds the code exchange back.
type slowLab struct {
	url     string
	proxy   http.Handler
	came    chan struct{} // receives when an exchange is being held
	release chan struct{} // closed: nothing is held any more
}

func (s *slowLab) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, "/oauth/access_token") {
		select {
		case s.came <- struct{}{}:
			<-s.release
		case <-s.release:
		}
	}
	s.proxy.ServeHTTP(w, r)
}

// behind puts the slow Lab where the program finds the Lab.
func (s *slowLab) behind(t *testing.T) func(*config.Config) {
	return func(cfg *config.Config) {
		lab, err := url.Parse(cfg.LabURL)
		if err != nil {
			t.Fatal(err)
		}
		s.proxy = httputil.NewSingleHostReverseProxy(lab)
		front := httptest.NewServer(s)
		t.Cleanup(front.Close)
		s.url = strings.Replace(front.URL, "127.0.0.1", "localhost", 1)
		cfg.LabURL = s.url
	}
}

// lookAtTheWaitingPage examines the page that refreshes itself, with its timer held.
func (p *person) lookAtTheWaitingPage(address string) {
	p.t.Helper()
	p.do("hold the refresh", chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := page.AddScriptToEvaluateOnNewDocument(`{
			const later = window.setTimeout;
			window.setTimeout = (f, ms, ...rest) => ms === 3000 ? 0 : later(f, ms, ...rest);
		}`).Do(ctx)
		return err
	}))
	p.open(address)
	p.at("Still finishing")
}

func TestWaitingPageFindsTheResult(t *testing.T) {
	t.Parallel()
	for name, options := range map[string][]testkit.BrowserOption{"with JavaScript": nil, "without": {testkit.NoScript()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			slow := &slowLab{came: make(chan struct{}), release: make(chan struct{})}
			let := sync.OnceFunc(func() { close(slow.release) })
			w := begin(t, e2e.Options{Change: slow.behind(t)})
			t.Cleanup(let)
			w.LabURL = slow.url
			p := w.person("person", options...)
			waiting := p.tab("waiting")
			l := w.newLink()
			p.open(l.URL)
			p.choosePlatform("facebook")
			p.do("click Allow", chromedp.Click(control("Allow"), chromedp.BySearch))
			<-slow.came
			waiting.do("open the link", chromedp.Navigate(l.URL))
			waiting.at("Still finishing")
			waiting.reads("Leave it open.")
			if options == nil {
				p.tab("still").lookAtTheWaitingPage(l.URL)
			}
			let()
			waiting.do("see the choice", chromedp.WaitVisible(`input[name=target]`, chromedp.ByQuery))
			waiting.pick("Harbour Bakery", "Night Market")
			waiting.at(returnedPage)
			w.wantConnected(l, "facebook", "Harbour Bakery", "Night Market")
		})
	}
}
