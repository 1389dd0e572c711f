package crash_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"patchbay/internal/lab"
)

// app is a workspace's own app at a platform.
type app struct {
	*once
	platform string
	retired  bool
}

// liveApp is the one that people consent to; nil: the instance's.
func (w *world) liveApp(platform string) *app {
	i := slices.IndexFunc(w.apps, func(a *app) bool { return a.platform == platform && !a.retired })
	if i < 0 {
		return nil
	}
	return w.apps[i]
}

func (w *world) newApp(t testing.TB, platform string) *app {
	t.Helper()
	name := fmt.Sprintf("client-%d", len(w.apps))
	a := &app{platform: platform, once: w.newOnce(t, "/v1/apps", map[string]string{
		"platform": platform, "client_id": name, "client_secret": "secret-of-" + name,
	})}
	w.apps = append(w.apps, a)
	return a
}

// register makes the app known to the Lab, as its answer says, so that people can consent.
func (a *app) register(t testing.TB) (id int64) {
	t.Helper()
	var made struct {
		ID          int64  `json:"id"`
		RedirectURI string `json:"redirect_uri"`
	}
	if err := json.Unmarshal([]byte(a.insist(t)), &made); err != nil || made.ID == 0 {
		t.Fatalf("new app: got %s (%v), want an id", a.answers[0], err)
	}
	sent := a.body.(map[string]string)
	if err := a.w.lab.Register(lab.App{
		Platform: a.platform, ClientID: sent["client_id"], ClientSecret: sent["client_secret"], RedirectURIs: []string{made.RedirectURI},
	}); err != nil {
		t.Fatal(err)
	}
	return made.ID
}

// exchangeApps takes the workspace's own app at a platform away, or else gives it one,
// and dies at it: at a COMMIT, or where trap is nil after a while.
func (w *world) exchangeApps(t testing.TB, platform string, trap *trap, delay time.Duration) {
	t.Helper()
	a := w.liveApp(platform)
	var finish func()
	var send func() <-chan answer
	if a != nil {
		path := fmt.Sprintf("/v1/apps/%d", a.register(t))
		send = func() <-chan answer { return w.post(t, http.MethodDelete, path, "", nil) }
		finish = func() {
			if got := <-send(); got.status != http.StatusOK {
				t.Fatalf("retire app: got %+v, want 200", got)
			}
			a.retired = true
		}
	} else {
		a = w.newApp(t, platform)
		send = func() <-chan answer { return a.try(t) }
		finish = func() { a.register(t) }
	}
	if trap != nil {
		w.commits.set(trap)
		w.dieAt(t, trap, send())
	} else {
		w.dieSoon(t, send(), nil, delay)
	}
	w.start(t)
	finish()
}

// forgetScopes is called while the program is dead: it makes apps at servers those of
// an earlier version, which asked for other permissions. They are registered anew.
func (w *world) forgetScopes(t testing.TB) {
	t.Helper()
	w.change(t, `UPDATE apps SET scopes = 'read' WHERE server <> '' AND client_id <> ''`)
}
