package schedule_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// message is one request as a receiver got it.
type message struct {
	header http.Header
	body   string
	at     time.Time // of the world's clock
	came   time.Time // of the real one, by which messages are signed
}

func (m message) id() string { return m.header.Get("webhook-id") }

// receiver keeps what it gets, and answers as it is told.
type receiver struct {
	url string

	mu     sync.Mutex
	got    []message
	answer http.HandlerFunc // nil: 200
}

// receiver is an application's.
func (w *world) receiver(t testing.TB) *receiver {
	t.Helper()
	r := &receiver{}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		r.mu.Lock()
		r.got = append(r.got, message{req.Header, string(body), w.now(), time.Now()})
		answer := r.answer
		r.mu.Unlock()
		if answer != nil {
			answer(rw, req)
		}
	}))
	t.Cleanup(server.Close)
	r.url = server.URL + "/hook"
	return r
}

func (r *receiver) answers(fn http.HandlerFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = fn
}

// status answers one, with headers as pairs.
func status(code int, headers ...string) http.HandlerFunc {
	return func(rw http.ResponseWriter, _ *http.Request) {
		for pair := range slices.Chunk(headers, 2) {
			rw.Header().Set(pair[0], pair[1])
		}
		rw.WriteHeader(code)
	}
}

func (r *receiver) messages() []message {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

func (r *receiver) count() int { return len(r.messages()) }

func (r *receiver) ids() (ids []string) {
	for _, m := range r.messages() {
		ids = append(ids, m.id())
	}
	return ids
}

// sameMessage holds what came to it: one message, as it was, with a time and a signature
// of each attempt's own.
func (r *receiver) sameMessage(t testing.TB, secret string) {
	t.Helper()
	verifier, err := standardwebhooks.NewWebhook(secret)
	must(t, err)
	first := r.messages()[0]
	for i, m := range r.messages() {
		if m.body != first.body || m.id() != first.id() {
			t.Errorf("attempt %d: got %s %s, want %s %s as at first", i+1, m.id(), m.body, first.id(), first.body)
		}
		seconds, _ := strconv.ParseInt(m.header.Get("webhook-timestamp"), 10, 64)
		if age := m.came.Sub(time.Unix(seconds, 0)); age < 0 || age > 15*time.Second {
			t.Errorf("attempt %d: got a timestamp %s old, want a fresh one", i+1, age)
		}
		if err := verifier.Verify([]byte(m.body), m.header); err != nil {
			t.Errorf("attempt %d: %v", i+1, err)
		}
	}
}
