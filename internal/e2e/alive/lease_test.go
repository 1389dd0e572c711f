package alive_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/connect"
	"patchbay/internal/e2e"
)

// TestALeaseIsGoodForAsLongAsWasAsked: the token in use while it lasts, a new one when it
// would not, none where no token lives that long.
func TestALeaseIsGoodForAsLongAsWasAsked(t *testing.T) {
	t.Parallel()
	w := start(t, e2e.Options{})
	id := w.one(t, twitter, "crowd-1")
	seq := w.seq()
	for _, step := range []struct {
		pass    time.Duration
		body    any
		version int64
		refused string
	}{
		{0, nil, 2, ""},
		{0, map[string]any{"min_lifetime_s": 7200}, 2, ""},
		{0, map[string]any{"min_lifetime_s": 7201}, 0, "409 token_short"},
		{11 * time.Minute, map[string]any{"min_lifetime_s": 7200}, 0, "409 token_short"}, // another would hardly live longer
		{time.Minute, map[string]any{"min_lifetime_s": 7200}, 3, ""},
		{0, map[string]any{"newer_than": 2}, 3, ""},
		{0, map[string]any{"newer_than": 3}, 4, ""},
		{0, map[string]any{"newer_than": 9}, 0, "422 invalid_field"},
		{0, map[string]any{"min_lifetime_s": 0}, 0, "422 invalid_field"},
		{0, map[string]any{"min_lifetime_s": 86401}, 0, "422 invalid_field"},
		{2*time.Hour - time.Minute, nil, 4, ""},
		{time.Second, nil, 5, ""},
		{3 * time.Hour, map[string]any{"min_lifetime_s": 300}, 6, ""},
	} {
		w.advance(step.pass)
		name := fmt.Sprintf("%v after %s", step.body, w.at())
		if step.refused != "" {
			if got := refused(t, w.ask(t, id, step.body)); got != step.refused {
				t.Errorf("%s: got %s, want %s", name, got, step.refused)
			}
			continue
		}
		lent := w.lease(t, id, step.body)
		if lent.Version != step.version || lent.ChannelID != id || lent.Type != "Bearer" {
			t.Errorf("%s: got version %d of channel %d, a %s; want %d of %d", name, lent.Version, lent.ChannelID, lent.Type, step.version, id)
		}
		if !w.works(t, twitter, channel{ID: id}, lent) {
			t.Errorf("%s: the platform does not take the token", name)
		}
	}
	if got := len(w.redeems(seq)); got != 4 {
		t.Errorf("got %d refreshes, want 4", got)
	}
}

// TestATokenOfItsOwn: pages have their page's, which does not end and cannot be renewed;
// a server of many says which one a token is for.
func TestATokenOfItsOwn(t *testing.T) {
	t.Parallel()
	w := start(t, e2e.Options{})
	g := w.consents(t, facebook, "crowd-1")
	first, second := w.lease(t, g.channels[0].ID, nil), w.lease(t, g.channels[1].ID, map[string]any{"min_lifetime_s": 86400})
	if first.Access == second.Access || first.ExpiresAt != nil || second.ExpiresAt != nil {
		t.Errorf("got the same token: %t, ends %v and %v; want two without an end", first.Access == second.Access, first.ExpiresAt, second.ExpiresAt)
	}
	for i, lent := range []token{first, second} {
		if !w.works(t, facebook, g.channels[i], lent) {
			t.Errorf("page %d: the platform does not take the token", i)
		}
		if told := w.health(t, g.channels[i].ID); told.ExpiresAt != nil {
			t.Errorf("page %d: its health tells that the token ends at %v, and it does not", i, told.ExpiresAt)
		}
	}
	if got := refused(t, w.ask(t, g.channels[0].ID, map[string]any{"newer_than": first.Version})); got != "409 no_newer_token" {
		t.Errorf("a newer token of a page that works: got %s, want 409 no_newer_token", got)
	}
	w.lab(t, "/lab/targets", map[string]any{"platform": "facebook", "persona": "crowd-1", "target": g.channels[0].External, "gone": true})
	if got := refused(t, w.ask(t, g.channels[0].ID, map[string]any{"newer_than": first.Version})); got != "409 target_gone" {
		t.Errorf("a newer token of a page that is gone: got %s, want 409 target_gone", got)
	}
	if got := w.lease(t, g.channels[1].ID, nil); got.Access != second.Access {
		t.Error("the other page has another token now")
	}
	m := w.one(t, mastodon, "crowd-1")
	if got := w.lease(t, m, nil); got.Server != "https://mastodon.example" || got.ExpiresAt != nil {
		t.Errorf("Mastodon: got the server %q and the end %v, want mastodon.example and none", got.Server, got.ExpiresAt)
	}
}

// TestNoTokenOfWhatIsNotToBeUsed: paused, disconnected, over.
func TestNoTokenOfWhatIsNotToBeUsed(t *testing.T) {
	t.Parallel()
	w := start(t, e2e.Options{})
	id := w.one(t, twitter, "crowd-1")
	db := w.OpenDatabase(t)
	for lifecycle, want := range map[string]string{"paused": "409 channel_paused", "disconnected": "409 channel_disconnected"} {
		if _, err := db.ExecContext(t.Context(), "UPDATE channels SET lifecycle = $1", lifecycle); err != nil {
			t.Fatal(err)
		}
		if got := refused(t, w.ask(t, id, nil)); got != want {
			t.Errorf("%s: got %s, want %s", lifecycle, got, want)
		}
	}
	if _, err := db.ExecContext(t.Context(), "UPDATE channels SET lifecycle = 'active'"); err != nil {
		t.Fatal(err)
	}
	version := w.lease(t, id, nil).Version
	w.lab(t, "/lab/revoke", map[string]any{"platform": "x", "persona": "crowd-1"})
	if got := refused(t, w.ask(t, id, map[string]any{"newer_than": version})); got != "409 revoked" {
		t.Errorf("revoked, and the token was refused: got %s, want 409 revoked", got)
	}
	if got := refused(t, w.ask(t, id, nil)); got != "409 revoked" {
		t.Errorf("after that: got %s, want 409 revoked", got)
	}
	if got := w.health(t, id).String(); got != "needs_reauth person revoked" {
		t.Errorf("health: got %s", got)
	}
	if diff := cmp.Diff([]string{"channel.needs_reauth revoked"}, words(w.news(t))); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// TestWhoMayHaveAToken: the scope, the owner to whom a key is bound, the workspace. Each
// lease stands in the audit log, without the token.
func TestWhoMayHaveAToken(t *testing.T) {
	t.Parallel()
	for _, engine := range e2e.Engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			w := start(t, e2e.Options{Engine: engine})
			id := w.one(t, twitter, "crowd-1")
			var own struct{ Owner struct{ ID int64 } }
			w.Call(t, http.MethodGet, fmt.Sprintf("/v1/channels/%d", id), nil).Into(t, http.StatusOK, &own)
			w.one(t, twitter, "crowd-2")
			other, err := w.App.Service.CreateWorkspace(t.Context(), connect.Workspace{Name: "Another"})
			if err != nil {
				t.Fatal(err)
			}
			lease := []connect.Scope{connect.ScopeTokensLease}
			for _, c := range []struct {
				name string
				key  connect.Key
				want string
			}{
				{"the scope alone", connect.Key{WorkspaceID: w.Workspace.ID, Scopes: lease}, ""},
				{"its owner", connect.Key{WorkspaceID: w.Workspace.ID, Scopes: lease, OwnerID: own.Owner.ID}, ""},
				{"another owner", connect.Key{WorkspaceID: w.Workspace.ID, Scopes: lease, OwnerID: own.Owner.ID + 1}, "404 not_found"},
				{"without the scope", connect.Key{WorkspaceID: w.Workspace.ID, Scopes: []connect.Scope{connect.ScopeChannelsRead, connect.ScopeChannelsWrite}}, "403 scope_missing"},
				{"another workspace", connect.Key{WorkspaceID: other.ID}, "404 not_found"},
			} {
				got := ""
				if answer := w.CallAs(t, w.NewKey(t, c.key), http.MethodPost, fmt.Sprintf("/v1/channels/%d/token", id), nil); answer.Status != http.StatusOK {
					got = refused(t, answer)
				}
				if got != c.want {
					t.Errorf("%s: got %q, want %q", c.name, got, c.want)
				}
			}
			w.audited(t, id)
		})
	}
}

// audited wants the two leases in the audit log, and nothing secret.
func (w *world) audited(t *testing.T, id int64) {
	t.Helper()
	lent := w.lease(t, id, nil)
	answer := w.Call(t, http.MethodGet, "/v1/audit", nil)
	var page struct {
		Data []struct {
			KeyID     int64 `json:"key_id"`
			ChannelID int64 `json:"channel_id"`
			Action    string
			At        time.Time
			Data      map[string]string
		}
	}
	answer.Into(t, http.StatusOK, &page)
	keys, leases := map[int64]bool{}, 0
	for _, e := range page.Data {
		if e.Action != "token.leased" {
			continue
		}
		leases++
		if e.ChannelID != id || !e.At.Equal(w.now()) || e.Data["version"] != fmt.Sprint(lent.Version) {
			t.Errorf("got the entry %+v, want a lease of channel %d, version %d, now", e, id, lent.Version)
		}
		keys[e.KeyID] = true
	}
	if leases != 3 || len(keys) != 3 || keys[0] {
		t.Errorf("got %d leases of the keys %v, want 3 of three keys", leases, keys)
	}
	if strings.Contains(string(answer.Body), lent.Access) {
		t.Error("the audit log holds the token")
	}
}
