package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// receivers are an application's: each listens at a port of its own and answers 204 to
// whatever comes. They count, and run inside this process.
type receivers struct {
	URLs []string

	server *http.Server
	count  atomic.Int64
	sample atomic.Pointer[[]byte] // the first body that came
}

func startReceivers(ctx context.Context, n int) (*receivers, error) {
	r := &receivers{}
	r.server = &http.Server{Handler: r, ReadHeaderTimeout: 10 * time.Second}
	for range n {
		listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			r.stop()
			return nil, err
		}
		r.URLs = append(r.URLs, "http://"+listener.Addr().String()+"/hooks/channels")
		go func() { _ = r.server.Serve(listener) }()
	}
	return r, nil
}

// ServeHTTP reads the message and answers at once.
func (r *receivers) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if r.sample.Load() == nil {
		body, _ := io.ReadAll(req.Body)
		r.sample.CompareAndSwap(nil, &body)
	} else {
		_, _ = io.Copy(io.Discard, req.Body)
	}
	r.count.Add(1)
	w.WriteHeader(http.StatusNoContent)
}

func (r *receivers) stop() { _ = r.server.Close() }
