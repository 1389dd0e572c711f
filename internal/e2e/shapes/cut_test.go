package shapes_test

import (
	"bytes"
	"fmt"
	"net"
	"testing"
	"time"

	"patchbay/internal/httpx"
	"patchbay/internal/platform"
)

// cuts are an answer that ends too soon at a byte: the connection is closed there, or
// reset, or it is a whole answer with so much less in it.
var cuts = map[string]func(c net.Conn, plain []byte, n int){
	"closed": func(c net.Conn, plain []byte, n int) { write(c, plain[:n]) },
	"reset":  func(c net.Conn, plain []byte, n int) { write(c, plain[:n]); reset(c) },
	"short": func(c net.Conn, plain []byte, n int) {
		_, body, _ := bytes.Cut(plain, []byte("\r\n\r\n"))
		body = body[:max(0, n-(len(plain)-len(body)))]
		write(c, fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", len(body), body))
	},
}

// TestAnswerCutAtEveryByte: the platform has acted, and its answer ends anywhere. Nobody is
// disconnected by it, and it is known that the refresh token may be spent.
func TestAnswerCutAtEveryByte(t *testing.T) {
	t.Parallel()
	for _, w := range ways() {
		t.Run(w.id(), func(t *testing.T) {
			t.Parallel()
			a := w.answer(mustTable(t, w))
			length := len(shape{}.bytes(a))
			var shapes []shape
			for how, cut := range cuts {
				for n := range length {
					shapes = append(shapes, shape{
						name: fmt.Sprintf("%s-at-byte-%d-of-%d", how, n, length), acted: perhaps,
						wire: func(c net.Conn, e exchange) { cut(c, e.plain, n) },
					})
				}
			}
			f := newFront(t, a, shapes...)
			client := httpx.NewClient(httpx.ClientConfig{Timeout: 20 * time.Second})
			t.Cleanup(client.CloseIdle)
			for _, s := range shapes {
				ask(t, w, f, s, client).check(t, cell{class: platform.ClassTransient})
				if t.Failed() {
					t.Fatal(s.name)
				}
			}
			t.Logf("%d places", len(shapes))
		})
	}
}
