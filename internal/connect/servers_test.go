package connect

import (
	"testing"
	"testing/synctest"
	"time"
)

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
			if s.full("a", 64) {
				t.Fatal("it counts as hanging too early")
			}
			call("a", 30*time.Second)
		}
		if s.full("a", slowMost-1) || !s.full("a", slowMost) || s.full("b", 64) || s.full("", 64) {
			t.Error("want 16 at most where it hangs, and any number elsewhere")
		}
		call("b", time.Second)
		out := s.call("a")
		if !s.full("a", slowMost-1) {
			t.Error("one is out: want 15 more at most")
		}
		call("a", time.Second)
		if s.full("a", 64) {
			t.Error("it answered in time: want any number")
		}
		out()
		if len(s.by) != 0 {
			t.Errorf("got %v in memory, want nothing of who fares well", s.by)
		}
	})
}
