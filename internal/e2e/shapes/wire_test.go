package shapes_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"
)

// wires are answers that travel badly.
func wires() []shape {
	return []shape{
		{name: "refused", alone: true},                       // nobody listens
		{name: "reset-before", acted: whoKnows, alone: true}, // reset when it connects
		{name: "reset-after", acted: perhaps, wire: func(c net.Conn, _ exchange) { reset(c) }},
		{name: "closed-after", acted: perhaps, wire: func(net.Conn, exchange) {}},
		{name: "closed-in-headers", acted: perhaps, wire: func(c net.Conn, e exchange) { write(c, e.plain[:40]) }},
		{name: "closed-in-body", acted: perhaps, wire: func(c net.Conn, e exchange) { write(c, e.plain[:len(e.plain)-10]) }},
		{name: "reset-in-body", acted: perhaps, wire: func(c net.Conn, e exchange) { write(c, e.plain[:len(e.plain)-10]); reset(c) }},
		{name: "chunked", wire: func(c net.Conn, e exchange) { write(c, chunks(e.answer.text(nil))+"0\r\n\r\n") }},
		{name: "chunks-cut", acted: perhaps, wire: func(c net.Conn, e exchange) { write(c, chunks(e.answer.text(nil))) }},
		{name: "chunks-garbage", acted: perhaps, wire: func(c net.Conn, e exchange) {
			write(c, chunks(e.answer.text(nil)[:20])+"canary\r\n"+e.answer.text(nil))
		}},
		{name: "until-closed", wire: func(c net.Conn, e exchange) { write(c, "HTTP/1.0 200 OK\r\n\r\n"+e.answer.text(nil)) }},
		{name: "early-hints", wire: func(c net.Conn, e exchange) {
			write(c, "HTTP/1.1 103 canary\r\nLink: </canary>\r\n\r\n"+string(e.plain))
		}},
		{name: "dripping", wire: func(c net.Conn, e exchange) { drip(c, e, 97, time.Millisecond) }},
		{name: "gzip", wire: func(c net.Conn, e exchange) { write(c, encoded(zipped(e.answer.text(nil)))) }},
		{name: "gzip-lie", acted: perhaps, wire: func(c net.Conn, e exchange) { write(c, encoded(e.answer.text(nil))) }},
		{name: "gzip-cut", acted: perhaps, wire: func(c net.Conn, e exchange) { z := zipped(e.answer.text(nil)); write(c, encoded(z[:len(z)-12])) }},
		{name: "gzip-bomb", acted: perhaps, wire: func(c net.Conn, _ exchange) { write(c, encoded(bomb())) }},
		{name: "encoding-unknown", acted: perhaps, wire: func(c net.Conn, _ exchange) {
			write(c, "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nConnection: close\r\n\r\n\x0b\x02\x80canary")
		}},
		{name: "silence", acted: perhaps, wire: func(c net.Conn, e exchange) { wait(c, e) }},
		{name: "never-ending-drip", acted: perhaps, wire: func(c net.Conn, e exchange) {
			drip(c, exchange{plain: e.plain[:60], done: e.done}, 1, 20*time.Millisecond)
			wait(c, e)
		}},
		{name: "body-stalls", acted: perhaps, wire: func(c net.Conn, e exchange) { write(c, e.plain[:len(e.plain)-10]); wait(c, e) }},
		{name: "headers-100k", acted: perhaps, wire: func(c net.Conn, _ exchange) {
			write(c, "HTTP/1.1 200 OK\r\nX-Canary: "+strings.Repeat("canary ", 100<<10/7)+"\r\n\r\n{}")
		}},
		{name: "body-2m", acted: perhaps, body: func(a answer) string { return a.with("canary", strings.Repeat("canary ", 2<<20/7)) }},
		{name: "longer-than-told", wire: func(c net.Conn, e exchange) { write(c, string(e.plain)+"canary canary") }},
		{name: "two-lengths", acted: perhaps, wire: func(c net.Conn, e exchange) {
			write(c, strings.Replace(string(e.plain), "Content-Length:", "Content-Length: 2\r\nContent-Length:", 1))
		}},
		{name: "not-http", acted: perhaps, wire: func(c net.Conn, _ exchange) { write(c, "SSH-2.0-canary\r\n") }},
		{name: "status-word", acted: perhaps, wire: func(c net.Conn, _ exchange) { write(c, "HTTP/1.1 canary OK\r\n\r\n") }},
	}
}

func write[T ~string | ~[]byte](c net.Conn, what T) { _, _ = c.Write([]byte(what)) }

// reset closes the connection by RST, whatever was sent or not read.
func reset(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = c.Close()
}

// drip sends n bytes at a time.
func drip(c net.Conn, e exchange, n int, pause time.Duration) {
	for rest := e.plain; len(rest) > 0; rest = rest[min(n, len(rest)):] {
		if _, err := c.Write(rest[:min(n, len(rest))]); err != nil {
			return
		}
		select {
		case <-e.done:
			return
		case <-time.After(pause):
		}
	}
}

// wait keeps the connection until the other side has had enough.
func wait(c net.Conn, e exchange) {
	gone := make(chan struct{})
	go func() { defer close(gone); _, _ = io.Copy(io.Discard, c) }()
	select {
	case <-gone:
	case <-e.done:
		_ = c.Close()
		<-gone
	}
}

func chunks(body string) string {
	var out strings.Builder
	out.WriteString("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n")
	for len(body) > 0 {
		n := min(7, len(body))
		fmt.Fprintf(&out, "%x;canary=1\r\n%s\r\n", n, body[:n])
		body = body[n:]
	}
	return out.String()
}

func encoded(body string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

func zipped(body string) string {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, _ = z.Write([]byte(body)) // into memory
	_ = z.Close()
	return out.String()
}

// bomb is 16 MiB in 16 KiB.
var bomb = sync.OnceValue(func() string { return zipped(strings.Repeat(" ", 16<<20)) })
