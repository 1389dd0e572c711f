package lab

import (
	"html/template"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"patchbay/internal/httpx"
)

// maxBody bounds every request body; no real form or registration comes near it.
const maxBody = 64 << 10

// Config is what a Lab needs to know.
type Config struct {
	BaseURL string           // origin under which browsers and the product reach the Lab, e.g. "http://127.0.0.1:8080"; no trailing slash
	Now     func() time.Time // the clock of every lifetime; nil: time.Now
}

// Lab is a set of fake platforms with their clients, consents and tokens in memory.
// Its methods may be called at any time from any goroutine.
type Lab struct {
	baseURL   string
	now       func() time.Time
	templates *template.Template
	platforms []*platform

	mu      sync.Mutex // guards all below; platform endpoints run while it is held
	apps    map[appKey]App
	own     map[appKey]bool // registered by this process, not over HTTP
	codes   map[string]*code
	tokens  map[string]*token
	secrets []string
	calls   []Call
}

// platform is one fake platform: what a person is told of it and its addresses.
type platform struct {
	ID        string // "facebook"
	Dialog    *dialog
	Servers   []string // hosts, where a person names one of many
	endpoints []endpoint
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
		baseURL: strings.TrimSuffix(c.BaseURL, "/"), now: c.Now, templates: parsePages(),
		apps: map[appKey]App{}, own: map[appKey]bool{}, codes: map[string]*code{}, tokens: map[string]*token{},
	}
	if l.now == nil {
		l.now = time.Now
	}
	l.platforms = []*platform{newFacebook(l).platform(), newInstagram(l).platform(), newX(l).platform(), newLinkedIn(l).platform(), newMastodon(l).platform()}
	return l
}

// Routes is every address of the Lab, all below /lab/.
func (l *Lab) Routes() []httpx.Route {
	routes := []httpx.Route{
		route(http.MethodGet, "/lab/{$}", l.index),
		route(http.MethodPost, "/lab/apps", l.postApp),
		route(http.MethodGet, "/lab/pictures/{name}", picture),
		route("", "/lab/{platform}/", l.notFound),
	}
	for _, p := range l.platforms {
		for _, e := range p.endpoints {
			routes = append(routes, route(e.method, "/lab/"+p.ID+"/{host}"+e.path, l.serve(p.ID, e)))
		}
	}
	return routes
}

// Handler serves the Lab alone: on an origin of its own, and in tests.
func (l *Lab) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, r := range l.Routes() {
		mux.Handle(r.Pattern(), r.Handler)
	}
	return mux
}

// Secrets is every authorization code, access, refresh and page token issued, and
// every client secret known so far, oldest first. Tests search logs and pages for them.
func (l *Lab) Secrets() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.secrets...)
}

func route(method, path string, h http.HandlerFunc) httpx.Route {
	return httpx.Route{Method: method, Path: path, Auth: httpx.AuthNone, Format: httpx.FormatLab, Handler: h}
}

// serve is the door of every platform address: the bounded body, the host, one
// endpoint at a time, the truth log, the answer.
func (l *Lab) serve(platform string, e endpoint) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		parseErr := r.ParseForm()
		l.mu.Lock()
		out := l.answer(platform, e, r, parseErr)
		l.record(platform, r, out.outcome)
		l.mu.Unlock()
		out.write(w)
	}
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
	l.record(id, r, "not_found")
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
