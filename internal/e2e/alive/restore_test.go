package alive_test

import (
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/config"
	"patchbay/internal/e2e"
	"patchbay/internal/lab"
	"patchbay/internal/testkit"
)

// TestARestoredCopyBesideTheOriginal: the original's refresh tokens go on rotating. The
// copy sends none of its old ones, by the schedule or on demand, and everything else works.
func TestARestoredCopyBesideTheOriginal(t *testing.T) {
	t.Parallel()
	w, backup := ownApps(t, e2e.Options{}), filepath.Join(t.TempDir(), "backup.db")
	tweet, post := w.consents(t, twitter, "crowd-1"), w.consents(t, partner, "crowd-2")
	id, stableID := tweet.channels[0].ID, post.channels[0].ID
	before := w.lease(t, id, nil)
	w.patchbay(t, "backup", backup)
	w.advance(2*time.Hour - 9*time.Minute)
	w.rest(t) // it has rotated
	if got := w.lease(t, id, nil); got.Version != before.Version+1 {
		t.Fatalf("the original: got version %d, want %d", got.Version, before.Version+1)
	}

	r, said := w.restored(t, backup)
	for _, want := range []string{"1 grant is held back", "1 of x", "patchbay refreshing resume"} {
		if !strings.Contains(said, want) {
			t.Errorf("restore says %q, want %q in it", said, want)
		}
	}
	r.rest(t)
	if got := r.lease(t, id, nil); got.Access != before.Access || !w.works(t, twitter, tweet.channels[0], got) {
		t.Errorf("the copy does not lend the token that is good for some minutes")
	}
	for _, body := range []any{map[string]any{"newer_than": before.Version}, map[string]any{"min_lifetime_s": 7000}} {
		if got := refused(t, r.ask(t, id, body)); got != "503 refreshing_held" {
			t.Errorf("lease %v of the copy: got %s, want 503 refreshing_held", body, got)
		}
	}
	if got := r.health(t, id).String(); got != "healthy nobody" {
		t.Errorf("the copy, while the token is good: got %s", got)
	}
	stable := r.lease(t, stableID, nil)
	for w.at() < 50*day {
		w.advance(3 * day)
		w.rest(t)
		r.rest(t)
	}
	if got := r.health(t, id).String(); got != "error operator refreshing_held" {
		t.Errorf("the copy: got %s, want error operator refreshing_held", got)
	}
	if diff := cmp.Diff([]string{"channel.error refreshing_held"}, words(r.news(t))); diff != "" {
		t.Errorf("events of the copy (-want +got):\n%s", diff)
	}
	if got := refused(t, r.Call(t, http.MethodPost, fmt.Sprintf("/v1/channels/%d/check", id), nil)); got != "503 refreshing_held" {
		t.Errorf("a check of the copy: got %s, want 503 refreshing_held", got)
	}
	if got := r.lease(t, stableID, nil); got.Version == stable.Version || !w.works(t, partner, post.channels[0], got) {
		t.Errorf("LinkedIn, whose refresh token stays: the copy has version %d still, or one that is not taken", got.Version)
	}
	if got := w.lease(t, id, nil); !w.works(t, twitter, tweet.channels[0], got) || len(words(w.news(t))) != 0 {
		t.Errorf("the original's channel does not work any more: %s", w.health(t, id))
	}
	for _, redeem := range w.redeems(0) {
		if redeem.Outcome != lab.RedeemOK {
			t.Errorf("redeem %d of %s: %s", redeem.Seq, redeem.Platform, redeem.Outcome)
		}
	}
}

// TestResumingAfterALoss: the original is gone. What it had rotated since the backup is
// lost, and called so after one try; what it had not lives on. Whoever consents anew is
// not held back, and LinkedIn is not refreshed before its time.
func TestResumingAfterALoss(t *testing.T) {
	t.Parallel()
	w, backup := ownApps(t, e2e.Options{}), filepath.Join(t.TempDir(), "backup.db")
	spent := w.consents(t, twitter, "crowd-1")
	over := w.consents(t, twitter, "crowd-4")
	w.lab(t, "/lab/revoke", map[string]any{"platform": "x", "persona": "crowd-4"})
	ended := w.check(t, over.channels[0].ID).String()
	w.advance(time.Hour)
	unspent, stable := w.consents(t, twitter, "crowd-2"), w.consents(t, partner, "crowd-3")
	w.patchbay(t, "backup", backup)
	w.advance(time.Hour - 9*time.Minute)
	w.rest(t) // the first one has rotated, and that is the last that was heard of it
	r, _ := w.restored(t, backup)
	w.advance(2 * time.Hour)
	r.rest(t)
	seq := w.seq()
	if got := r.patchbay(t, "refreshing", "status"); !strings.Contains(got, "2 grants are held back: 2 of x.") {
		t.Errorf("status: got %q, want 2 of x", got)
	}
	if got := r.doctor(t); !strings.Contains(got, "for 2 of its grants") {
		t.Errorf("doctor: got %q, want the two that are held back", got)
	}
	fresh := r.consents(t, twitter, "crowd-5")
	r.news(t)

	if got := r.patchbay(t, "refreshing", "resume"); !strings.Contains(got, "2 grants are refreshed") {
		t.Errorf("resume: got %q, want 2 grants", got)
	}
	r.rest(t)
	told := words(r.news(t))
	slices.Sort(told)
	if diff := cmp.Diff([]string{"channel.needs_reauth lost_rotation", "channel.recovered"}, told); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	for _, c := range []struct {
		grant
		want string
	}{
		{spent, "needs_reauth person lost_rotation"},
		{over, ended},
		{unspent, "healthy nobody"},
		{stable, "healthy nobody"},
		{fresh, "healthy nobody"},
	} {
		if got := r.health(t, c.channels[0].ID).String(); got != c.want {
			t.Errorf("%s as %s: got %s, want %s", c.name, c.persona, got, c.want)
		}
	}
	outcomes := map[string][]lab.RedeemOutcome{}
	for _, redeem := range w.redeems(seq) {
		outcomes[redeem.Family] = append(outcomes[redeem.Family], redeem.Outcome)
	}
	want := map[string][]lab.RedeemOutcome{spent.family: {lab.RedeemReuse}, unspent.family: {lab.RedeemOK}}
	if diff := cmp.Diff(want, outcomes); diff != "" {
		t.Errorf("redeems since the restore (-want +got):\n%s", diff)
	}
	if got := r.doctor(t); got != "" {
		t.Errorf("doctor afterwards: got %q, want nothing about it", got)
	}
	again := r.consents(t, twitter, spent.persona)
	for _, g := range []grant{again, unspent, fresh} {
		first := r.lease(t, g.channels[0].ID, nil)
		w.advance(2*time.Hour - 9*time.Minute)
		r.rest(t)
		if got := r.lease(t, g.channels[0].ID, nil); got.Version == first.Version {
			t.Errorf("%s goes on: got version %d still", g.persona, got.Version)
		}
	}
}

// ownApps is a world whose workspace has apps of its own at the two platforms: they are in
// the database, and so in each copy of it.
func ownApps(t *testing.T, opt e2e.Options) *world {
	t.Helper()
	w := start(t, opt)
	for _, platform := range []string{"x", "linkedin"} {
		body := map[string]any{"platform": platform, "client_id": "own", "client_secret": "own-secret"}
		if got := w.Call(t, http.MethodPost, "/v1/apps", body); got.Status != http.StatusCreated {
			t.Fatalf("app at %s: got %d: %s", platform, got.Status, got.Body)
		}
	}
	w.registerOwn(t, w)
	return w
}

// registerOwn makes the apps known to the Lab, with the addresses of each server.
func (w *world) registerOwn(t *testing.T, servers ...*world) {
	t.Helper()
	redirects := map[string][]string{}
	for _, server := range servers {
		var apps struct {
			Data []struct {
				Platform string
				Redirect string `json:"redirect_uri"`
			}
		}
		server.Call(t, http.MethodGet, "/v1/apps", nil).Into(t, http.StatusOK, &apps)
		for _, app := range apps.Data {
			redirects[app.Platform] = append(redirects[app.Platform], app.Redirect)
		}
	}
	for platform, list := range redirects {
		if err := w.App.Lab.Register(lab.App{Platform: platform, ClientID: "own", ClientSecret: "own-secret", RedirectURIs: list}); err != nil {
			t.Fatal(err)
		}
	}
}

// restored is another server over a restored backup, and what the command said.
func (w *world) restored(t *testing.T, backup string) (*world, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "patchbay.db")
	said := (&world{World: &e2e.World{DSN: "sqlite:" + path}}).patchbay(t, "restore", backup)
	return w.beside(t, path), said
}

// beside is another server over a copy of w's database, with its keys and platforms.
func (w *world) beside(t *testing.T, path string) *world {
	t.Helper()
	there := w.App.Lab
	r := start(t, e2e.Options{Beside: w.World, Change: func(c *config.Config) { c.DatabaseURL, c.LabURL = "sqlite:"+path, w.LabURL }})
	r.App.Lab, r.LabURL, r.DSN, r.told = there, w.LabURL, "sqlite:"+path, w.told
	w.registerOwn(t, w, r)
	return r
}

// patchbay runs a command on the world's database and answers what it says.
func (w *world) patchbay(t *testing.T, args ...string) string {
	t.Helper()
	out, err := w.command(t, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("patchbay %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func (w *world) command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), testkit.Binary(t), args...)
	cmd.Env = []string{"PATCHBAY_DATABASE_URL=" + w.DSN, "HOME=" + t.TempDir()}
	return cmd
}

// doctor is what it says of refreshing; empty: nothing.
func (w *world) doctor(t *testing.T) string {
	t.Helper()
	out, _ := w.command(t, "doctor").Output() // it misses the server's other settings
	_, after, found := strings.Cut(string(out), "warning  refreshing")
	if !found {
		return ""
	}
	detail, _, _ := strings.Cut(after, "\nok")
	return strings.Join(strings.Fields(detail), " ")
}
