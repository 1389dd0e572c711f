package client_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"patchbay/client"
)

var errLine = errors.New("the line is down")

// Time in these tests is the bubble's own: nobody waits.
func TestCreationIsSentAgainWithTheSameKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &server{answer: func(n int, _ *http.Request) (*http.Response, error) {
			switch n {
			case 1:
				return nil, errLine
			case 2:
				return reply(429, `{"code":"rate_limited"}`, "Retry-After", "11")
			case 3:
				return reply(503, "")
			}
			return reply(201, `{"id":1}`)
		}}
		if _, err := s.client(t).Owners.Create(t.Context(), client.NewOwner{Name: "Corner bakery"}); err != nil {
			t.Fatal(err)
		}
		if len(s.requests) != 4 {
			t.Fatalf("got %d requests, want 4", len(s.requests))
		}
		for _, r := range s.requests {
			if r.key == "" || r.key != s.requests[0].key || r.body != `{"name":"Corner bakery"}` {
				t.Errorf("got key %q and body %s, want those of the first", r.key, r.body)
			}
		}
		if got := s.requests[2].at.Sub(s.requests[1].at); got != 11*time.Second {
			t.Errorf("got a pause of %s, want the 11s of Retry-After", got)
		}
	})
}

func TestEveryCallHasItsOwnKey(t *testing.T) {
	t.Parallel()
	s := &server{answer: func(int, *http.Request) (*http.Response, error) { return reply(201, `{}`) }}
	c := s.client(t)
	for range 2 {
		_, _ = c.Sessions.Create(t.Context(), client.NewSession{})
	}
	_, _ = c.Sessions.Create(t.Context(), client.NewSession{}, client.WithIdempotencyKey("signup-17"))
	_, _ = c.Sessions.Cancel(t.Context(), 1)
	if r := s.requests; r[0].key == "" || r[0].key == r[1].key || r[2].key != "signup-17" || r[3].key != "" {
		t.Errorf("got keys %q, %q, %q, %q, want two of their own, the given one, and none", r[0].key, r[1].key, r[2].key, r[3].key)
	}
}

func TestSendingAgainIsBounded(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer  func(int, *http.Request) (*http.Response, error)
		options []client.Option
		want    int
	}{
		"no answer at all":      {func(int, *http.Request) (*http.Response, error) { return nil, errLine }, nil, 4},
		"always later":          {func(int, *http.Request) (*http.Response, error) { return reply(503, "") }, nil, 4},
		"switched off":          {func(int, *http.Request) (*http.Response, error) { return reply(503, "") }, []client.Option{client.WithRetries(0)}, 1},
		"told to wait for long": {func(int, *http.Request) (*http.Response, error) { return reply(429, "", "Retry-After", "3600") }, nil, 1},
		"a refusal":             {func(int, *http.Request) (*http.Response, error) { return reply(409, `{"code":"conflict"}`) }, nil, 1},
		"our own fault":         {func(int, *http.Request) (*http.Response, error) { return reply(500, `{"code":"internal"}`) }, nil, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &server{answer: test.answer}
				if _, err := s.client(t, test.options...).Keys.Get(t.Context(), 1); err == nil {
					t.Error("got no error, want one")
				}
				if got := len(s.requests); got != test.want {
					t.Errorf("got %d requests, want %d", got, test.want)
				}
			})
		})
	}
}

func TestCallersEndEndsTheRetries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		s := &server{answer: func(int, *http.Request) (*http.Response, error) { return nil, errLine }}
		if _, err := s.client(t).Keys.Get(ctx, 1); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the caller's deadline", err)
		}
		if len(s.requests) != 1 {
			t.Errorf("got %d requests, want 1", len(s.requests))
		}
	})
}

func TestWaitAsksUntilTheSessionHasEnded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &server{answer: func(n int, _ *http.Request) (*http.Response, error) {
			return reply(200, []string{
				`{"id":7,"status":"pending","ended_at":null}`,
				`{"id":7,"status":"failed","reason":"denied","ended_at":null}`,
				`{"id":7,"status":"succeeded","ended_at":"2026-03-01T09:31:12.480Z"}`,
			}[n-1])
		}}
		session, err := s.client(t).Sessions.Wait(t.Context(), 7)
		if err != nil || session.Status != client.SessionSucceeded || !session.Ended() {
			t.Fatalf("got %+v, %v, want a session that succeeded", session, err)
		}
		if got, want := s.requests[0].line, "GET /v1/sessions/7?wait=60"; len(s.requests) != 3 || got != want {
			t.Errorf("got %d requests, the first %q; want 3 and %q", len(s.requests), got, want)
		}
	})
}

func TestFollowGoesOnAtTheEndOfTheLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		s := &server{answer: func(n int, _ *http.Request) (*http.Response, error) {
			return reply(200, []string{`{"data":[{"number":4},{"number":5}],"next":5}`, `{"data":[],"next":5}`, `{"data":[{"number":6}],"next":6}`}[n-1])
		}}
		var last int64
		for event, err := range s.client(t).Events.Follow(ctx, 3) {
			if err != nil {
				if !errors.Is(err, context.Canceled) {
					t.Errorf("got %v, want the caller's end", err)
				}
				break
			}
			if last = event.Number; last == 6 {
				cancel()
			}
		}
		if got, want := s.requests[2].line, "GET /v1/events?after=5&limit=200&wait=60"; last != 6 || got != want {
			t.Errorf("got event %d and %q, want 6 and %q", last, got, want)
		}
	})
}
