package crash_test

import (
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"

	"patchbay/internal/testkit"
)

// Two replicas meet a server at the same time, and each registers our app there. One of
// the registrations counts: with it both people connect.
func TestTwoReplicasRegisterAtOnce(t *testing.T) {
	t.Parallel()
	w := prepare(t, "postgres", slowly(patience)...)
	front := newFront(t, w)
	w.start(t)
	second := front.replica(t)

	slow, fast := w.newVisit(t, mastodon, natively, "user-1"), w.newVisit(t, mastodon, natively, "user-2")
	form := slow.serverForm(t)
	answered := atCall("POST /api/v1/apps", holding)
	w.gate.set(answered)
	done := slow.send(t, form.Method, form.Action, form.With(slow.chosen(form)))
	w.await(t, answered, done)
	front.to.Store(second)
	fast.depart(t)
	close(answered.letGo)
	a := <-done
	if a.err != nil || a.location == "" {
		t.Fatalf("the slow one: got %+v, want to be led to the server", a)
	}
	slow.consent = slow.p.Open(a.location)
	if client := fast.consent.URL.Query().Get("client_id"); client != slow.consent.URL.Query().Get("client_id") {
		t.Errorf("the fast one consents to %s, the slow one to another app", client)
	}
	for _, v := range w.visits {
		v.decide(t, "approve")
		v.arrive(t)
		if s := v.rest(t); len(s.Attempts) != 1 {
			t.Errorf("session %d has %d attempts, want one", s.ID, len(s.Attempts))
		}
	}
	if n := w.registrations(); n != 2 {
		t.Errorf("the server gave %d registrations, want 2", n)
	}
	for _, wrong := range violations(w.truth(t)) {
		t.Error(wrong)
	}
}

// front is the public URL of several replicas: it passes requests to one of them.
type front struct {
	w  *world
	to atomic.Pointer[url.URL]
}

// newFront stands before a program that has not started.
func newFront(t testing.TB, w *world) *front {
	t.Helper()
	f := &front{w: w}
	f.to.Store(&url.URL{Scheme: "http", Host: w.args[slices.Index(w.args, "--addr")+1]})
	server := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(f.to.Load())
		r.Out.Host = r.In.Host
	}})
	t.Cleanup(server.Close)
	w.args = append(w.args, "--public-url", server.URL)
	return f
}

// replica is another process over the same data.
func (f *front) replica(t testing.TB) *url.URL {
	t.Helper()
	args, addr := slices.Clone(f.w.args), "127.0.0.1:"+strconv.Itoa(steadyPort(t))
	args[slices.Index(args, "--addr")+1] = addr
	testkit.Start(t, f.w.binary, f.w.env, args...)
	return &url.URL{Scheme: "http", Host: addr}
}
