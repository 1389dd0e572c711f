package httpx

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"syscall"

	"code.dny.dev/ssrf"
)

// Send sends the request once, as Do does, to a receiver that is nobody's friend: of its
// answer at most limit bytes are read, and what breaks after the status has come is no
// error. Whatever is left of the answer is cut off with the connection.
func (c *Client) Send(req *http.Request, limit int64) (*Response, error) {
	host := req.URL.Host
	var sent atomic.Bool
	trace := &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { sent.Store(true) }}
	req, client, err := c.route(req.WithContext(httptrace.WithClientTrace(req.Context(), trace)))
	if err != nil {
		return nil, &CallError{Host: host, cause: err}
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, &CallError{Host: host, Sent: sent.Load(), cause: scrub(err)}
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(resp.Body, limit)) // the status has said what counts
	return &Response{Status: resp.StatusCode, Header: resp.Header, Body: body}, nil
}

// Explain is what came between a call and its answer, as a sentence for whoever named the
// address: it tells nothing of what the name leads to.
func Explain(err error) string {
	var cert *tls.CertificateVerificationError
	var name *net.DNSError
	switch {
	case errors.Is(err, ssrf.ErrProhibitedIP), errors.Is(err, ssrf.ErrProhibitedPort), errors.Is(err, ssrf.ErrProhibitedNetwork),
		errors.Is(err, ssrf.ErrInvalidHostPort), errors.Is(err, errNotLoopback), errors.Is(err, errNotPlain):
		return "Its address may not be called: it is not public, or not at the port 80 or 443."
	case errors.As(err, &name):
		return "Its host name could not be resolved."
	case errors.Is(err, context.DeadlineExceeded):
		return "It did not answer in time."
	case errors.As(err, &cert):
		return "Its TLS certificate could not be verified."
	case errors.Is(err, syscall.ECONNREFUSED):
		return "It refused the connection."
	case errors.Is(err, errUnreadable):
		return "What it answered is not HTTP, or not over TLS."
	default:
		return "The connection broke before it answered."
	}
}
