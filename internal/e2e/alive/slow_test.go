package alive_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"patchbay/internal/config"
	"patchbay/internal/e2e"
)

// slowness is how late every answer of a token endpoint is.
const slowness = 25 * time.Second

// slowLab stands between the program and the Lab: the Lab acts at once, and the world's
// clock has moved by slowness before its answer is passed on. Nothing waits.
type slowLab struct {
	to    *url.URL
	world atomic.Pointer[world] // set once there is a clock to move
	late  atomic.Int64          // answers that were held back
}

func (s *slowLab) change(t testing.TB) func(*config.Config) {
	return func(c *config.Config) {
		var err error
		if s.to, err = url.Parse(c.LabURL); err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(s)
		t.Cleanup(server.Close)
		c.LabURL = strings.Replace(server.URL, "127.0.0.1", "localhost", 1) // another site than the program's
	}
}

func (s *slowLab) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	proxy := httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(s.to); p.Out.Host = p.In.Host },
		ModifyResponse: func(resp *http.Response) error {
			if w := s.world.Load(); w != nil && strings.HasSuffix(strings.ToLower(resp.Request.URL.Path), "token") {
				s.late.Add(1)
				w.advance(slowness)
			}
			return nil
		},
	}
	proxy.ServeHTTP(rw, r)
}

// TestASlowAnswerLendsNoTimeThatIsOver: a token's life is counted from before it was asked
// for. However late the answer to a code or to a refresh, the platform takes the token until
// the end that is told.
func TestASlowAnswerLendsNoTimeThatIsOver(t *testing.T) {
	t.Parallel()
	for _, k := range []kind{twitter, partner, strict, grace, stable} {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			slow := &slowLab{}
			w := start(t, e2e.Options{Change: func(c *config.Config) { slow.change(t)(c); withOpen(t)(c) }})
			w.registerOpen(t)
			slow.world.Store(w)
			g := w.consents(t, k, "crowd-1")
			begun := w.now()
			first := w.lease(t, g.channels[0].ID, nil)
			w.holds(t, g, first)
			second := w.lease(t, g.channels[0].ID, map[string]any{"newer_than": first.Version})
			if second.Version == first.Version || slow.late.Load() < 2 {
				t.Fatalf("got version %d after %d, and %d late answers: nothing was refreshed", second.Version, first.Version, slow.late.Load())
			}
			w.holds(t, g, second)
			t.Logf("%s: two tokens held for %s", k.name, w.now().Sub(begun))
		})
	}
}

// holds wants the platform to take a token until a second before the end that was told.
func (w *world) holds(t *testing.T, g grant, lent token) {
	t.Helper()
	if lent.ExpiresAt == nil {
		t.Fatalf("%s: the end of the token is not told", g.name)
	}
	w.advance(lent.ExpiresAt.Add(-time.Second).Sub(w.now()))
	if !w.works(t, g.kind, g.channels[0], lent) {
		t.Errorf("%s: a second before the end that was told the platform does not take the token", g.name)
	}
}
