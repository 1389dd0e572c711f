package client_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/client"
)

// server answers requests in the test's own process and remembers them.
type server struct {
	answer func(n int, r *http.Request) (*http.Response, error)

	mu       sync.Mutex
	requests []request
}

type request struct {
	line string
	key  string // Idempotency-Key
	body string
	at   time.Time
}

func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, request{r.Method + " " + r.URL.RequestURI(), r.Header.Get("Idempotency-Key"), string(body), time.Now()})
	return s.answer(len(s.requests), r)
}

func reply(status int, body string, header ...string) (*http.Response, error) {
	h := http.Header{}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{
		StatusCode: status, Status: fmt.Sprintf("%d %s", status, http.StatusText(status)), Header: h, Body: io.NopCloser(strings.NewReader(body)),
	}, nil
}

func (s *server) client(t *testing.T, options ...client.Option) *client.Client {
	t.Helper()
	c, err := client.New("https://connect.example", client.NewSecret("pb_secret"), append([]client.Option{client.WithHTTPClient(&http.Client{Transport: s})}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAddressMustBeAnOrigin(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "connect.example", "ftp://connect.example", "https://connect.example/v1", "https://u:p@connect.example", "https://connect.example?a=b"} {
		if _, err := client.New(address, client.NewSecret("pb_secret")); err == nil {
			t.Errorf("%q: got no error, want one", address)
		}
	}
	if _, err := client.New("https://connect.example/", client.Secret{}); err == nil {
		t.Error("got no error without a key, want one")
	}
}

func TestProblemIsTyped(t *testing.T) {
	t.Parallel()
	body := `{"type":"/problems/rate_limited","title":"Too many requests","status":429,"detail":"Wait.","code":"rate_limited","reason":"rate_limited",
		"errors":[{"field":"limit","reason":"range","message":"must be at most 200"}],"request_id":"k3v5"}`
	s := &server{answer: func(int, *http.Request) (*http.Response, error) { return reply(429, body, "Retry-After", "7") }}
	_, err := s.client(t, client.WithRetries(0)).Channels.Get(t.Context(), 1)
	want := &client.Problem{
		Type: "/problems/rate_limited", Title: "Too many requests", Status: 429, Detail: "Wait.", Code: client.RateLimited, Reason: "rate_limited",
		Fields: []client.ProblemField{{Field: "limit", Reason: "range", Message: "must be at most 200"}}, RequestID: "k3v5", RetryAfter: 7 * time.Second,
	}
	if diff := cmp.Diff(want, client.AsProblem(err)); diff != "" {
		t.Errorf("problem (-want +got):\n%s", diff)
	}
	if !errors.Is(err, client.RateLimited) || errors.Is(err, client.NotFound) {
		t.Errorf("errors.Is does not tell the code of %v", err)
	}
}

func TestAnswerOfSomebodyElseIsAProblemWithoutACode(t *testing.T) {
	t.Parallel()
	for _, status := range []int{302, 404, 500} {
		s := &server{answer: func(int, *http.Request) (*http.Response, error) {
			return reply(status, "<html>pb_secret", "Location", "https://elsewhere.example/", "X-Request-Id", "abc")
		}}
		_, err := s.client(t).Channels.Get(t.Context(), 1)
		if p := client.AsProblem(err); p == nil || p.Code != "" || p.Status != status || p.RequestID != "abc" || strings.Contains(err.Error(), "pb_secret") {
			t.Errorf("%d: got %v, want a problem without a code", status, err)
		}
		if len(s.requests) != 1 {
			t.Errorf("%d: got %d requests, want 1: the key is for one server", status, len(s.requests))
		}
	}
}

func TestEveryPageIsRead(t *testing.T) {
	t.Parallel()
	s := &server{answer: func(n int, _ *http.Request) (*http.Response, error) {
		if n < 3 {
			return reply(200, fmt.Sprintf(`{"data":[{"id":%d},{"id":%d}],"next_cursor":"c%d"}`, 2*n-1, 2*n, n))
		}
		return reply(200, `{"data":[{"id":5}],"next_cursor":null}`)
	}}
	var ids []int64
	for channel, err := range s.client(t).Channels.All(t.Context(), client.ChannelFilter{Owner: "user_42", ListOptions: client.ListOptions{Limit: 2}}) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, channel.ID)
	}
	if diff := cmp.Diff([]int64{1, 2, 3, 4, 5}, ids); diff != "" {
		t.Errorf("ids (-want +got):\n%s", diff)
	}
	if got, want := s.requests[2].line, "GET /v1/channels?cursor=c2&limit=2&owner=user_42"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	t.Parallel()
	s := &server{answer: func(int, *http.Request) (*http.Response, error) {
		return reply(201, `{"id":1,"connect_url":"https://connect.example/connect/s/hidden"}`)
	}}
	c := s.client(t)
	session, err := c.Sessions.Create(t.Context(), client.NewSession{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := session.ConnectURL.Reveal(), "https://connect.example/connect/s/hidden"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	app := client.NewApp{ClientSecret: client.NewSecret("hidden")}
	var out strings.Builder
	for _, value := range []any{session, &session, app, struct{ in client.Session }{session}, c.Sessions} {
		fmt.Fprintf(&out, "%v %+v %#v %s %x", value, value, value, value, value)
		_ = json.NewEncoder(&out).Encode(value)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("value", "value", value)
	}
	if text := out.String(); strings.Contains(text, "hidden") || strings.Contains(text, "pb_secret") {
		t.Errorf("a secret is printed: %s", text)
	}
}
