package alive_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"patchbay/internal/e2e"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// silent is something that goes wrong at the platform without anybody being told.
type silent struct {
	name    string
	kind    kind
	persona string // empty: one of the crowd
	path    string // of the Lab's control
	harm    map[string]any
	want    string // health, who must act, and why
	target  bool   // it is about one target, and comes right when it is given back
}

var silents = []silent{
	{"a page is gone", facebook, "", "/lab/targets", map[string]any{"gone": true}, "error page_administrator target_gone", true},
	{"a role at a page is lost", facebook, "", "/lab/targets", map[string]any{"no_role": true}, "error page_administrator target_permission", true},
	{"an account behind a page is gone", instagram, "", "/lab/targets", map[string]any{"gone": true}, "error page_administrator target_gone", true},
	{"a role at an organization is lost", partner, "creator", "/lab/targets", map[string]any{"no_role": true}, "error page_administrator target_gone", true},
	{"a permission is withdrawn", facebook, "", "/lab/scopes", map[string]any{"withdraw": []string{"pages_manage_posts"}}, "needs_reauth person scopes_missing", false},
	{"a permission is withdrawn behind a page", instagram, "", "/lab/scopes", map[string]any{"withdraw": []string{"instagram_content_publish"}}, "needs_reauth person scopes_missing", false},
	{"Facebook revoked", facebook, "", "/lab/revoke", nil, "needs_reauth person revoked", false},
	{"Facebook's password changed", facebook, "", "/lab/revoke", map[string]any{"how": "password_changed"}, "needs_reauth person password_changed", false},
	{"Facebook wants a look first", instagram, "", "/lab/revoke", map[string]any{"how": "checkpoint"}, "needs_reauth person checkpoint", false},
	{"LinkedIn revoked", member, "", "/lab/revoke", nil, "needs_reauth person revoked", false},
	{"LinkedIn revoked, with a refresh token", partner, "", "/lab/revoke", nil, "needs_reauth person revoked", false},
	{"Mastodon revoked", mastodon, "", "/lab/revoke", nil, "needs_reauth person revoked", false},
	{"X revoked", twitter, "", "/lab/revoke", nil, "needs_reauth person revoked", false},
	{"a described platform revoked", stable, "", "/lab/revoke", nil, "needs_reauth person revoked", false},
}

// TestSilentFailures: the probe, once a day or on demand, finds what went wrong before a
// post does, says who must do something about it, and sees when it is right again.
func TestSilentFailures(t *testing.T) {
	t.Parallel()
	for n, engine := range e2e.Engines {
		for _, onDemand := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/on_demand_%t", engine, onDemand), func(t *testing.T) {
				t.Parallel()
				w := start(t, e2e.Options{Engine: engine, Change: withOpen(t)})
				w.registerOpen(t)
				var cases []suffering
				for i, c := range silents {
					if (i%2 == n) == onDemand { // each way on one of the engines
						continue
					}
					cases = append(cases, suffering{c, w.consents(t, c.kind, cmp.Or(c.persona, fmt.Sprintf("crowd-%d", i)))})
				}
				w.suffer(t, cases, onDemand)
			})
		}
	}
}

// suffering is a consent to which something happens.
type suffering struct {
	silent
	grant grant
}

func (w *world) suffer(t *testing.T, cases []suffering, onDemand bool) {
	learn := func(c suffering) string {
		if onDemand {
			return w.check(t, c.hit().ID).String()
		}
		return w.health(t, c.hit().ID).String()
	}
	w.await(t, onDemand)
	for _, c := range cases {
		if got := learn(c); got != "healthy nobody" {
			t.Fatalf("%s: got %s before", c.name, got)
		}
		w.lab(t, c.path, c.body(c.harm))
	}
	w.await(t, onDemand)
	for _, c := range cases {
		if got := learn(c); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
		w.judge(t, c)
	}
	told := w.toldOf(t)
	for _, c := range cases {
		for _, channel := range c.grant.channels {
			if diff := gocmp.Diff(c.events(channel), told[channel.ID]); diff != "" {
				t.Errorf("%s: events of %s (-want +got):\n%s", c.name, channel.External, diff)
			}
		}
		w.mend(t, c)
	}
	w.await(t, onDemand)
	for _, c := range cases {
		if got := learn(c); got != "healthy nobody" {
			t.Errorf("%s: got %s after it was mended", c.name, got)
		}
	}
	for id, words := range w.toldOf(t) {
		if diff := gocmp.Diff([]string{"channel.recovered"}, words); diff != "" {
			t.Errorf("events of channel %d when it was mended (-want +got):\n%s", id, diff)
		}
	}
}

// await lets so much time pass that each is probed, or that no token is fresh.
func (w *world) await(t *testing.T, onDemand bool) {
	t.Helper()
	if onDemand {
		w.advance(2 * time.Minute)
		return
	}
	w.pass(t, day, 2*time.Hour)
}

// judge looks at what is beside the first channel's health.
func (w *world) judge(t *testing.T, c suffering) {
	t.Helper()
	if gone, _ := c.harm["withdraw"].([]string); len(gone) > 0 {
		r := w.health(t, c.hit().ID)
		if !slices.Contains(r.Wanted, gone[0]) || slices.Contains(r.Granted, gone[0]) || len(r.Granted) == 0 {
			t.Errorf("%s: got %v granted of %v, want all but %s", c.name, r.Granted, r.Wanted, gone[0])
		}
	}
	for _, other := range c.grant.channels[:len(c.grant.channels)-1] {
		if got := w.health(t, other.ID).String(); (got == "healthy nobody") != c.target {
			t.Errorf("%s: got another channel of the same consent %s", c.name, got)
		}
	}
}

// toldOf is the news by channel.
func (w *world) toldOf(t *testing.T) map[int64][]string {
	t.Helper()
	told := map[int64][]string{}
	for _, e := range w.news(t) {
		told[e.ChannelID] = append(told[e.ChannelID], e.String())
	}
	return told
}

// hit is the channel to which it happens, where it does not happen to all.
func (c suffering) hit() channel { return c.grant.channels[len(c.grant.channels)-1] }

// events is what is told of one of the consent's channels.
func (c suffering) events(of channel) []string {
	if c.target && of != c.hit() {
		return nil
	}
	words := strings.Fields(c.want)
	return []string{"channel." + words[0] + " " + words[2]}
}

// body is what the control is told: whose, and of which target.
func (c suffering) body(more map[string]any) map[string]any {
	body := map[string]any{"platform": c.kind.platform, "persona": c.grant.persona}
	if c.kind.platform == "stable" {
		body["platform"] = "open"
	}
	if c.target {
		body["target"] = c.hit().External
	}
	for name, value := range more {
		body[name] = value
	}
	return body
}

// mend gives the target back, or has the person consent anew.
func (w *world) mend(t *testing.T, c suffering) {
	t.Helper()
	if c.target {
		w.lab(t, c.path, c.body(nil))
		return
	}
	w.consents(t, c.kind, c.grant.persona)
}

// TestATokenOfTheWrongKind: by whatever mistake, a page holds the person's token, and an
// account that of somebody else.
func TestATokenOfTheWrongKind(t *testing.T) {
	t.Parallel()
	for _, onDemand := range []bool{false, true} {
		t.Run(fmt.Sprintf("on_demand_%t", onDemand), func(t *testing.T) {
			t.Parallel()
			w := start(t, e2e.Options{})
			page, one, other := w.consents(t, facebook, "crowd-7"), w.one(t, mastodon, "crowd-7"), w.one(t, mastodon, "crowd-8")
			v := openVault(t, w)
			users := v.open(t, "grants", v.grantOf(t, page.channels[0].ID))
			v.seal(t, "targets", v.targetOf(t, page.channels[0].ID), users)
			v.seal(t, "grants", v.grantOf(t, one), v.open(t, "grants", v.grantOf(t, other)))
			if onDemand {
				w.check(t, page.channels[0].ID)
				w.check(t, one)
			} else {
				w.pass(t, day, 30*time.Minute)
			}
			for id, want := range map[int64]string{
				page.channels[0].ID: "needs_reauth person token_kind", page.channels[1].ID: "healthy nobody",
				one: "needs_reauth person token_kind", other: "healthy nobody",
			} {
				if got := w.health(t, id).String(); got != want {
					t.Errorf("channel %d: got %s, want %s", id, got, want)
				}
			}
		})
	}
}

// openedVault reads and writes sealed credentials beside the program.
type openedVault struct {
	*vault.Vault
	db        *e2e.Database
	workspace int64
}

func openVault(t *testing.T, w *world) openedVault {
	t.Helper()
	v, err := vault.New(w.Keyset)
	if err != nil {
		t.Fatal(err)
	}
	return openedVault{v, w.OpenDatabase(t), w.Workspace.ID}
}

func (v openedVault) grantOf(t *testing.T, channel int64) int64 {
	return v.number(t, "SELECT grant_id FROM channels WHERE id = $1", channel)
}

func (v openedVault) targetOf(t *testing.T, channel int64) int64 {
	return v.number(t, "SELECT target_id FROM channels WHERE id = $1", channel)
}

func (v openedVault) number(t *testing.T, query string, id int64) (n int64) {
	t.Helper()
	if err := v.db.QueryRowContext(t.Context(), query, id).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func (v openedVault) place(t *testing.T, table string, id int64) vault.Place {
	return vault.Place{
		Workspace: v.workspace, Table: table, Row: id, Field: "credentials",
		Version: v.number(t, "SELECT token_version FROM "+table+" WHERE id = $1", id),
	}
}

func (v openedVault) open(t *testing.T, table string, id int64) platform.Credentials {
	t.Helper()
	var sealed []byte
	if err := v.db.QueryRowContext(t.Context(), "SELECT sealed FROM "+table+" WHERE id = $1", id).Scan(&sealed); err != nil {
		t.Fatal(err)
	}
	secret, err := v.Open(v.place(t, table, id), sealed)
	if err != nil {
		t.Fatal(err)
	}
	credentials, err := platform.DecodeCredentials(secret)
	if err != nil {
		t.Fatal(err)
	}
	return credentials
}

func (v openedVault) seal(t *testing.T, table string, id int64, c platform.Credentials) {
	t.Helper()
	sealed, err := v.Seal(v.place(t, table, id), c.Encode())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.db.ExecContext(t.Context(), "UPDATE "+table+" SET sealed = $1 WHERE id = $2", sealed, id); err != nil {
		t.Fatal(err)
	}
}
