package httpx

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// ClientConfig says where outgoing calls may go.
type ClientConfig struct {
	// Origins maps a real origin ("https://graph.facebook.com") to the base that
	// stands in for it ("http://127.0.0.1:8080/lab/facebook/graph.facebook.com").
	Origins map[string]string
	// Browser is the same for addresses that a person is sent to, where the stand-in
	// is reached differently from outside (a tunnel). Empty: as Origins.
	Browser map[string]string
	// Trusted origins are dialled without the address guard and may be plain http:
	// a development server on loopback. The bases of Origins are trusted by themselves.
	Trusted   []string
	Timeout   time.Duration // of one call, whole; zero: 60 s
	UserAgent string
	// Loopback lets this machine be called too, at any port and without TLS: for the
	// receivers of somebody who develops here.
	Loopback  bool
	IdleConns int           // kept for each host; zero: 2
	IdleTime  time.Duration // that they are kept; zero: 90 s
}

// Client is the guarded client for every call that leaves the program: https only,
// public addresses only (checked on the resolved address when dialling), ports 80
// and 443, no redirects, no proxies, bounded answers, and errors that name the
// host but never the path or query.
type Client struct {
	origins   map[string]string
	browser   map[string]string
	trusted   map[string]bool
	guarded   *http.Client
	free      *http.Client
	loopback  *http.Client // nil: this machine may not be called
	userAgent string
	observe   func(status int, sent bool, took time.Duration)
}

// maxAnswer bounds what is read of one answer.
const maxAnswer = 1 << 20

// ErrTooLarge is the cause when an answer passes 1 MiB.
var ErrTooLarge = errors.New("answer is larger than 1 MiB")

// CallError tells that a call got no whole answer. It never holds a URL.
type CallError struct {
	Host  string
	Sent  bool // the request may have reached the server: the outcome is ambiguous
	cause error
}

func (e *CallError) Error() string {
	when := "before it was sent"
	if e.Sent {
		when = "after it was sent"
	}
	return fmt.Sprintf("call to %s broke %s: %v", e.Host, when, e.cause)
}

func (e *CallError) Unwrap() error { return e.cause }

// Response is a whole answer, read into memory.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// NewClient builds the client; it keeps connections until CloseIdle.
func NewClient(cfg ClientConfig) *Client {
	cfg.Timeout, cfg.IdleTime = cmp.Or(cfg.Timeout, 60*time.Second), cmp.Or(cfg.IdleTime, 90*time.Second)
	if cfg.Browser == nil {
		cfg.Browser = cfg.Origins
	}
	c := &Client{
		origins: cfg.Origins, browser: cfg.Browser, trusted: map[string]bool{}, userAgent: cfg.UserAgent,
		guarded: newHTTPClient(cfg, guard()), free: newHTTPClient(cfg, nil),
	}
	if cfg.Loopback {
		c.loopback = newHTTPClient(cfg, onlyLoopback)
	}
	for _, o := range cfg.Trusted {
		c.trusted[strings.TrimRight(o, "/")] = true
	}
	return c
}

func newHTTPClient(cfg ClientConfig, control controlFunc) *http.Client {
	dialer := &net.Dialer{Timeout: 10 * time.Second, Control: control}
	return &http.Client{
		Timeout: cfg.Timeout,
		Transport: &http.Transport{
			DialContext:            dialer.DialContext,
			TLSHandshakeTimeout:    10 * time.Second,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
			ForceAttemptHTTP2:      true,
			IdleConnTimeout:        cfg.IdleTime,
			MaxIdleConnsPerHost:    cfg.IdleConns,
			MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Observed is the same client, connections included, telling each call that it makes:
// the status (0 when there was no whole answer), whether it may have reached the server,
// and how long it took.
func (c *Client) Observed(observe func(status int, sent bool, took time.Duration)) *Client {
	other := *c
	other.observe = observe
	return &other
}

// WithOrigins is the same client, connections included, with another origin table:
// where a stand-in plays several platforms that share real hosts, each has its own.
// A nil browser table is the same as calls.
func (c *Client) WithOrigins(calls, browser map[string]string) *Client {
	if browser == nil {
		browser = calls
	}
	other := *c
	other.origins, other.browser = calls, browser
	return &other
}

// CloseIdle drops kept connections.
func (c *Client) CloseIdle() {
	c.guarded.CloseIdleConnections()
	c.free.CloseIdleConnections()
	if c.loopback != nil {
		c.loopback.CloseIdleConnections()
	}
}

// Rebase turns a real address into the one that stands in for it when a browser is
// sent there. Addresses of other origins come back unchanged.
func (c *Client) Rebase(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	base, ok := c.browser[u.Scheme+"://"+u.Host]
	if !ok {
		return address
	}
	return base + strings.TrimPrefix(address, u.Scheme+"://"+u.Host)
}

// Do sends the request once, to the stand-in where there is one, and reads the
// answer whole. Errors are *CallError.
func (c *Client) Do(req *http.Request) (*Response, error) {
	if c.observe == nil {
		return c.do(req)
	}
	began := time.Now()
	resp, err := c.do(req)
	var broke *CallError
	switch {
	case resp != nil:
		c.observe(resp.Status, true, time.Since(began))
	case errors.As(err, &broke):
		c.observe(0, broke.Sent, time.Since(began))
	}
	return resp, err
}

func (c *Client) do(req *http.Request) (*Response, error) {
	host := req.URL.Host
	var sent atomic.Bool
	trace := &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { sent.Store(true) }}
	req, client, err := c.route(req.WithContext(httptrace.WithClientTrace(req.Context(), trace)))
	if err != nil {
		return nil, &CallError{Host: host, cause: err}
	}
	if c.userAgent != "" && req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", c.userAgent)
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, &CallError{Host: host, Sent: sent.Load(), cause: scrub(err)}
	}
	defer resp.Body.Close()
	body, err := readBounded(resp.Body)
	if err != nil {
		return nil, &CallError{Host: host, Sent: true, cause: scrub(err)}
	}
	return &Response{Status: resp.StatusCode, Header: resp.Header, Body: body}, nil
}

func readBounded(r io.Reader) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, maxAnswer+1))
	if err == nil && len(body) > maxAnswer {
		return nil, ErrTooLarge
	}
	return body, err
}

// route picks the stand-in and the transport.
func (c *Client) route(req *http.Request) (*http.Request, *http.Client, error) {
	origin := req.URL.Scheme + "://" + req.URL.Host
	if base, ok := c.origins[origin]; ok {
		u, err := url.Parse(base + strings.TrimPrefix(req.URL.String(), origin))
		if err != nil {
			return nil, nil, errors.New("stand-in address is not a URL")
		}
		req.URL, req.Host = u, u.Host
		return req, c.free, nil
	}
	if c.trusted[origin] {
		return req, c.free, nil
	}
	if c.loopback != nil && namesLoopback(req.URL.Hostname()) && req.URL.User == nil {
		return req, c.loopback, nil
	}
	if req.URL.Scheme != "https" || req.URL.User != nil || req.URL.Hostname() == "" { // Go dials this machine where a host is missing
		return nil, nil, errNotPlain
	}
	return req, c.guarded, nil
}

// errNotPlain refuses what has no address that could be guarded.
var errNotPlain = errors.New("only plain https addresses may be called")

// errUnreadable stands for what net/http says of an answer it cannot read: it quotes
// the answer, and a server may echo the request.
var errUnreadable = errors.New("answer is not readable HTTP")

// scrub keeps the causes that are known to quote neither address nor answer: net/http
// puts the URL into its errors, and both may hold secrets.
func scrub(err error) error {
	for _, plain := range []error{context.DeadlineExceeded, context.Canceled, ErrTooLarge, io.ErrUnexpectedEOF, io.EOF} {
		if errors.Is(err, plain) {
			return plain
		}
	}
	var op *net.OpError // dialling, the guard's refusal, a reset: addresses and names only
	if errors.As(err, &op) {
		return op
	}
	var cert *tls.CertificateVerificationError
	if errors.As(err, &cert) {
		return cert
	}
	return errUnreadable
}
