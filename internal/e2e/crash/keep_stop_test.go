package crash_test

import (
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"patchbay/internal/e2e"
	"patchbay/internal/testkit"
)

// A polite stop (SIGTERM) is no crash: a refresh that is out at the platform comes home
// and is stored, also at the strict server.
func TestStopWaitsForRefreshes(t *testing.T) {
	t.Parallel()
	for _, engine := range engines {
		for _, way := range []string{"by schedule", "on demand"} {
			t.Run(engine+" "+way, func(t *testing.T) {
				t.Parallel()
				k := newKeeping(t, engine, slowly(patienceOfCall)...)
				k.connect(t, 1, e2e.OpenModels...)
				k.settle(t)
				called := atRefresh(holding)()
				k.gate.set(called)
				answers := k.begin(t, way == "on demand")
				k.await(t, called, nil)
				stopped := stop(t, k.program)
				close(called.letGo)
				for i, done := range answers {
					expectStatus(t, k.kept[i].model, done, http.StatusOK)
				}
				if err := <-stopped; err != nil {
					t.Errorf("stop: got %v, want none\n%s", err, k.program.Log())
				}
				for _, a := range k.kept {
					if got := k.held(t, a).Version; got != a.first+1 {
						t.Errorf("%s: got version %d when the process had ended, want %d", a.model, got, a.first+1)
					}
				}
				k.gate.set(nil)
				k.start(t)
				k.settle(t)
				k.expectWhole(t)
			})
		}
	}
}

// Two replicas are started anew in turn, each with refreshes out at the platforms. The
// proxy in front sends it nothing new by then. The other one answers everybody meanwhile,
// also who asks for what the leaving one still has a lease on.
func TestRollingRestart(t *testing.T) {
	t.Parallel()
	k := newKeeping(t, "postgres", slowly(patienceOfCall)...)
	k.connect(t, 2, e2e.OpenModels...)
	k.settle(t)
	out, others := k.kept[:len(e2e.OpenModels)], k.kept[len(e2e.OpenModels):]
	for range 2 {
		second := k.replica(t)
		called := atRefresh(holding)()
		k.gate.set(called)
		var answers []<-chan answer
		for _, a := range out {
			answers = append(answers, k.demand(t, a))
		}
		k.await(t, called, nil)
		k.gate.set(nil)
		stopped := stop(t, k.program)
		k.program, k.url = second, second.BaseURL
		for _, a := range out {
			answers = append(answers, k.demand(t, a))
		}
		for range 3 {
			for _, a := range others {
				expectStatus(t, "the one that stays: "+a.model, k.demand(t, a), http.StatusOK)
			}
		}
		close(called.letGo)
		for i, done := range answers {
			expectStatus(t, out[i%len(out)].model, done, http.StatusOK)
		}
		if err := <-stopped; err != nil {
			t.Errorf("stop: got %v, want none", err)
		}
	}
	k.settle(t)
	k.expectWhole(t)
	for i, a := range k.kept {
		want := a.first + 2*int64(1+2*(i/len(out))) // one each time; three each time
		if got := k.held(t, a).Version; got != want {
			t.Errorf("%s: got version %d, want %d", a.model, got, want)
		}
	}
}

// replica is another process over the same data, in the place of the present one's.
func (k *keeping) replica(t testing.TB) *testkit.Process {
	t.Helper()
	args := slices.Clone(k.args)
	args[slices.Index(args, "--addr")+1] = "127.0.0.1:" + strconv.Itoa(steadyPort(t))
	return testkit.Start(t, k.binary, k.env, args...)
}

// stop sends SIGTERM and returns when the process takes no connections any more.
func stop(t *testing.T, p *testkit.Process) <-chan error {
	t.Helper()
	stopped := make(chan error, 1)
	go func() { stopped <- p.Stop() }()
	for deadline := time.Now().Add(patience); ; pause(t, 20*time.Millisecond) {
		resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Get(p.BaseURL + "/healthz")
		if err != nil {
			return stopped
		}
		_ = resp.Body.Close()
		if time.Now().After(deadline) {
			t.Fatalf("the program still takes connections %s after SIGTERM", patience)
		}
	}
}
