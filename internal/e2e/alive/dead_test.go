package alive_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/e2e"
	"patchbay/internal/testkit"
)

// TestTheCredentialsOfADeadConsentAreErased: thirty days after it was withdrawn nothing that
// could be used is left of it, and everything that is known of it is. The person connects
// again as ever, and a disconnection goes through.
func TestTheCredentialsOfADeadConsentAreErased(t *testing.T) {
	t.Parallel()
	for _, engine := range e2e.Engines {
		for _, k := range []kind{facebook, twitter} {
			t.Run(engine+"/"+k.name, func(t *testing.T) {
				t.Parallel()
				w := start(t, e2e.Options{Engine: engine})
				db := w.OpenDatabase(t)
				living := w.consents(t, k, "crowd-2")
				g := w.consents(t, k, "crowd-1")
				id := g.channels[0].ID
				w.withdrawn(t, g)
				known, sealed := w.health(t, id), stored(t, db, id)
				if len(sealed) == 0 || (len(sealed) == 1) == k.own {
					t.Fatalf("got %d sealed credentials, want the consent's and those of its pages", len(sealed))
				}

				w.advance(29 * day)
				w.tidy(t)
				if diff := cmp.Diff(sealed, stored(t, db, id)); diff != "" {
					t.Errorf("credentials after 29 days (-want +got):\n%s", diff)
				}
				w.rest(t)
				w.news(t)
				w.advance(2 * day)
				w.run(t, func() bool { return len(stored(t, db, id)) == 0 })
				if n := len(stored(t, db, living.channels[0].ID)); n == 0 {
					t.Error("the credentials of who withdrew nothing: got none, want them kept")
				}
				gone(t, db, sealed)
				w.knows(t, k, id, known)

				again := w.consents(t, k, g.persona)
				if diff := cmp.Diff(g.channels, again.channels); diff != "" {
					t.Errorf("channels after the reconnection (-want +got):\n%s", diff)
				}
				if lent := w.lease(t, id, nil); !w.works(t, k, again.channels[0], lent) || w.health(t, id).Health != "healthy" {
					t.Errorf("after the reconnection: got %s", w.health(t, id))
				}
				w.withdrawn(t, again)
				w.advance(31 * day)
				w.tidy(t)
				if n := len(stored(t, db, id)); n > 0 {
					t.Errorf("31 days after it was withdrawn again: got %d sealed credentials, want none", n)
				}
				w.disconnects(t, db, again)
			})
		}
	}
}

// TestPagesThatLiveOnKeepTheirTokens: the person's own token has run out, and the tokens of
// their pages have not.
func TestPagesThatLiveOnKeepTheirTokens(t *testing.T) {
	t.Parallel()
	for _, engine := range e2e.Engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			w := start(t, e2e.Options{Engine: engine})
			g := w.consents(t, facebook, "crowd-1")
			for range 4 {
				w.advance(31 * day)
				w.rest(t)
				w.tidy(t)
			}
			for _, c := range g.channels {
				if got := w.health(t, c.ID).String(); got != "expiring person consent_ending" {
					t.Errorf("channel %d: got %s, want expiring", c.ID, got)
				}
				if lent := w.lease(t, c.ID, nil); !w.works(t, facebook, c, lent) {
					t.Errorf("channel %d: a token is lent that does not work", c.ID)
				}
			}
		})
	}
}

// withdrawn has the person withdraw the consent at the platform, and the program find out.
func (w *world) withdrawn(t *testing.T, g grant) {
	t.Helper()
	w.advance(time.Hour) // a refused token of just now is not refreshed at once
	w.lab(t, "/lab/revoke", map[string]any{"platform": g.platform, "persona": g.persona})
	for _, c := range g.channels {
		if got := w.check(t, c.ID).String(); got != "needs_reauth person revoked" {
			t.Fatalf("channel %d of who withdrew it: got %s, want needs_reauth", c.ID, got)
		}
	}
}

// tidy is one round of the loop that erases.
func (w *world) tidy(t *testing.T) {
	t.Helper()
	if err := w.App.Service.EraseDead(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// run has the program's own loops run until done.
func (w *world) run(t *testing.T, done func() bool) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); w.App.Run(ctx) }()
	defer func() { stop(); <-ended }()
	for deadline := time.Now().Add(30 * time.Second); !done(); {
		if time.Now().After(deadline) {
			t.Fatal("the program's loops did not do it within 30 s")
		}
	}
}

// stored are the sealed credentials of the consent that a channel stands on, and of all
// that it reaches.
func stored(t *testing.T, db *e2e.Database, channel int64) (all [][]byte) {
	t.Helper()
	of := fmt.Sprintf(`(SELECT grant_id FROM channels WHERE id = %d)`, channel)
	rows, err := db.QueryContext(t.Context(), `
		SELECT sealed FROM grants WHERE sealed IS NOT NULL AND id = `+of+`
		UNION ALL SELECT sealed FROM (SELECT sealed FROM targets WHERE sealed IS NOT NULL AND grant_id = `+of+` ORDER BY id) AS t`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var sealed []byte
		if err := rows.Scan(&sealed); err != nil {
			t.Fatal(err)
		}
		all = append(all, sealed)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// gone looks for what was erased in the whole database, and in SQLite's file.
func gone(t *testing.T, db *e2e.Database, sealed [][]byte) {
	t.Helper()
	for row := range db.Dump(t) {
		for _, bytes := range sealed {
			if strings.Contains(row.Text, fmt.Sprintf("%x", bytes)) {
				t.Errorf("the credentials stand in %s", row.Table)
			}
		}
	}
	if db.Engine != "sqlite" {
		return
	}
	var path string
	if err := db.QueryRowContext(t.Context(), "SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&path); err != nil {
		t.Fatal(err)
	}
	testkit.Soon(t, "no credentials that were erased in SQLite's files", func() bool {
		for _, suffix := range []string{"", "-wal"} {
			content, err := os.ReadFile(path + suffix)
			if err != nil {
				t.Fatal(err)
			}
			for _, erased := range sealed {
				if bytes.Contains(content, erased[len(erased)/2:]) {
					return false
				}
			}
		}
		return true
	})
}

// knows checks what is told of a channel whose credentials were erased: all that was, and
// no platform is asked.
func (w *world) knows(t *testing.T, k kind, id int64, known report) {
	t.Helper()
	known.ExpiresAt = nil // there is no token any more
	if diff := cmp.Diff(known, w.health(t, id)); diff != "" {
		t.Errorf("health (-before +after):\n%s", diff)
	}
	w.lab(t, "/lab/faults", map[string]any{"platform": k.platform, "kind": "status", "status": 500}) // whoever asks takes it
	var checked struct {
		report
		CheckedNow bool `json:"checked_now"`
	}
	w.Call(t, http.MethodPost, fmt.Sprintf("/v1/channels/%d/check", id), nil).Into(t, http.StatusOK, &checked)
	if diff := cmp.Diff(known, checked.report); diff != "" || checked.CheckedNow {
		t.Errorf("checked now: got %t, want not; (-before +after):\n%s", checked.CheckedNow, diff)
	}
	if left := len(w.App.Lab.Faults()); left != 1 {
		t.Error("the platform was asked")
	}
	w.App.Lab.ClearFaults()
	if got := refused(t, w.ask(t, id, nil)); got != "409 revoked" {
		t.Errorf("lease: got %s, want 409 revoked", got)
	}
	w.rest(t)
	for _, e := range w.news(t) {
		if e.ChannelID == id {
			t.Errorf("got the event %s, want none", e)
		}
	}
}

// disconnects ends all channels of a consent that is empty: nothing is left to be revoked,
// which is told as of platforms that know no revoking.
func (w *world) disconnects(t *testing.T, db *e2e.Database, g grant) {
	t.Helper()
	before := len(w.App.Lab.Revocations())
	for _, c := range g.channels {
		var ended struct{ Lifecycle string }
		w.Call(t, http.MethodPost, fmt.Sprintf("/v1/channels/%d/disconnect", c.ID), nil).Into(t, http.StatusOK, &ended)
		if ended.Lifecycle != "disconnected" {
			t.Errorf("channel %d: got %s, want disconnected", c.ID, ended.Lifecycle)
		}
	}
	w.tell(t)
	if n := len(w.App.Lab.Revocations()) - before; n != 0 {
		t.Errorf("the platform was told of %d consents, want none", n)
	}
	var grants, told int
	err := db.QueryRowContext(t.Context(), `
		SELECT (SELECT count(*) FROM grants), (SELECT count(*) FROM events WHERE type = 'grant.revoked')`).Scan(&grants, &told)
	if err != nil || grants != 1 || told != 0 {
		t.Errorf("got %d grants, %d events grant.revoked (%v); want the living one, and none", grants, told, err)
	}
}
