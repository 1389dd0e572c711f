package rotation_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"patchbay/internal/e2e"
)

// errCut is the end of a request to a server that was killed meanwhile.
var errCut = errors.New("the server was killed")

// browser sends requests to one server, as a person or as an application.
type browser struct {
	server *server
	client *http.Client
}

func newBrowser(s *server) *browser {
	jar, _ := cookiejar.New(nil) // never fails without options
	return &browser{s, &http.Client{
		Jar:           jar,
		Timeout:       patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// send is one request: errCut when the server was killed meanwhile, and an error for
// every other failure and every answer that blames the server.
func (b *browser) send(t *testing.T, method, address string, header http.Header, body string) (e2e.Page, error) {
	life := b.server.life.Load()
	page, err := b.roundTrip(t, method, address, header, body)
	if err != nil && (life%2 == 1 || b.server.life.Load() != life) {
		return page, errCut
	}
	if err != nil {
		return page, fmt.Errorf("%s %s: %w", method, address, err)
	}
	if page.Status >= 500 || page.Status == http.StatusTooManyRequests {
		return page, fmt.Errorf("%s %s: got %d: %s", method, address, page.Status, page.Body)
	}
	return page, nil
}

func (b *browser) roundTrip(t *testing.T, method, address string, header http.Header, body string) (e2e.Page, error) {
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		return e2e.Page{}, err
	}
	for name, values := range header {
		req.Header[name] = values
	}
	resp, err := b.client.Do(req)
	if err != nil {
		return e2e.Page{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return e2e.Page{}, err
	}
	page := e2e.Page{URL: req.URL, Status: resp.StatusCode, Header: resp.Header, Body: string(text)}
	if to, err := resp.Location(); err == nil {
		page.Redirect = to.String()
	}
	return page, nil
}

// open follows redirects to a page.
func (b *browser) open(t *testing.T, address string) (e2e.Page, error) {
	return b.follow(t, http.MethodGet, address, nil, "")
}

func (b *browser) submit(t *testing.T, f e2e.Form, set url.Values) (e2e.Page, error) {
	u, err := url.Parse(f.Action)
	if err != nil {
		return e2e.Page{}, err
	}
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Origin": {u.Scheme + "://" + u.Host}}
	return b.follow(t, f.Method, f.Action, header, f.With(set).Encode())
}

func (b *browser) follow(t *testing.T, method, address string, header http.Header, body string) (e2e.Page, error) {
	page, err := b.send(t, method, address, header, body)
	for hops := 0; err == nil && page.Redirect != "" && hops < 10; hops++ {
		page, err = b.send(t, http.MethodGet, page.Redirect, nil, "")
	}
	return page, err
}

// alive waits until the server serves again.
func (s *server) alive(t *testing.T) {
	for deadline := time.Now().Add(patience); s.life.Load()%2 == 1 && time.Now().Before(deadline); {
		pause(t, 10*time.Millisecond)
	}
}
