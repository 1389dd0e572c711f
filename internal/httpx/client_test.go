package httpx_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/httpx"
)

// secretPart is in the path and query of every call here, and must be in no error.
const secretPart = "/canary-path?code=canary-code"

func newClient(t *testing.T, cfg httpx.ClientConfig) *httpx.Client {
	t.Helper()
	if cfg.Timeout == 0 {
		cfg.Timeout = 10 * time.Second
	}
	c := httpx.NewClient(cfg)
	t.Cleanup(c.CloseIdle)
	return c
}

func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv
}

func get(t *testing.T, c *httpx.Client, address string) (*httpx.Response, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c.Do(req)
}

// callError is err as what Do promises, quoting nothing of the address.
func callError(t *testing.T, err error) *httpx.CallError {
	t.Helper()
	var call *httpx.CallError
	if !errors.As(err, &call) {
		t.Fatalf("got %v, want a CallError", err)
	}
	for e := err; e != nil; e = errors.Unwrap(e) {
		if strings.Contains(e.Error(), "canary") {
			t.Errorf("error holds path or query: %v", e)
		}
		var ue *url.Error
		if errors.As(e, &ue) {
			t.Errorf("error holds a url.Error: %v", e)
		}
	}
	return call
}

func TestGuardRefusesAddressesThatAreNotPublic(t *testing.T) {
	t.Parallel()
	c := newClient(t, httpx.ClientConfig{})
	for _, host := range []string{
		"127.0.0.1", "127.0.0.1:443", "127.9.9.9", "localhost", "0.0.0.0", "0.1.2.3", "255.255.255.255",
		"10.0.0.1", "172.16.0.1", "172.31.255.254", "192.168.1.1", "100.64.0.1", "100.127.255.254", "198.18.0.1",
		"169.254.169.254", "192.0.0.1", "192.0.2.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1",
		"[::1]", "[::]", "[fe80::1]", "[fc00::1]", "[fd12:3456::1]", "[fec0::1]", "[ff02::1]",
		"[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]", "[::ffff:169.254.169.254]", "[::127.0.0.1]",
		"[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[2001::1]", "[2001:db8::1]", "[100::1]", "[fd00:ec2::254]",
	} {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			_, err := get(t, c, "https://"+host+secretPart)
			if call := callError(t, err); call.Sent || call.Host != host {
				t.Errorf("got host %q, sent %t; want %q, not sent", call.Host, call.Sent, host)
			}
			if !strings.Contains(err.Error(), "prohibited") {
				t.Errorf("refused by something else than the guard: %v", err)
			}
		})
	}
}

// Numbers that old C libraries read as addresses: Go does not, and a resolver that
// does gives the guard the address to refuse.
func TestGuardRefusesOddAddresses(t *testing.T) {
	t.Parallel()
	c := newClient(t, httpx.ClientConfig{Timeout: 2 * time.Second})
	for _, host := range []string{"2130706433", "0x7f000001", "0177.0.0.1", "127.1", "127.0.0.1.", "①②⑦.0.0.1", "localhost."} {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			_, err := get(t, c, "https://"+host+secretPart)
			if callError(t, err).Sent {
				t.Error("something was sent")
			}
		})
	}
}

func TestGuardRefusesOtherPorts(t *testing.T) {
	t.Parallel()
	c := newClient(t, httpx.ClientConfig{})
	for _, host := range []string{"1.1.1.1:22", "1.1.1.1:8443", "1.1.1.1:6379"} {
		_, err := get(t, c, "https://"+host+secretPart)
		if _ = callError(t, err); !strings.Contains(err.Error(), "prohibited") {
			t.Errorf("%s: got %v, want it prohibited", host, err)
		}
	}
}

func TestOnlyPlainHTTPS(t *testing.T) {
	t.Parallel()
	srv := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("was called") })
	c := newClient(t, httpx.ClientConfig{})
	for _, address := range []string{
		srv.URL + secretPart, "http://a.example" + secretPart, "https://user:canary@a.example/", "https://user@a.example/",
		"ftp://a.example" + secretPart, "file:///etc/canary", "gopher://a.example" + secretPart,
		"https://:443" + secretPart,
	} {
		_, err := get(t, c, address)
		if call := callError(t, err); call.Sent || !strings.Contains(err.Error(), "only plain https") {
			t.Errorf("got %v, want it refused before it is sent", err)
		}
	}
}

func TestTrustedOriginIsFree(t *testing.T) {
	t.Parallel()
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.UserAgent()) })
	c := newClient(t, httpx.ClientConfig{Trusted: []string{srv.URL + "/"}, UserAgent: "patchbay/test"})
	got, err := get(t, c, srv.URL+secretPart)
	if err != nil || string(got.Body) != "patchbay/test" {
		t.Errorf("got %v, %v", got, err)
	}
	other := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("another origin was called") })
	_, err = get(t, c, other.URL+secretPart)
	_ = callError(t, err)
}

func TestRebasedOrigin(t *testing.T) {
	t.Parallel()
	type seen struct{ Host, URI, Method, Body, Auth string }
	var got seen
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = seen{r.Host, r.RequestURI, r.Method, string(body), r.Header.Get("Authorization")}
		w.Header().Set("X-Told", "yes")
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, "answer")
	})
	base := srv.URL + "/lab/x/api.x.com"
	c := newClient(t, httpx.ClientConfig{Origins: map[string]string{"https://api.x.com": base}})
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://api.x.com/2/a%2Fb?q=1%202&r=a+b", strings.NewReader("form"))
	req.Header.Set("Authorization", "Bearer t")
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	want := seen{strings.TrimPrefix(srv.URL, "http://"), "/lab/x/api.x.com/2/a%2Fb?q=1%202&r=a+b", "POST", "form", "Bearer t"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("what was called (-want +got):\n%s", d)
	}
	if resp.Status != http.StatusTeapot || resp.Header.Get("X-Told") != "yes" || string(resp.Body) != "answer" {
		t.Errorf("answer: got %+v", resp)
	}
}

func TestRebase(t *testing.T) {
	t.Parallel()
	c := httpx.NewClient(httpx.ClientConfig{Origins: map[string]string{"https://x.com": "http://127.0.0.1:1/lab/x/x.com"}})
	for address, want := range map[string]string{
		"https://x.com/i/oauth2/authorize?state=a%20b": "http://127.0.0.1:1/lab/x/x.com/i/oauth2/authorize?state=a%20b",
		"https://x.com.evil.example/":                  "https://x.com.evil.example/",
		"https://x.com@evil.example/":                  "https://x.com@evil.example/",
		"http://x.com/":                                "http://x.com/",
		"https://x.com:8443/":                          "https://x.com:8443/",
		"https://api.x.com/":                           "https://api.x.com/",
		"::":                                           "::",
	} {
		if got := c.Rebase(address); got != want {
			t.Errorf("%s: got %s, want %s", address, got, want)
		}
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int32
			srv := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				calls.Add(1)
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(status)
			})
			got, err := get(t, newClient(t, httpx.ClientConfig{Trusted: []string{srv.URL}}), srv.URL+secretPart)
			if err != nil || got.Status != status || got.Header.Get("Location") != "/elsewhere" || calls.Load() != 1 {
				t.Errorf("got %+v, %v after %d calls; want the %d itself", got, err, calls.Load(), status)
			}
		})
	}
}

func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	const limit = 1 << 20
	bomb := func(n int) []byte {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write(make([]byte, n))
		_ = z.Close()
		return b.Bytes()
	}
	for _, c := range []struct {
		name    string
		body    []byte
		gzipped bool
		size    int // of the answer; 0: too large
	}{
		{"just fits", make([]byte, limit), false, limit},
		{"one byte more", make([]byte, limit+1), false, 0},
		{"compressed, fits", bomb(limit), true, limit},
		{"compressed, does not", bomb(64 * limit), true, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			srv := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if c.gzipped {
					w.Header().Set("Content-Encoding", "gzip")
				}
				_, _ = w.Write(c.body)
			})
			got, err := get(t, newClient(t, httpx.ClientConfig{Trusted: []string{srv.URL}}), srv.URL+secretPart)
			if c.size > 0 {
				if err != nil || len(got.Body) != c.size {
					t.Errorf("got %v, want %d bytes", err, c.size)
				}
				return
			}
			if !errors.Is(err, httpx.ErrTooLarge) || !callError(t, err).Sent {
				t.Errorf("got %v, want ErrTooLarge after it was sent", err)
			}
		})
	}
}

func TestHeadersAreBounded(t *testing.T) {
	t.Parallel()
	srv := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Long", strings.Repeat("x", 128<<10)) })
	_, err := get(t, newClient(t, httpx.ClientConfig{Trusted: []string{srv.URL}}), srv.URL+secretPart)
	if !callError(t, err).Sent {
		t.Error("want it sent")
	}
}

func TestSentTellsAmbiguousFromNotSent(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + closed.Addr().String()
	_ = closed.Close()
	hangsUp := serve(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	breaksOff := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "half")
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	for _, c := range []struct {
		name, origin string
		sent         bool
	}{
		{"nobody listens", nobody, false},
		{"hangs up", hangsUp.URL, true},
		{"breaks off in the body", breaksOff.URL, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			client := newClient(t, httpx.ClientConfig{Trusted: []string{c.origin}})
			req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, c.origin+secretPart, strings.NewReader("canary"))
			_, err := client.Do(req)
			if got := callError(t, err).Sent; got != c.sent {
				t.Errorf("sent: got %t (%v), want %t", got, err, c.sent)
			}
		})
	}
}

func TestTimeoutIsOfTheWholeCall(t *testing.T) {
	t.Parallel()
	done := make(chan struct{})
	t.Cleanup(func() { close(done) })
	for name, h := range map[string]http.HandlerFunc{
		"no answer": func(_ http.ResponseWriter, r *http.Request) { wait(r, done) },
		"half an answer": func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "half")
			_ = http.NewResponseController(w).Flush()
			wait(r, done)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := httptest.NewServer(h)
			t.Cleanup(srv.CloseClientConnections)
			_, err := get(t, newClient(t, httpx.ClientConfig{Trusted: []string{srv.URL}, Timeout: 200 * time.Millisecond}), srv.URL+secretPart)
			if call := callError(t, err); !call.Sent || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v, want a deadline after it was sent", err)
			}
		})
	}
}

func wait(r *http.Request, done <-chan struct{}) {
	select {
	case <-r.Context().Done():
	case <-done:
	}
}

func TestEndedContextIsNotSent(t *testing.T) {
	t.Parallel()
	srv := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("was called") })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, srv.URL+secretPart, nil)
	_, err := newClient(t, httpx.ClientConfig{Trusted: []string{srv.URL}}).Do(req)
	if call := callError(t, err); call.Sent || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want it canceled before it was sent", err)
	}
}

// raw answers every connection with bytes that need not be HTTP, after it has read the
// request; %s stands for the request line's target, as a server that echoes would write it.
func raw(t *testing.T, answer string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			buf := make([]byte, 4096)
			n, _ := conn.Read(buf)
			target := strings.Fields(string(buf[:n]) + " - -")[1]
			_, _ = io.WriteString(conn, strings.ReplaceAll(answer, "%s", target))
			_ = conn.Close()
		}
	}()
	return "http://" + l.Addr().String()
}

func TestErrorsDoNotRepeatWhatAServerEchoes(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"no HTTP":        "echo %s\r\n\r\n",
		"version":        "HTTP/%s 200 OK\r\n\r\n",
		"status":         "HTTP/1.1 %s OK\r\n\r\n",
		"header":         "HTTP/1.1 200 OK\r\nno colon %s\r\n\r\n",
		"content length": "HTTP/1.1 200 OK\r\nContent-Length: %s\r\n\r\n",
		"encoding":       "HTTP/1.1 200 OK\r\nTransfer-Encoding: %s\r\n\r\n",
		"location":       "HTTP/1.1 302 Found\r\nLocation: ://%s\r\nContent-Length: 0\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			origin := raw(t, answer)
			_, err := get(t, newClient(t, httpx.ClientConfig{Trusted: []string{origin}}), origin+secretPart)
			if !callError(t, err).Sent {
				t.Error("want it sent")
			}
		})
	}
}
