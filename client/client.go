package client

import (
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// Client is a server's native API with one key.
type Client struct {
	Sessions   *Sessions
	Channels   *Channels
	Owners     *Owners
	Platforms  *Platforms
	Apps       *Apps
	Keys       *Keys
	Workspaces *Workspaces
	Events     *Events
	Endpoints  *Endpoints
	Deliveries *Deliveries
	Replays    *Replays
	Audit      *Audit
}

// Option changes how a client works.
type Option func(*wire)

// WithHTTPClient makes the requests with another client than one of this package's own.
// Its CheckRedirect is replaced: the key is for one server.
func WithHTTPClient(h *http.Client) Option { return func(w *wire) { w.http = *h } }

// WithRetries sends a request again at most n times when there was no answer, or 429,
// 502, 503 or 504; it waits as Retry-After says, for at most half a minute at a time.
// Without the option n is 3; 0 switches it off. Sending again is safe: what makes
// something carries an idempotency key.
func WithRetries(n int) Option { return func(w *wire) { w.retries = max(n, 0) } }

// WithTimeout bounds one answer, on top of what the server was asked to wait. Without the
// option: 30 seconds.
func WithTimeout(d time.Duration) Option { return func(w *wire) { w.timeout = d } }

// WithUserAgent is what the server's log says of the caller.
func WithUserAgent(name string) Option { return func(w *wire) { w.agent = name } }

// New is a client of the server at baseURL, an origin such as https://connect.example
// (http://127.0.0.1:8080 with `patchbay dev`), with an API key. It makes no request.
func New(baseURL string, key Secret, options ...Option) (*Client, error) {
	u, err := url.Parse(baseURL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || (u.Path != "" && u.Path != "/") || u.RawQuery+u.Fragment != "" || u.User != nil {
		return nil, fmt.Errorf("patchbay: the server's address must be an origin such as https://connect.example")
	}
	if key.IsZero() {
		return nil, fmt.Errorf("patchbay: there is no API key")
	}
	w := &wire{base: u.Scheme + "://" + u.Host, key: key, retries: 3, timeout: 30 * time.Second, agent: "patchbay-go"}
	for _, option := range options {
		option(w)
	}
	w.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{
		Sessions: &Sessions{w}, Channels: &Channels{w}, Owners: &Owners{w}, Platforms: &Platforms{w},
		Apps: &Apps{w}, Keys: &Keys{w}, Workspaces: &Workspaces{w}, Events: &Events{w},
		Endpoints: &Endpoints{w}, Deliveries: &Deliveries{w}, Replays: &Replays{w}, Audit: &Audit{w},
	}, nil
}
