package connect_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// owner finds an owner by the application's id, or makes it.
func (w *journey) owner(t *testing.T, externalID string) connect.Owner {
	t.Helper()
	o, err := w.svc.OwnerByExternalID(t.Context(), w.caller, externalID)
	if fault.ReasonOf(err) != "" {
		o, err = w.svc.AddOwner(t.Context(), w.caller, connect.Owner{ExternalID: externalID}, connect.Once[connect.Owner]{})
	}
	must(t, err)
	return o
}

func (w *journey) erase(t *testing.T, externalID string) connect.Erased {
	t.Helper()
	erased, err := w.svc.EraseOwner(t.Context(), w.caller, w.owner(t, externalID).ID)
	must(t, err)
	return erased
}

// lastEvent is the newest event of a type.
func (w *journey) lastEvent(t *testing.T, kind string) (found connect.Event) {
	t.Helper()
	list, err := w.svc.Events(t.Context(), w.caller, 0, 200)
	must(t, err)
	for _, e := range list {
		if e.Type == kind {
			found = e
		}
	}
	if found.Type == "" {
		t.Errorf("there is no event %s", kind)
	}
	return found
}

// Everything of an owner goes: what they connected, what they consented to, what was told of
// them. Another owner's channel that stood on their consent is disconnected, and told of.
func TestErasingAnOwnerTakesEverythingOfTheirs(t *testing.T) {
	t.Parallel()
	w := newJourney(t)
	w.garden.reach(2, "person")
	v := w.visit(t, connect.CheckSameBrowser)
	v.consent(t, browserA, browserA)
	must(t, v.choose(t, browserA, 2))
	kept, moved := v.now(t).Channels[0].ID, v.now(t).Channels[1].ID
	_, err := w.svc.MoveChannel(t.Context(), w.caller, moved, w.owner(t, "user-2").ID)
	must(t, err)
	mail := "jane@example.com"
	theirs := w.owner(t, "user-1")
	_, err = w.svc.ChangeOwner(t.Context(), w.caller, theirs.ID, connect.OwnerChange{ContactEmail: &mail, Name: &mail})
	must(t, err)
	_, err = w.svc.AddGroup(t.Context(), w.caller, connect.Group{OwnerID: theirs.ID, Name: "Group", ChannelIDs: []int64{v.now(t).Channels[0].ID}}, connect.Once[connect.Group]{})
	must(t, err)
	key, err := w.svc.AddKey(t.Context(), w.caller, connect.NewKey{Name: "theirs", Scopes: []connect.Scope{connect.ScopeChannelsRead}, OwnerExternalID: "user-1"}, connect.Once[connect.CreatedKey]{})
	must(t, err)
	_, err = w.svc.Authenticate(t.Context(), key.Secret)
	must(t, err)
	w.visit(t, connect.CheckSameBrowser) // that nobody opened

	same(t, "erased", w.erase(t, "user-1"), connect.Erased{OwnerID: theirs.ID, Channels: 1, Grants: 1, Sessions: 2, Keys: 1})
	for table, want := range map[string]int{
		"grants": 0, "targets": 0, "sessions": 0, "attempts": 0, "attempt_steps": 0, "channel_groups": 0, "channel_group_members": 0,
		"channels": 1, "owners": 2, "owners WHERE external_id = 'user-1'": 0,
	} {
		same(t, table, w.count(t, table), want)
	}
	_, err = w.svc.Authenticate(t.Context(), key.Secret)
	wants(t, "their key", err, connect.ErrKeyUnknown)
	left, err := w.store.Channel(t.Context(), w.space.ID, moved)
	must(t, err)
	if left.Lifecycle != connect.LifecycleDisconnected || left.GrantID != 0 || left.TargetID != 0 {
		t.Errorf("the other owner's channel: got %+v, want it disconnected", left)
	}
	gone := w.lastEvent(t, connect.EventChannelDisconnected)
	if gone.ChannelID != moved || !strings.Contains(string(gone.Data), `"reason":"grant_erased"`) {
		t.Errorf("got %+v, want that channel %d was disconnected since the consent was erased", gone, moved)
	}
	same(t, "channels told of as erased", w.count(t, "events WHERE type = 'channel.erased'"), 1)
	ended := w.lastEvent(t, connect.EventChannelErased)
	same(t, "what is told of theirs", string(ended.Data), fmt.Sprintf(`{"channel_id":"%d","platform":"garden","reason":"owner_erased"}`, kept))
	same(t, "whose it was", ended.OwnerID, theirs.ID)
	told := w.lastEvent(t, connect.EventOwnerErased)
	if told.OwnerID != theirs.ID || told.Cause != connect.CauseIntegration {
		t.Errorf("got %+v, want owner %d erased by the integration", told, theirs.ID)
	}
	same(t, "told of them before", w.count(t, fmt.Sprintf("events WHERE owner_id = %d AND data <> '{}' AND type NOT IN ('owner.erased', 'grant.erased', 'channel.erased', 'channel.moved_away')", theirs.ID)), 0)
	same(t, "what is told of one that went before", string(w.lastEvent(t, connect.EventChannelMovedAway).Data), `{"platform":"garden"}`)
	same(t, "in the audit log", w.count(t, fmt.Sprintf("audit WHERE owner_id = %d AND action = 'owner.erased'", theirs.ID)), 1)
	_, err = w.svc.EraseOwner(t.Context(), w.caller, theirs.ID)
	wants(t, "a second time", err, fault.NotFound)
	verdict, err := w.svc.VerifyAudit(t.Context(), w.caller, nil)
	must(t, err)
	same(t, "the audit log is intact", verdict.Intact, true)
}

// A consent of somebody else's ends with the last channel that stands on it.
func TestErasingTheLastUserOfAConsentEndsIt(t *testing.T) {
	t.Parallel()
	w := newJourney(t)
	w.garden.reach(2, "person")
	v := w.visit(t, connect.CheckSameBrowser)
	v.consent(t, browserA, browserA)
	must(t, v.choose(t, browserA, 2))
	for i, ch := range v.now(t).Channels {
		_, err := w.svc.MoveChannel(t.Context(), w.caller, ch.ID, w.owner(t, fmt.Sprint("other-", i)).ID)
		must(t, err)
	}
	same(t, "grants of others", w.erase(t, "other-0").Grants, 0)
	same(t, "grants while one stands on it", w.count(t, "grants"), 1)
	w.erase(t, "other-1")
	same(t, "grants", w.count(t, "grants"), 0)
	same(t, "channels", w.count(t, "channels"), 0)
}

func TestTheDefaultOwnerStaysEmptied(t *testing.T) {
	t.Parallel()
	w := newJourney(t)
	before, err := w.store.DefaultOwner(t.Context(), w.space.ID)
	must(t, err)
	for range 2 {
		_, err := w.svc.EraseOwner(t.Context(), w.caller, before.ID)
		must(t, err)
	}
	after, err := w.store.DefaultOwner(t.Context(), w.space.ID)
	must(t, err)
	if after.ID != before.ID || after.Name != "" || after.ExternalID != before.ExternalID {
		t.Errorf("got %+v, want owner %d without a name", after, before.ID)
	}
}

func TestWhoMayErase(t *testing.T) {
	t.Parallel()
	w := newJourney(t)
	o := w.owner(t, "user-1")
	bound, lacking, other := w.caller, w.caller, w.caller
	bound.OwnerID = o.ID
	lacking.Scopes = []connect.Scope{connect.ScopeOwnersRead}
	other.WorkspaceID++
	for what, c := range map[string]struct {
		caller connect.Caller
		want   fault.Code
	}{
		"their own key": {bound, fault.Forbidden}, "a key without the scope": {lacking, fault.Forbidden}, "another workspace's": {other, fault.NotFound},
	} {
		_, err := w.svc.EraseOwner(t.Context(), c.caller, o.ID)
		wants(t, what, err, c.want)
	}
	same(t, "owners", w.count(t, "owners"), 2)
}

// An attempt in any state keeps nobody from being erased, and leaves nothing.
func TestErasingWhilePeopleAreConsenting(t *testing.T) {
	t.Parallel()
	w := newJourney(t)
	w.garden.reach(2, "person")
	w.visit(t, connect.CheckSameBrowser).begin(t, browserA)
	w.visit(t, connect.CheckSameBrowser).consent(t, browserA, browserA) // chooses
	held := w.visit(t, connect.CheckConfirm)
	held.consent(t, browserB, browserB)
	must(t, held.choose(t, browserB, 1))
	same(t, "sessions", w.erase(t, "user-1").Sessions, 3)
	same(t, "left", w.left(t), fmt.Sprint("0 0 0 1 ", w.count(t, "events"), " ", w.count(t, "audit"), " 0"))

	late := w.visit(t, connect.CheckSameBrowser)
	state := late.begin(t, browserA)
	w.garden.exchange = func() { w.erase(t, "user-1") }
	if _, err := late.back(t, state, browserA); fault.From(err) != nil && fault.From(err).Code == fault.Conflict {
		t.Errorf("coming back to nothing: got %v", err)
	}
	same(t, "left of a code that was out", w.count(t, "grants")+w.count(t, "sessions")+w.count(t, "owners WHERE NOT is_default"), 0)
}

// A refresh that is under way when its owner is erased brings nothing back.
func TestErasingWhileARefreshIsUnderWay(t *testing.T) {
	t.Parallel()
	p := &plot{model: platform.RefreshRotating, life: 2 * time.Hour}
	w, _ := plant(t, p)
	w.set(t, "DELETE FROM audit") // sealed with keys of before
	w.set(t, "DELETE FROM audit_heads")
	p.refresh = func() error {
		w.erase(t, "user-1")
		return nil
	}
	w.after(t, 1, 115*time.Minute)
	same(t, "refreshes", p.sent, 1)
	same(t, "left", w.count(t, "grants")+w.count(t, "targets")+w.count(t, "channels")+w.count(t, "sessions"), 0)
}

func TestWhoWaitsIsToldOfAnErasure(t *testing.T) {
	t.Parallel()
	w := newJourney(t)
	v := w.visit(t, connect.CheckSameBrowser)
	waited := make(chan error, 1)
	go func() {
		_, err := w.svc.WaitSession(t.Context(), w.caller, v.id, time.Minute)
		waited <- err
	}()
	w.erase(t, "user-1")
	select {
	case err := <-waited:
		wants(t, "waiting", err, fault.NotFound)
	case <-time.After(20 * time.Second):
		t.Error("the waiter was not told")
	}
	_, err := w.svc.OpenLink(t.Context(), v.link, vault.Secret{})
	wants(t, "the link", err, connect.ErrLinkUnknown)
}

// What was answered about an owner is not answered again once they are erased, whosever
// key asked.
func TestKeptAnswersGoWithTheirOwner(t *testing.T) {
	t.Parallel()
	w := newJourney(t)
	ask := func() {
		for _, name := range []string{"user-9", "stays"} {
			_, err := w.svc.AddOwner(t.Context(), w.caller, connect.Owner{ExternalID: name, Name: "Jane Roe"}, kept[connect.Owner]("owner "+name))
			again(t, err)
			owner := w.owner(t, name)
			_, err = w.svc.CreateSession(t.Context(), w.caller, connect.NewSession{OwnerExternalID: owner.ExternalID}, kept[connect.CreatedSession]("session "+owner.ExternalID))
			again(t, err)
			_, err = w.svc.CreateDirect(t.Context(), w.caller, connect.NewSession{OwnerExternalID: owner.ExternalID, Platforms: []string{"garden"}}, kept[connect.CreatedDirect]("direct "+owner.ExternalID))
			again(t, err)
			_, err = w.svc.AddKey(t.Context(), w.caller, connect.NewKey{Name: "k", Scopes: []connect.Scope{connect.ScopeChannelsRead}, OwnerExternalID: owner.ExternalID}, kept[connect.CreatedKey]("key "+owner.ExternalID))
			again(t, err)
			_, err = w.svc.AddGroup(t.Context(), w.caller, connect.Group{OwnerID: owner.ID, Name: "Jane's"}, kept[connect.Group]("group "+owner.ExternalID))
			again(t, err)
		}
	}
	w.caller.Scopes = connect.Scopes()
	ask()
	o, stays := w.owner(t, "user-9"), w.owner(t, "stays")
	same(t, "kept", w.count(t, "replies"), 10)
	same(t, "kept of the owner", w.count(t, fmt.Sprintf("replies WHERE owner_id = %d", o.ID)), 5)
	ask() // answered again
	same(t, "kept, once more", w.count(t, "replies"), 10)
	w.erase(t, "user-9")
	same(t, "kept after the erasure", w.count(t, "replies"), 5)
	same(t, "of whom stays", w.count(t, fmt.Sprintf("replies WHERE owner_id = %d", stays.ID)), 5)
}

func kept[T any](key string) connect.Once[T] {
	return connect.Once[T]{
		Key: strings.ReplaceAll(key, " ", "-"), Route: "r", Fingerprint: []byte("f"),
		Render: func(v T) ([]byte, error) { return fmt.Appendf(nil, "%T of Jane Roe", v), nil },
	}
}

// again lets a request have its effect, or have had it.
func again(t *testing.T, err error) {
	t.Helper()
	var before *connect.Replayed
	if err != nil && !errors.As(err, &before) {
		t.Fatal(err)
	}
}

// What is over goes in several transactions, and is counted.
func TestErasingAnOwnerWithManySessions(t *testing.T) {
	t.Parallel()
	w := newJourney(t)
	o := w.owner(t, "user-1")
	for range 3 {
		must(t, w.store.InTx(t.Context(), func(tx connect.Tx) error {
			for range 701 {
				s := connect.Session{
					WorkspaceID: w.space.ID, OwnerID: o.ID, Origin: connect.OriginNative, Status: connect.SessionPending, TokenHash: []byte(rand.Text()), Display: connect.DisplayHosted,
					Selection: connect.SelectPlatform, InitiatorCheck: connect.CheckNone, CreatedAt: w.clock.now(), UpdatedAt: w.clock.now(), ExpiresAt: w.clock.now(),
				}
				s, err := tx.InsertSession(t.Context(), s)
				if err != nil {
					return err
				}
				s.Status, s.EndedAt = connect.SessionExpired, w.clock.now()
				if err := tx.UpdateSession(t.Context(), s); err != nil {
					return err
				}
				tx.Emit(connect.Event{WorkspaceID: w.space.ID, OwnerID: o.ID, SessionID: s.ID, Type: connect.EventSessionExpired, Cause: connect.CauseSystem, Data: []byte(`{"name":"Jane Roe"}`), At: w.clock.now()})
			}
			return nil
		}))
	}
	w.visit(t, connect.CheckSameBrowser).consent(t, browserA, browserA)
	w.visit(t, connect.CheckSameBrowser).begin(t, browserB)
	got := w.erase(t, "user-1")
	if got.Sessions != 3*701+2 || got.Channels != 1 {
		t.Errorf("got %+v, want %d sessions and a channel", got, 3*701+2)
	}
	same(t, "sessions left", w.count(t, "sessions"), 0)
	same(t, "attempts left", w.count(t, "attempts")+w.count(t, "attempt_steps"), 0)
	same(t, "told of them", w.count(t, fmt.Sprintf("events WHERE owner_id = %d AND data <> '{}' AND type NOT IN ('owner.erased', 'grant.erased', 'channel.erased')", o.ID)), 0)
}
