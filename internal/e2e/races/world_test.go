package races_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"patchbay/internal/config"
	"patchbay/internal/e2e"
	"patchbay/internal/lab"
)

// world is replicas over one database, and the Lab at which they refresh.
type world struct {
	lab      *lab.Lab
	origin   string // the Lab's
	clock    *lab.Clock
	db       *e2e.Database
	replicas []*e2e.World
	grants   []*grant
	seen     seenRedeems
}

// grant is one connected account, and what its clients were told.
type grant struct {
	model   string
	channel int64
	family  string // what the Lab calls the consent
	first   int64  // version of the token that came with it

	mu      sync.Mutex
	newest  int64
	tokens  map[int64]string // access tokens by version
	clashes int              // versions that came with two tokens
}

// newWorld starts so many replicas, and connects so many accounts at each of the models.
func newWorld(t *testing.T, replicas, accounts int, models ...string) *world {
	t.Helper()
	w := &world{clock: lab.NewClock(nil), seen: seenRedeems{last: map[string]time.Time{}}}
	platforms := httptest.NewUnstartedServer(nil)
	w.origin = "http://" + platforms.Listener.Addr().String()
	w.lab = lab.New(lab.Config{BaseURL: w.origin, Clock: w.clock})
	platforms.Config.Handler = w.lab.Handler()
	platforms.Start()
	t.Cleanup(platforms.Close)

	var files string
	opt := e2e.Options{Engine: "postgres", NoLab: true, Clock: w.clock, Change: func(c *config.Config) {
		if files == "" { // the first one's callback is registered
			files = e2e.DescribeOpen(t, w.lab, w.origin, c.PublicURL)
		}
		c.CustomPlatforms, c.TrustedOrigins, c.RateLimit = []string{files}, []string{w.origin}, -1
	}}
	for range replicas {
		w.replicas = append(w.replicas, e2e.Start(t, opt))
		opt.Beside = w.replicas[0]
	}
	w.db = w.replicas[0].OpenDatabase(t)
	for i := range accounts {
		for _, model := range models {
			w.grants = append(w.grants, w.connect(t, model, "crowd-"+strconv.Itoa(i)))
		}
	}
	return w
}

// connect connects while nobody else does: the last code that the Lab saw is this one's.
func (w *world) connect(t *testing.T, model, persona string) *grant {
	t.Helper()
	g := &grant{model: model, channel: w.replicas[0].ConnectOpen(t, model, persona), tokens: map[int64]string{}}
	log := w.lab.Redeems()
	if last := log[len(log)-1]; last.Kind == lab.RedeemCode && last.Outcome == lab.RedeemOK {
		g.family = last.Family
	} else {
		t.Fatalf("connect %s at %s: the Lab last saw %+v, want a code", persona, model, last)
	}
	g.first = w.held(t, g).Last
	return g
}

// heard notes a leased token, and tells whether it is the first of its version.
func (g *grant) heard(version int64, access string) (first bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	known := g.tokens[version]
	if known != "" && known != access {
		g.clashes++
	}
	g.tokens[version] = access
	g.newest = max(g.newest, version)
	return known == ""
}

func (g *grant) newestSeen() int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.newest
}

// seenRedeems is how far the Lab's log has been read.
type seenRedeems struct {
	mu    sync.Mutex
	after int64                // the last one's number
	made  int                  // refreshes that the Lab accepted
	last  map[string]time.Time // of each consent, by the Lab's clock
}

// refreshes is how many refreshes of all the Lab accepted, and of how many consents it
// did since a time by its clock.
func (w *world) refreshes(t *testing.T, since time.Time) (all, consents int) {
	s := &w.seen
	s.mu.Lock()
	defer s.mu.Unlock()
	var log struct{ Redeems []lab.Redeem }
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, fmt.Sprintf("%s/lab/redeems?after=%d", w.origin, s.after), nil)
	if err == nil {
		err = send(req, &log)
	}
	if err != nil {
		t.Error(err)
	}
	for _, r := range log.Redeems {
		s.after = r.Seq
		if r.Kind == lab.RedeemRefresh && r.Outcome == lab.RedeemOK {
			s.made++
			s.last[r.Family] = r.At
		}
	}
	for _, at := range s.last {
		if !at.Before(since) {
			consents++
		}
	}
	return s.made, consents
}
