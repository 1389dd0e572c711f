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
	slowAll  = 32              // and to all that do: half of them
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

// full tells whether no call may be begun there now, beside those that are about to be, by
// origin. The empty origin stands for no server of an account's own: it is never full.
func (s *servers) full(origin string, begun map[string]int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	there, all := s.by[origin], 0
	if origin == "" || there.slow < slowHang {
		return false
	}
	for other, its := range s.by {
		if its.slow >= slowHang {
			all += its.out + begun[other]
		}
	}
	return there.out+begun[origin] >= slowMost || all >= slowAll
}

// call notes a call that begins, and answers what is to be run when it has ended.
func (s *servers) call(origin string) (ended func()) {
	if origin == "" {
		return func() {}
	}
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
