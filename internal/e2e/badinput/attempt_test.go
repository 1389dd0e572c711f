package badinput_test

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"testing"
	"time"
)

// attempt is one bad request.
type attempt struct {
	what    string
	method  string
	target  string // path and query, as they go over the wire
	header  http.Header
	body    []byte
	stream  bool // the body's length is not told
	want    int  // the exact status; 0: any refusal
	mild    bool // may be answered with success: nothing of it is wrong enough
	secrets []string
}

func (a attempt) with(header, value string) attempt {
	a.header = a.header.Clone()
	if a.header == nil {
		a.header = http.Header{}
	}
	a.header[http.CanonicalHeaderKey(header)] = []string{value}
	return a
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

// browserless sends attempts over kept connections and follows nothing.
func browserless(t testing.TB) *http.Client {
	transport := &http.Transport{MaxIdleConnsPerHost: 8, DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{
		Transport: transport, Timeout: 30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func (w *world) send(t testing.TB, a attempt) answer {
	t.Helper()
	var body io.Reader
	if a.body != nil {
		body = bytes.NewReader(a.body)
	}
	if a.stream {
		body = io.MultiReader(body)
	}
	req, err := http.NewRequestWithContext(t.Context(), a.method, w.URL, body)
	if err != nil {
		t.Fatalf("%s: %v", a.what, err)
	}
	origin, _ := url.Parse(w.URL)
	req.URL = &url.URL{Scheme: "http", Host: origin.Host, Opaque: a.target} // as it is, tricks included
	for name, values := range a.header {
		req.Header[name] = values
	}
	resp, err := w.client.Do(req)
	if err != nil {
		t.Errorf("%s: %s %s: no answer: %v", a.what, a.method, cut(a.target), err)
		return answer{}
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Errorf("%s: %s %s: %v", a.what, a.method, cut(a.target), err)
	}
	return answer{status: resp.StatusCode, header: resp.Header, body: string(text)}
}

func cut(s string) string {
	if len(s) > 120 {
		return s[:120] + "…"
	}
	return s
}

func urlOf(path string) *url.URL { return &url.URL{Path: path} }
