package crash_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// answer is what a request that may be cut off came to.
type answer struct {
	status   int
	location string
	body     string
	err      error
}

// send is one request of the person's browser that the program may not survive.
func (v *visit) send(t testing.TB, method, address string, form url.Values) <-chan answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	for _, cookie := range v.p.Cookies(address) {
		req.AddCookie(cookie)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", v.w.url)
	}
	return roundTrip(req)
}

// post is one request of the application that the program may not survive.
func (w *world) post(t testing.TB, method, path, onceKey string, in any) <-chan answer {
	t.Helper()
	req := w.request(t, method, path, in)
	if onceKey != "" {
		req.Header.Set("Idempotency-Key", onceKey)
	}
	return roundTrip(req)
}

func roundTrip(req *http.Request) <-chan answer {
	done := make(chan answer, 1)
	go func() {
		resp, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			done <- answer{err: err}
			return
		}
		body, err := io.ReadAll(resp.Body)
		done <- answer{resp.StatusCode, resp.Header.Get("Location"), string(body), errors.Join(err, resp.Body.Close())}
	}()
	return done
}

// request is one to an API, with the key. GetBody is left out: the transport would send
// a request with an Idempotency-Key again by itself.
func (w *world) request(t testing.TB, method, path string, in any) *http.Request {
	t.Helper()
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, w.url+path, body)
	if err != nil {
		t.Fatal(err)
	}
	req.GetBody = nil
	req.Header.Set("Authorization", "Bearer "+w.program.APIKey)
	req.Header.Set("Content-Type", "application/json")
	return req
}

// get reads an answer of the native API, which must be 200.
func (w *world) get(t testing.TB, path string, out any) {
	t.Helper()
	if status := w.call(t, http.MethodGet, path, nil, out); status != http.StatusOK {
		t.Fatalf("GET %s: got %d, want 200", path, status)
	}
}

// call calls an API with the key; the answer is read into out whatever its status.
func (w *world) call(t testing.TB, method, path string, in, out any) (status int) {
	t.Helper()
	a := <-roundTrip(w.request(t, method, path, in))
	if a.err != nil {
		t.Fatalf("%s %s: %v", method, path, a.err)
	}
	if err := json.Unmarshal([]byte(a.body), out); err != nil {
		t.Fatalf("%s %s: %v: %s", method, path, err, a.body)
	}
	return a.status
}

// once is a request with an Idempotency-Key: it is sent until it has an answer, and
// then again.
type once struct {
	w         *world
	path, key string
	body      any
	answers   []string
}

func (w *world) newOnce(t testing.TB, path string, body any) *once {
	t.Helper()
	o := &once{w: w, path: path, key: rand.Text(), body: body}
	w.onces = append(w.onces, o)
	return o
}

// try sends it to a program that may die.
func (o *once) try(t testing.TB) <-chan answer {
	t.Helper()
	done := make(chan answer, 1)
	got := o.w.post(t, http.MethodPost, o.path, o.key, o.body)
	go func() {
		a := <-got
		if a.err == nil {
			o.answers = append(o.answers, a.body) // read after done
		}
		done <- a
	}()
	return done
}

// insist sends it to one that lives; the answer must be 201.
func (o *once) insist(t testing.TB) string {
	t.Helper()
	a := <-o.try(t)
	if a.err != nil || a.status != http.StatusCreated {
		t.Fatalf("POST %s: got %+v, want 201", o.path, a)
	}
	return a.body
}
