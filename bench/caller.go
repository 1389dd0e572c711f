package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"time"
)

// caller is one kept connection that asks and reads, with as little work as HTTP/1.1
// allows: the callers share the cores with what they measure.
type caller struct {
	conn net.Conn
	in   *bufio.Reader
	next int // index of the request to send
}

func dial(ctx context.Context, addr string, n int) ([]*caller, error) {
	dialer := net.Dialer{Timeout: 10 * time.Second}
	var callers []*caller
	for i := range n {
		conn, err := dialer.DialContext(ctx, "tcp", addr)
		if err != nil {
			hangUp(callers)
			return nil, err
		}
		callers = append(callers, &caller{conn: conn, in: bufio.NewReaderSize(conn, 32<<10), next: i})
	}
	return callers, nil
}

func hangUp(callers []*caller) {
	for _, c := range callers {
		_ = c.conn.Close()
	}
}

// drive lets all callers ask until the time is over and returns how many answers
// came. An answer that is no success ends the run: it would be measured for another.
func drive(callers []*caller, requests [][]byte, d time.Duration) (answers int, took time.Duration, err error) {
	began := time.Now()
	counts, errs := make([]int, len(callers)), make([]error, len(callers))
	var wg sync.WaitGroup
	for i, c := range callers {
		wg.Go(func() { counts[i], errs[i] = c.loop(requests, began.Add(d)) })
	}
	wg.Wait()
	took = time.Since(began)
	for i, n := range counts {
		answers, err = answers+n, cmp.Or(err, errs[i])
	}
	return answers, took, err
}

func (c *caller) loop(requests [][]byte, until time.Time) (n int, err error) {
	if err := c.conn.SetDeadline(until.Add(time.Minute)); err != nil {
		return 0, err
	}
	for ; time.Now().Before(until); n++ {
		if err := c.ask(requests[c.next%len(requests)]); err != nil {
			return n, err
		}
		c.next++
	}
	return n, nil
}

func (c *caller) ask(request []byte) error {
	length, err := c.begin(request)
	if err != nil {
		return err
	}
	if length < 0 {
		return c.chunks()
	}
	_, err = c.in.Discard(length)
	return err
}

// begin sends a request and reads the answer up to its body: see header.
func (c *caller) begin(request []byte) (length int, err error) {
	if _, err := c.conn.Write(request); err != nil {
		return 0, err
	}
	line, err := c.line()
	if err != nil {
		return 0, err
	}
	if len(line) < 12 || line[9] != '2' { // HTTP/1.1 200 OK
		return 0, fmt.Errorf("%s: got %q, want a success", bytes.SplitN(request, []byte("\r\n"), 2)[0], line)
	}
	return c.header()
}

var (
	contentLength = []byte("Content-Length: ") // as net/http writes it
	chunked       = []byte("Transfer-Encoding: chunked")
)

// header reads up to the body, and returns its length; -1: it comes in chunks.
func (c *caller) header() (length int, err error) {
	for {
		line, err := c.line()
		switch {
		case err != nil:
			return 0, err
		case len(line) == 0:
			return length, nil
		case bytes.HasPrefix(line, contentLength):
			if length, err = strconv.Atoi(string(line[len(contentLength):])); err != nil {
				return 0, err
			}
		case bytes.Equal(line, chunked):
			length = -1
		}
	}
}

func (c *caller) chunks() error {
	for {
		line, err := c.line()
		if err != nil {
			return err
		}
		size, err := strconv.ParseInt(string(line), 16, 32)
		if err != nil {
			return err
		}
		if _, err := c.in.Discard(int(size) + 2); err != nil { // and its line end
			return err
		}
		if size == 0 {
			return nil
		}
	}
}

func (c *caller) line() ([]byte, error) {
	line, err := c.in.ReadSlice('\n')
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return bytes.TrimRight(line, "\r\n"), err
}
