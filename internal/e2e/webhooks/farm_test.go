package webhooks_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// farm is many receivers, each with an origin of its own.
type farm struct {
	receivers []*receiver
	strayed   *receiver // where redirects lead
}

// receiver is one endpoint of an application, and what it has seen.
type receiver struct {
	kind   string
	url    string
	behave behaviour
	seed   uint64
	farm   *farm

	mu       sync.Mutex
	secret   []byte // empty: not told yet
	arrivals []*arrival
	accepted map[string]bool // ids that were answered with 204
	busy     int             // requests that are not over
	open     int             // connections
	quiet    chan struct{}   // closed when open falls to 0; nil: nobody waits
}

// arrival is one request.
type arrival struct {
	ID       string
	Sum      [sha256.Size]byte // of the body
	Signed   bool
	Came     time.Time
	Answered time.Time // just before the status left; zero: never
	Left     time.Time // when it was over; zero: not yet
	Status   int
}

// newFarm makes so many receivers, a third of them bad.
func newFarm(t testing.TB, size int, seed uint64) *farm {
	t.Helper()
	f := &farm{}
	f.strayed = f.add(t, good, seed)
	f.receivers = nil
	for i := range size {
		kind := good
		if i%3 == 2 {
			kind = bad[i/3%len(bad)]
		}
		f.receivers = append(f.receivers, f.add(t, kind, seed+uint64(i)))
	}
	return f
}

func (f *farm) add(t testing.TB, kind string, seed uint64) *receiver {
	t.Helper()
	r := &receiver{kind: kind, behave: behaviours[kind], seed: seed, farm: f, accepted: map[string]bool{}}
	server := httptest.NewUnstartedServer(r)
	server.Config.ConnState = r.count
	server.Start()
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	r.url = server.URL + "/hook"
	return r
}

// count follows how many connections are open.
func (r *receiver) count(_ net.Conn, state http.ConnState) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch state {
	case http.StateNew:
		r.open++
	case http.StateClosed, http.StateHijacked:
		r.open--
	}
	if r.open == 0 && r.quiet != nil {
		close(r.quiet)
		r.quiet = nil
	}
}

// settle waits until every connection of a program that died is seen to be over.
func (f *farm) settle(t testing.TB) {
	t.Helper()
	for _, r := range append(f.receivers, f.strayed) {
		r.mu.Lock()
		var quiet chan struct{}
		if r.open > 0 {
			quiet = make(chan struct{})
			r.quiet = quiet
		}
		r.mu.Unlock()
		if quiet == nil {
			continue
		}
		select {
		case <-quiet:
		case <-time.After(patience):
			t.Fatalf("a receiver that %s: connections of a dead program are open after %s", r.kind, patience)
		}
	}
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	a := &arrival{Came: time.Now(), ID: req.Header.Get("webhook-id")}
	body, err := io.ReadAll(req.Body)
	if err != nil { // it died while it sent
		return
	}
	a.Sum = sha256.Sum256(body)
	n := r.note(a, func() { a.Signed = signed(r.secret, req.Header, body); r.busy++ })
	defer r.note(nil, func() { a.Left = time.Now(); r.busy-- })
	answer := func(status int) {
		r.note(nil, func() {
			a.Answered, a.Status = time.Now(), status
			if status == http.StatusNoContent {
				r.accepted[a.ID] = true
			}
		})
		w.WriteHeader(status)
		_ = http.NewResponseController(w).Flush()
	}
	r.behave(&visit{ResponseWriter: w, req: req, farm: r.farm, answer: answer, rand: rand.New(rand.NewPCG(r.seed, uint64(n)))})
}

// note changes what is known under the lock, and adds an arrival; the answer is how many
// there were before.
func (r *receiver) note(a *arrival, change func()) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	change()
	if a != nil {
		r.arrivals = append(r.arrivals, a)
		return len(r.arrivals) - 1
	}
	return 0
}

func (r *receiver) tell(t testing.TB, secret string) {
	t.Helper()
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		t.Fatalf("secret of an endpoint: %v", err)
	}
	r.note(nil, func() { r.secret = key })
}

// log is what came so far.
func (r *receiver) log() []arrival {
	r.mu.Lock()
	defer r.mu.Unlock()
	log := make([]arrival, len(r.arrivals))
	for i, a := range r.arrivals {
		log[i] = *a
	}
	return log
}

// signed checks by the words of the specification, without a library
// (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
func signed(key []byte, h http.Header, body []byte) bool {
	mac := hmac.New(sha256.New, key)
	_, _ = io.WriteString(mac, h.Get("webhook-id")+"."+h.Get("webhook-timestamp")+".")
	_, _ = mac.Write(body)
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	for _, one := range strings.Fields(h.Get("webhook-signature")) {
		if len(key) > 0 && hmac.Equal([]byte(one), []byte(want)) {
			return true
		}
	}
	return false
}

// delivered is how many arrivals in all were the first to be accepted, at receivers that
// are good.
func (f *farm) delivered() (n int) {
	for _, r := range f.receivers {
		if r.kind == good {
			n += r.distinct()
		}
	}
	return n
}

// distinct is how many messages the receiver has accepted.
func (r *receiver) distinct() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.accepted)
}

// holding is how many requests are not over.
func (r *receiver) holding() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.busy
}
