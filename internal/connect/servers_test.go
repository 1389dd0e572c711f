package connect

import (
	"testing"
	"testing/synctest"
	"time"
)

func full(s *servers, origin string, others int) bool {
	return s.full(origin, map[string]int{origin: others})
}

// TestServersThatHangShareHalfOfTheHands, as many as they are. Calls to platforms that are
// one server for all are no concern of theirs: those have a breaker for each app.
func TestServersThatHangShareHalfOfTheHands(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var s servers
		for _, origin := range []string{"a", "b", "c", ""} {
			for range slowHang {
				ended := s.call(origin)
				time.Sleep(30 * time.Second) // in the bubble no time passes
				ended()
			}
		}
		for range slowMost {
			s.call("a")
			s.call("")
		}
		if s.full("b", map[string]int{"b": 8, "c": 7}) || !s.full("b", map[string]int{"b": 8, "c": 8}) {
			t.Error("16 are out at one that hangs: want 16 more at all others that do")
		}
		if s.full("d", map[string]int{"d": 64}) || s.full("", map[string]int{"": 64}) {
			t.Error("want any number where nothing hangs, and where no account has a server of its own")
		}
	})
}

// TestAServerThatHangsGetsAQuarterOfTheHands until one call comes back in time.
func TestAServerThatHangsGetsAQuarterOfTheHands(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var s servers
		call := func(origin string, took time.Duration) {
			ended := s.call(origin)
			time.Sleep(took) // in the bubble no time passes
			ended()
		}
		for range slowHang {
			if full(&s, "a", 64) {
				t.Fatal("it counts as hanging too early")
			}
			call("a", 30*time.Second)
		}
		if full(&s, "a", slowMost-1) || !full(&s, "a", slowMost) || full(&s, "b", 64) {
			t.Error("want 16 at most where it hangs, and any number elsewhere")
		}
		call("b", time.Second)
		out := s.call("a")
		if !full(&s, "a", slowMost-1) {
			t.Error("one is out: want 15 more at most")
		}
		call("a", time.Second)
		if full(&s, "a", 64) {
			t.Error("it answered in time: want any number")
		}
		out()
		if len(s.by) != 0 {
			t.Errorf("got %v in memory, want nothing of who fares well", s.by)
		}
	})
}
