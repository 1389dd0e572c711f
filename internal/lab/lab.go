package lab

import (
	"bytes"
	"errors"
	"html/template"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"patchbay/internal/httpx"
)

// maxBody bounds every request body; no real form or registration comes near it.
const maxBody = 64 << 10

// Config is what a Lab needs to know.
type Config struct {
	BaseURL string           // origin under which browsers and the product reach the Lab, e.g. "http://127.0.0.1:8080"; no trailing slash
	Now     func() time.Time // the clock of every lifetime; nil: time.Now
	Clock   *Clock           // in place of Now: one that others share and POST /lab/clock moves; nil: one over Now
}

// Lab is a set of fake platforms with their clients, consents and tokens in memory.
// Its methods may be called at any time from any goroutine.
type Lab struct {
	baseURL   string
	clock     *Clock
	now       func() time.Time // the clock's
	templates *template.Template
	platforms []*platform
	open      *open
	linkedIn  *linkedIn

	file   string     // of Keep
	saving sync.Mutex // one Save at a time
	dirty  atomic.Bool

	mu     sync.Mutex // guards all below; platform endpoints run while it is held
	apps   map[appKey]App
	own    map[appKey]bool // registered by this process, not over HTTP
	calls  []Call
	faults []*Fault
	call   current // the call that is being served

	lastGrant  int64
	persons    map[personKey]map[int64]*grant // consents, by id
	codes      map[string]*code
	tokens     map[string]*token
	spent      map[spentKey]*grant // single-use refresh tokens that were used
	spentOrder []spentKey          // oldest first
	targets    map[targetKey]targetState
	endings    endings
	ended      []ending // oldest first
	secrets    []string // codes and tokens as issued
	clients    []string // clients' secrets, also replaced ones

	redeems     []keptRedeem
	redeemsGone int64 // dropped before the first

	revocations    []Revocation
	lastRevocation int64
}

// current is a call while its endpoint runs.
type current struct {
	platform, host string
	fault          FaultKind
}

// platform is one fake platform: what a person is told of it and its addresses.
type platform struct {
	ID        string // "facebook"
	Dialog    *dialog
	Servers   []string // hosts, where it is many
	listed    bool     // its clients are registered at POST /lab/apps, although it is many servers
	endpoints []endpoint
	adopt     func(*grant) // takes in a consent that was kept, where a platform knows them by itself
}

// endpoint is one address of a platform, as its documentation writes it. Where a
// platform is many servers, host is their names separated by spaces.
type endpoint struct {
	method, host, path string
	serve              func(*http.Request) (reply, error)
}

// New makes a Lab without clients; Register adds them.
func New(c Config) *Lab {
	l := &Lab{
		baseURL: strings.TrimSuffix(c.BaseURL, "/"), clock: c.Clock, templates: parsePages(),
		apps: map[appKey]App{}, own: map[appKey]bool{}, persons: map[personKey]map[int64]*grant{},
		codes: map[string]*code{}, tokens: map[string]*token{}, spent: map[spentKey]*grant{}, targets: map[targetKey]targetState{},
	}
	if l.clock == nil {
		l.clock = NewClock(c.Now)
	}
	l.now = l.clock.Now
	l.open, l.linkedIn = newOpen(l), newLinkedIn(l)
	l.platforms = []*platform{newFacebook(l).platform(), newInstagram(l).platform(), newX(l).platform(), l.linkedIn.platform(), newMastodon(l).platform(), l.open.platform()}
	return l
}

// Routes is every address of the Lab, all below /lab/.
func (l *Lab) Routes() []httpx.Route {
	routes := []httpx.Route{
		route(http.MethodGet, "/lab/{$}", l.index),
		route(http.MethodGet, "/lab/pictures/{name}", picture),
		route("", "/lab/{platform}/", l.notFound),
	}
	routes = append(routes, l.controls()...)
	for _, p := range l.platforms {
		for _, e := range p.endpoints {
			routes = append(routes, route(e.method, "/lab/"+p.ID+"/{host}"+e.path, l.serve(p.ID, e)))
		}
	}
	return routes
}

// Clock is the Lab's clock, for those who share it.
func (l *Lab) Clock() *Clock { return l.clock }

// changed notes that the Lab's state is another than the one that was kept.
func (l *Lab) changed() { l.dirty.Store(true) }

// Handler serves the Lab alone: on an origin of its own, and in tests.
func (l *Lab) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, r := range l.Routes() {
		mux.Handle(r.Pattern(), r.Handler)
	}
	return mux
}

// Secrets is every client secret known so far, and every authorization code, access,
// refresh and page token issued, oldest first; of these the last hundred thousand or so.
// Tests search logs and pages for them.
func (l *Lab) Secrets() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append(slices.Clone(l.clients), l.secrets...)
}

func route(method, path string, h http.HandlerFunc) httpx.Route {
	return httpx.Route{Method: method, Path: path, Auth: httpx.AuthNone, Format: httpx.FormatLab, Handler: h}
}

// serve is the door of every platform address: the bounded body, the scripted fault, the
// host, one endpoint at a time, the truth log, the answer.
func (l *Lab) serve(platform string, e endpoint) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		parseErr := errors.Join(r.ParseForm(), readAhead(r))
		fault := l.nextFault(platform, r)
		if fault == nil {
			l.act(platform, e, r, parseErr, "").write(w)
			return
		}
		fault.befall(w, r,
			func() reply { return l.act(platform, e, r, parseErr, fault.Kind) },
			func() { l.passedOver(platform, r, fault.Kind) })
	}
}

// readAhead takes in what is left of the body, so that no slow sender is waited for
// while the Lab is held.
func readAhead(r *http.Request) error {
	body, err := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	return err
}

// act has the platform do what it was asked, whatever becomes of the answer.
func (l *Lab) act(platform string, e endpoint, r *http.Request, parseErr error, fault FaultKind) reply {
	l.mu.Lock()
	defer l.mu.Unlock()
	host, _ := address(platform, r)
	l.call = current{platform, host, fault}
	out := l.answer(platform, e, r, parseErr)
	l.record(platform, r, out.outcome, fault)
	return out
}

// passedOver notes a call that met a fault in the place of the platform.
func (l *Lab) passedOver(platform string, r *http.Request, fault FaultKind) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.record(platform, r, "fault", fault)
}

func (l *Lab) answer(platform string, e endpoint, r *http.Request, parseErr error) reply {
	if got := r.PathValue("host"); !slices.Contains(e.hosts(), got) {
		return wrongHost(platform, e, got)
	}
	if parseErr != nil {
		return jsonReply(http.StatusBadRequest, "unreadable", labError{Error: "the request's parameters cannot be read: malformed or too large"})
	}
	out, err := e.serve(r)
	if err != nil {
		return refusalReply(err)
	}
	return out
}

// notFound answers what no platform has, and lists what it has instead.
func (l *Lab) notFound(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("platform")
	body := labError{Error: "the Lab has no platform " + id}
	for _, p := range l.platforms {
		if p.ID != id {
			continue
		}
		body.Error = "the Lab's " + id + " has no " + r.Method + " " + r.URL.Path
		for _, e := range p.endpoints {
			body.Addresses = append(body.Addresses, e.addresses(id)...)
		}
	}
	l.mu.Lock()
	l.record(id, r, "not_found", "")
	l.mu.Unlock()
	jsonReply(http.StatusNotFound, "not_found", body).write(w)
}

func wrongHost(platform string, e endpoint, got string) reply {
	return jsonReply(http.StatusNotFound, "wrong_host", labError{
		Error:     "wrong host: " + platform + " has " + e.path + " at " + e.host + ", not at " + got,
		Expected:  e.host,
		Got:       got,
		Addresses: e.addresses(platform),
	})
}

func (e endpoint) hosts() []string { return strings.Fields(e.host) }

func (e endpoint) addresses(platform string) []string {
	var out []string
	for _, host := range e.hosts() {
		out = append(out, e.method+" /lab/"+platform+"/"+host+e.path)
	}
	return out
}
