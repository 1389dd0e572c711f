package rotation_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"patchbay/internal/e2e"
)

// load is what goes on meanwhile.
type load struct {
	w    *world
	stop chan struct{}
	all  sync.WaitGroup

	journeys, left, sessions, replays, changes, cuts atomic.Int64
}

// crowd is how many people are on their way at a time. Most are at the platform, where
// they think: what was sealed before a rotation came to re-encrypting is read and written
// during it.
const crowd = 60

func (w *world) load(t *testing.T) *load {
	l := &load{w: w, stop: make(chan struct{})}
	for i := range crowd {
		l.all.Go(func() { l.connect(t, fmt.Sprintf("user-%d", i)) })
	}
	l.all.Go(func() { l.call(t) })
	l.all.Go(func() { l.changeApp(t) })
	return l
}

// end lets everybody finish what they are at.
func (l *load) end(t *testing.T) {
	t.Helper()
	close(l.stop)
	l.all.Wait()
	t.Logf("%d journeys, %d people left at the choice, %d sessions, %d replays, %d changes of an app; %d requests were cut off by kills",
		l.journeys.Load(), l.left.Load(), l.sessions.Load(), l.replays.Load(), l.changes.Load(), l.cuts.Load())
	if l.journeys.Load() == 0 || l.replays.Load() == 0 || l.changes.Load() == 0 {
		t.Error("got no load of some kind, want some of each")
	}
}

func (l *load) goesOn(t *testing.T) bool {
	select {
	case <-l.stop:
		return false
	default:
		return !t.Failed()
	}
}

// think is what people do at a consent page, unless all are to finish.
func (l *load) think(t *testing.T) {
	select {
	case <-time.After(500*time.Millisecond + rand.N(2*time.Second)):
	case <-l.stop:
	case <-t.Context().Done():
	}
}

func (l *load) anyServer() *server { return l.w.servers[rand.IntN(len(l.w.servers))] }

// insist sends until the server lives long enough to answer.
func (l *load) insist(t *testing.T, s *server, send func() (e2e.Page, error)) (e2e.Page, bool) {
	for {
		page, err := send()
		switch {
		case err == nil:
			return page, true
		case !errors.Is(err, errCut):
			t.Error(err)
			return page, false
		}
		l.cuts.Add(1)
		s.alive(t)
	}
}

// api calls the native API until it has an answer.
func (l *load) api(t *testing.T, s *server, method, path, onceKey string, body any) (e2e.Page, bool) {
	text, err := json.Marshal(body)
	if err != nil {
		t.Error(err)
		return e2e.Page{}, false
	}
	header := http.Header{"Authorization": {"Bearer " + l.w.apiKey}, "Content-Type": {"application/json"}}
	if onceKey != "" {
		header.Set("Idempotency-Key", onceKey)
	}
	b := newBrowser(s)
	return l.insist(t, s, func() (e2e.Page, error) { return b.send(t, method, s.url+path, header, string(text)) })
}

// connect sends one person after the other to a platform. Their sessions end one by
// one, whatever is killed.
func (l *load) connect(t *testing.T, user string) {
	for l.goesOn(t) {
		s := l.anyServer()
		platform := []string{"facebook", "x"}[rand.IntN(2)]
		made, ok := l.api(t, s, http.MethodPost, "/v1/sessions", onceKey(), map[string]any{
			"owner": map[string]string{"external_id": user}, "platforms": []string{platform}, "redirect_url": l.w.home,
		})
		var session struct {
			ID         int64  `json:"id"`
			ConnectURL string `json:"connect_url"`
		}
		if !ok || json.Unmarshal([]byte(made.Body), &session) != nil || made.Status != http.StatusCreated {
			t.Errorf("new session: got %d: %s", made.Status, made.Body)
			return
		}
		leaves := platform == "facebook" && rand.IntN(2) == 0
		switch {
		case !l.walk(t, s, session.ConnectURL, platform, leaves):
		case leaves:
			l.left.Add(1)
		case l.finished(t, s, session.ID):
			l.journeys.Add(1)
		}
	}
}

// finished asks any server what became of the session.
func (l *load) finished(t *testing.T, s *server, id int64) bool {
	page, ok := l.api(t, s, http.MethodGet, fmt.Sprintf("/v1/sessions/%d", id), "", nil)
	var session struct {
		Status     string  `json:"status"`
		ChannelIDs []int64 `json:"channel_ids"`
	}
	if !ok || json.Unmarshal([]byte(page.Body), &session) != nil || session.Status != "succeeded" || len(session.ChannelIDs) == 0 {
		t.Errorf("session %d: got %s, want it succeeded with channels", id, page.Body)
		return false
	}
	return true
}

// walk does what the pages offer until the person is back at the application, or at the
// choice of pages where they leave. Who is cut off opens the link again.
func (l *load) walk(t *testing.T, s *server, link, platform string, leaves bool) bool {
	b := newBrowser(s)
	address := link
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		page, err := b.open(t, address)
		for err == nil {
			if strings.HasPrefix(page.URL.String(), l.w.home) || leaves && len(e2e.Values(page, "target")) > 0 && !atLab(page) {
				return true
			}
			var moved bool
			if page, moved, err = l.step(t, b, page, platform); !moved {
				break
			}
		}
		switch {
		case errors.Is(err, errCut):
			l.cuts.Add(1)
			s.alive(t)
		case err != nil:
			t.Error(err)
			return false
		default: // a page that waits
			pause(t, 50*time.Millisecond)
		}
		address = link
	}
	t.Errorf("%s does not come to an end", link)
	return false
}

// step goes from one page to the next, where it leads to one.
func (l *load) step(t *testing.T, b *browser, page e2e.Page, platform string) (e2e.Page, bool, error) {
	for _, f := range e2e.Forms(page) {
		switch path := strings.SplitN(f.Action, "?", 2)[0]; {
		case strings.HasSuffix(path, "/targets"):
			ids := e2e.Values(page, "target")
			next, err := b.submit(t, f, url.Values{"target": ids[:1]})
			return next, true, err
		case strings.HasSuffix(path, "/platform"):
			next, err := b.submit(t, f, url.Values{"platform": {platform}})
			return next, true, err
		case atLab(page):
			l.think(t)
			next, err := b.submit(t, f, url.Values{"persona": {"creator"}, "decision": {"approve"}})
			return next, true, err
		}
	}
	for _, link := range e2e.Links(page) {
		if strings.HasPrefix(link, l.w.home) || strings.Contains(link, "/connect/s/") {
			next, err := b.open(t, link)
			return next, true, err
		}
	}
	if !strings.Contains(page.Body, "data-refresh") {
		return page, false, fmt.Errorf("%s (%d) offers nothing: %s", page.URL.Path, page.Status, e2e.Text(page))
	}
	return page, false, nil
}

func atLab(page e2e.Page) bool { return strings.HasPrefix(page.URL.Path, "/lab/") }

func onceKey() string { return fmt.Sprintf("key-%x-%x", rand.Uint64(), rand.Uint64()) }

// call makes sessions with an idempotency key, and sends each request again to another
// server: the answer stays the same byte for byte.
func (l *load) call(t *testing.T) {
	for l.goesOn(t) {
		key, body := onceKey(), map[string]any{"owner": map[string]string{"external_id": "caller"}}
		first, ok := l.api(t, l.anyServer(), http.MethodPost, "/v1/sessions", key, body)
		if !ok || first.Status != http.StatusCreated {
			t.Errorf("new session: got %d: %s", first.Status, first.Body)
			return
		}
		l.sessions.Add(1)
		for range 3 {
			again, ok := l.api(t, l.anyServer(), http.MethodPost, "/v1/sessions", key, body)
			if !ok || again.Status != http.StatusCreated || again.Body != first.Body {
				t.Errorf("the same request again: got %d: %s\nwant %s", again.Status, again.Body, first.Body)
				return
			}
			l.replays.Add(1)
		}
		pause(t, 30*time.Millisecond) // people come first
	}
}

// changeApp keeps an app of the workspace's own, and changes now its name, now its secret.
func (l *load) changeApp(t *testing.T) {
	made, ok := l.api(t, l.anyServer(), http.MethodPost, "/v1/apps", onceKey(), map[string]string{
		"platform": "linkedin", "client_id": "client", "client_secret": "secret-0",
	})
	var app struct {
		ID int64 `json:"id"`
	}
	if !ok || made.Status != http.StatusCreated || json.Unmarshal([]byte(made.Body), &app) != nil {
		t.Errorf("new app: got %d: %s", made.Status, made.Body)
		return
	}
	for i := 0; l.goesOn(t); i++ {
		change := map[string]string{"name": fmt.Sprint("app ", i)}
		if i%3 == 0 {
			change = map[string]string{"client_secret": fmt.Sprint("secret-", i)}
		}
		changed, ok := l.api(t, l.anyServer(), http.MethodPatch, fmt.Sprintf("/v1/apps/%d", app.ID), "", change)
		if !ok || changed.Status != http.StatusOK {
			t.Errorf("change app: got %d: %s", changed.Status, changed.Body)
			return
		}
		l.changes.Add(1)
		pause(t, 20*time.Millisecond)
	}
}
