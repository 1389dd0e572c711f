package httpx_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"patchbay/internal/httpx"
)

// endless answers every connection with a beginning and then the same again and again,
// waiting pause in between. It counts what it could send.
func endless(t *testing.T, beginning, again string, pause time.Duration) (origin string, sent *atomic.Int64) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	sent = &atomic.Int64{}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go pour(t.Context(), conn, beginning, again, pause, sent)
		}
	}()
	return "http://" + l.Addr().String(), sent
}

func pour(ctx context.Context, conn net.Conn, beginning, again string, pause time.Duration, sent *atomic.Int64) {
	defer conn.Close()
	_, _ = conn.Read(make([]byte, 4096))
	for text := beginning; ; text = again {
		n, err := io.WriteString(conn, text)
		sent.Add(int64(n))
		if err != nil {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// A server that never ends its answer is left at the bound, not at its gigabyte.
func TestEndlessAnswersAreCutOff(t *testing.T) {
	t.Parallel()
	block := strings.Repeat("x", 32<<10)
	for _, c := range []struct {
		name, beginning, again string
		tooLarge               bool
	}{
		{"a body of 1 GB", "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n", block, true},
		{"a body without an end", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", block, true},
		{"chunks without an end", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "8000\r\n" + block + "\r\n", true},
		{"a compressed body without an end", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n", zeroes(t, 32<<20), true},
		{"chunk extensions", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", block, false},
		{"headers without an end", "HTTP/1.1 200 OK\r\n", "X-Again: " + strings.Repeat("h", 1000) + "\r\n", false},
		{"a header without an end", "HTTP/1.1 200 OK\r\nX-Long: ", block, false},
		{"a status line without an end", "HTTP/1.1 200 ", block, false},
		{"early hints without an end", "", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", false},
		{"trailers without an end", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Again\r\n\r\n1\r\nx\r\n0\r\n", "X-Again: y\r\n", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			origin, sent := endless(t, c.beginning, c.again, 0)
			_, err := get(t, newClient(t, httpx.ClientConfig{Trusted: []string{origin}, Timeout: 20 * time.Second}), origin+secretPart)
			if !callError(t, err).Sent || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, httpx.ErrTooLarge) != c.tooLarge {
				t.Errorf("got %v, want it cut off at the bound (too large: %t)", err, c.tooLarge)
			}
			if n := sent.Load(); n > 64<<20 {
				t.Errorf("the server could send %d bytes", n)
			}
		})
	}
}

func zeroes(t *testing.T, n int) string {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(make([]byte, n)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// A server that drips keeps the connection busy at every moment and still gets no more
// than the call's time.
func TestDrippingAnswersEndInTime(t *testing.T) {
	t.Parallel()
	const limit = 300 * time.Millisecond
	for name, beginning := range map[string]string{
		"the status line": "HTTP/1.1 200 ", "a header": "HTTP/1.1 200 OK\r\nX-Slow: ", "the body": "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n",
		"a chunk": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n", "a compressed body": "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\xff",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			origin, _ := endless(t, beginning, "a", 5*time.Millisecond)
			began := time.Now()
			_, err := get(t, newClient(t, httpx.ClientConfig{Trusted: []string{origin}, Timeout: limit}), origin+secretPart)
			if !callError(t, err).Sent || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v, want the deadline after it was sent", err)
			}
			if took := time.Since(began); took < limit || took > 20*limit {
				t.Errorf("took %s, want about %s", took, limit)
			}
		})
	}
}

// A server that never finishes its TLS handshake has nothing of the request.
func TestHandshakesEndInTime(t *testing.T) {
	t.Parallel()
	origin, _ := endless(t, "\x16\x03\x03\x40\x00", "a", 5*time.Millisecond)
	origin = "https" + strings.TrimPrefix(origin, "http")
	_, err := get(t, newClient(t, httpx.ClientConfig{Trusted: []string{origin}, Timeout: 300 * time.Millisecond}), origin+secretPart)
	if callError(t, err).Sent || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the deadline before it was sent", err)
	}
}
