package connect

import (
	"sync"
	"time"

	"patchbay/internal/platform"
)

// Where each account lives on a server of its own choice all of them share an app, and with
// it the hands that work on its grants. A server that hangs gets some of them at most.
const (
	slowCall = 5 * time.Second // a call that kept a hand for so long, whatever came of it
	slowHang = 4               // so many of them in a row, and the server counts as hanging
	slowMost = 16              // calls at once to one that hangs: a quarter of the hands
)

// servers is how the servers fare, by origin, as far as this process knows: it is about this
// process's hands. The zero value knows of none.
type servers struct {
	mu sync.Mutex
	by map[string]server
}

type server struct {
	out  int // calls
	slow int // in a row
}

// full tells whether no call may be begun there now, beside so many that are about to be.
func (s *servers) full(origin string, others int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	there := s.by[origin]
	return there.slow >= slowHang && there.out+others >= slowMost
}

// call notes a call that begins, and answers what is to be run when it has ended.
func (s *servers) call(origin string) (ended func()) {
	began := time.Now()
	s.note(origin, func(there *server) { there.out++ })
	return func() {
		s.note(origin, func(there *server) {
			there.out--
			if there.slow++; time.Since(began) < slowCall {
				there.slow = 0
			}
		})
	}
}

func (s *servers) note(origin string, what func(*server)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.by == nil {
		s.by = map[string]server{}
	}
	there := s.by[origin]
	what(&there)
	s.by[origin] = there
	if there == (server{}) {
		delete(s.by, origin)
	}
}

// serverOf is the origin of the server on which a grant's account lives; empty where there
// is one for all.
func (s *Service) serverOf(g Grant) string {
	p, ok := s.platforms.Get(g.Platform)
	if !ok || !p.Spec().OwnServers {
		return ""
	}
	c, err := s.credentialsOf(g)
	if err != nil {
		return ""
	}
	used, _ := platform.Lease(p, platform.App{}, c) // who cannot tell has no server known
	return used.Server
}
