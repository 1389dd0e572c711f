package httpx_test

import (
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"patchbay/internal/httpx"
)

func post(t *testing.T, c *httpx.Client, address string) (*httpx.Response, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	return c.Send(req, 1000)
}

// hang waits until the caller has hung up, which a server sees once it has read the request.
func hang(r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

// TestSendReadsNoMoreThanItIsTold of whatever a receiver sends, and believes its status.
func TestSendReadsNoMoreThanItIsTold(t *testing.T) {
	t.Parallel()
	c := newClient(t, httpx.ClientConfig{Loopback: true, Timeout: 300 * time.Millisecond})
	var written atomic.Int64
	for name, h := range map[string]http.HandlerFunc{
		"endless": func(w http.ResponseWriter, _ *http.Request) {
			for {
				n, err := io.WriteString(w, strings.Repeat("x", 4096))
				written.Add(int64(n))
				if err != nil {
					return
				}
			}
		},
		"dripping": func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "x")
			_ = http.NewResponseController(w).Flush()
			hang(r)
		},
		"cut off": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "x")
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		},
	} {
		resp, err := post(t, c, serve(t, h).URL)
		if err != nil || resp.Status != http.StatusOK || len(resp.Body) == 0 || len(resp.Body) > 1000 {
			t.Errorf("%s: got %+v, %v, want its status and at most 1000 bytes", name, resp, err)
		}
	}
}

// TestExplainTellsNothingOfTheInside: sentences are for whoever named the address.
func TestExplainTellsNothingOfTheInside(t *testing.T) {
	t.Parallel()
	hangs := serve(t, func(_ http.ResponseWriter, r *http.Request) { hang(r) })
	aborts := serve(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	secure.StartTLS()
	t.Cleanup(secure.Close)
	public, local := newClient(t, httpx.ClientConfig{}), newClient(t, httpx.ClientConfig{Loopback: true})
	hasty := newClient(t, httpx.ClientConfig{Loopback: true, Timeout: 100 * time.Millisecond})
	for name, c := range map[string]struct {
		client  *httpx.Client
		address string
		want    string
	}{
		"a private address":   {public, "https://127.0.0.1/" + secretPart, "may not be called"},
		"another port":        {public, "https://8.8.8.8:8443/", "may not be called"},
		"plain http":          {public, "http://receiver.example/", "may not be called"},
		"no such name":        {public, "https://nobody.invalid/", "could not be resolved"},
		"hangs":               {hasty, hangs.URL, "did not answer in time"},
		"hangs up":            {local, aborts.URL, "broke before it answered"},
		"nobody listens":      {local, closed.URL, "refused the connection"},
		"an odd certificate":  {local, secure.URL, "certificate could not be verified"},
		"plain where TLS was": {local, strings.Replace(hangs.URL, "http:", "https:", 1), "is not HTTP, or not over TLS"},
	} {
		_, err := post(t, c.client, c.address)
		u, _ := url.Parse(c.address)
		got := httpx.Explain(err)
		if err == nil || !strings.Contains(got, c.want) || strings.Contains(got, u.Hostname()) || strings.Contains(got, "canary") {
			t.Errorf("%s: got %q of %v, want %q", name, got, err, c.want)
		}
	}
	if got := httpx.Explain(context.DeadlineExceeded); got != "It did not answer in time." {
		t.Errorf("got %q", got)
	}
}
