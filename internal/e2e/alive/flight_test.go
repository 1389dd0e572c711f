package alive_test

import (
	"net/http"
	"sync"
	"testing"

	"patchbay/internal/config"
	"patchbay/internal/e2e"
	"patchbay/internal/lab"
)

const together = 40

// TestOneRefreshForAll: however many ask for a newer token at once, the platform sees one
// refresh, and all get what came of it.
func TestOneRefreshForAll(t *testing.T) {
	t.Parallel()
	for name, replicas := range map[string]int{"sqlite": 1, "postgres": 1, "two replicas": 2} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			engine := "postgres"
			if name == "sqlite" {
				engine = name
			}
			w := start(t, e2e.Options{Engine: engine})
			w.ownApp(t)
			worlds := []*world{w}
			for range replicas - 1 {
				worlds = append(worlds, start(t, e2e.Options{Beside: w.World, Change: func(c *config.Config) { c.LabURL = w.LabURL }}))
			}
			id := w.one(t, twitter, "crowd-1")
			before, seq := w.lease(t, id, nil), w.seq()
			w.lab(t, "/lab/faults", map[string]any{"platform": "x", "path": "/2/oauth2/token", "kind": "delay", "delay_s": 0.3})
			for _, lent := range askTogether(t, worlds, id, before.Version) {
				if lent.Version != before.Version+1 || !w.works(t, twitter, channel{ID: id}, lent) {
					t.Errorf("got version %d, want %d and one that works", lent.Version, before.Version+1)
				}
			}
			if got := w.redeems(seq); len(got) != 1 || got[0].Outcome != lab.RedeemOK {
				t.Errorf("the platform saw %+v, want one refresh", got)
			}
		})
	}
}

func askTogether(t *testing.T, worlds []*world, id, newerThan int64) []token {
	t.Helper()
	lent, ready := make([]token, together), make(chan struct{})
	var all sync.WaitGroup
	for i := range lent {
		all.Go(func() {
			<-ready
			answer := worlds[i%len(worlds)].ask(t, id, map[string]any{"newer_than": newerThan})
			if answer.Status != http.StatusOK {
				t.Errorf("got %d: %s", answer.Status, answer.Body)
				return
			}
			answer.Into(t, http.StatusOK, &lent[i])
		})
	}
	close(ready)
	all.Wait()
	return lent
}

// ownApp gives the workspace an app of its own at X, which the Lab knows.
func (w *world) ownApp(t testing.TB) (id int64) {
	t.Helper()
	var app struct {
		ID       int64
		Redirect string `json:"redirect_uri"`
	}
	w.Call(t, http.MethodPost, "/v1/apps", map[string]any{"platform": "x", "client_id": "own-x", "client_secret": "first-secret"}).
		Into(t, http.StatusCreated, &app)
	w.appSecret(t, app.Redirect, "first-secret")
	return app.ID
}

// appSecret is changed by the app's owner at the platform.
func (w *world) appSecret(t testing.TB, redirect, secret string) {
	t.Helper()
	err := w.App.Lab.Register(lab.App{Platform: "x", ClientID: "own-x", ClientSecret: secret, RedirectURIs: []string{redirect}})
	if err != nil {
		t.Fatal(err)
	}
}
