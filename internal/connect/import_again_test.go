package connect_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// newBegunBank is newBank after the program has started.
func newBegunBank(t *testing.T, b *bank) *journey {
	t.Helper()
	w := newBank(t, b)
	must(t, w.svc.BeginAudit(t.Context()))
	return w
}

// Tokens that were imported and have been replaced since, by the import's own refresh or by
// a later one, are known again: nothing is sent for them, for they are spent.
func TestImportingTheSameAgainAfterARefresh(t *testing.T) {
	t.Parallel()
	gone := platform.Refuse(platform.ClassPermanent, platform.ReasonRevoked, errors.New("no"))
	for name, b := range map[string]*bank{
		"the platform does not say whose app": {},
		"the platform says":                   {ours: true, known: true},
	} {
		w := newBegunBank(t, b)
		w.garden.reach(2, "person")
		r := tokens("imported", "refresh")
		r.Targets = []string{"page-0"}
		first := w.imports(t, r)
		w.after(t, 3, 5*time.Minute) // where the import refreshed nothing, this does
		sent, lent := b.sent, w.access(t, first.Channels[0].ID)
		if sent == 0 || lent == "imported" {
			t.Fatalf("%s: nothing was refreshed", name)
		}
		left := w.left(t)
		for what, dead := range map[string]error{"alive": nil, "dead": gone} {
			b.dead = dead
			for _, r.DryRun = range []bool{true, false} {
				again := w.imports(t, r)
				same(t, name+": channel, "+what, again.Targets[0].ChannelID, first.Channels[0].ID)
				if again.Subject != "person" || again.App == connect.AppUnproven || len(again.Targets) != 3 {
					t.Errorf("%s, %s: got %+v, want what was imported", name, what, again)
				}
			}
		}
		same(t, name+": left", w.left(t), left)
		same(t, name+": refreshes", b.sent, sent)
		same(t, name+": what is lent", w.access(t, first.Channels[0].ID), lent)
		r.Targets, r.DryRun = nil, false
		same(t, name+": channels", len(w.imports(t, r).Channels), 2)
		same(t, name+": refreshes", b.sent, sent)

		b.dead = nil
		_, err := w.svc.Import(t.Context(), w.caller, tokens("others", "refresh"))
		wants(t, name+": with another access token", err, connect.ErrGrantExists)
		same(t, name+": refreshes", b.sent, sent)
	}
}

// Another owner gets no consent with tokens that were spent for this one: the platform would
// end the family that this one lives on.
func TestSpentTokensBelongToTheirOwner(t *testing.T) {
	t.Parallel()
	b := &bank{}
	w := newBegunBank(t, b)
	first := w.imports(t, tokens("imported", "refresh"))
	other, err := w.svc.AddWorkspace(t.Context(), operator(w), connect.Workspace{Name: "Other"}, connect.Once[connect.CreatedWorkspace]{})
	must(t, err)
	for _, workspace := range []int64{w.space.ID, other.ID} {
		c := w.caller
		c.WorkspaceID = workspace
		for _, brought := range [][2]string{{"imported", "refresh"}, {"imported", ""}, {"renewed-elsewhere", "refresh"}} {
			r := tokens(brought[0], brought[1])
			r.OwnerExternalID = "somebody else"
			_, err := w.svc.Import(t.Context(), c, r)
			wants(t, fmt.Sprint("in workspace ", workspace, " ", brought), err, connect.ErrTokenInUse)
		}
	}
	same(t, "refreshes", b.sent, 1)
	same(t, "what is lent", w.access(t, first.Channels[0].ID), "access-1")
	r := tokens("another", "another")
	r.OwnerExternalID = "somebody else"
	w.imports(t, r)
}

func operator(w *journey) connect.Caller {
	c := w.caller
	c.Scopes = connect.Scopes()
	return c
}

// A caller who gave up waiting and asks again at once meets the first request on its way.
func TestImportingTheSameTwiceAtOnceRefreshesOnce(t *testing.T) {
	t.Parallel()
	b := &bank{}
	w := newBegunBank(t, b)
	again := make(chan error, 1)
	b.refresh = func() error {
		b.refresh = nil
		go func() {
			_, err := w.svc.Import(t.Context(), w.caller, tokens("imported", "refresh"))
			again <- err
		}()
		return nil
	}
	w.imports(t, tokens("imported", "refresh"))
	must(t, <-again)
	same(t, "refreshes", b.sent, 1)
	same(t, "channels", w.count(t, "channels"), 1)
}

// What is kept of tokens tells nothing of them: it is no plain hash, is another one in each
// workspace, outlives an exchange of keys, and goes with the consent.
func TestWhatIsKeptOfImportedTokens(t *testing.T) {
	t.Parallel()
	b := &bank{}
	w := newBegunBank(t, b)
	made := w.imports(t, tokens("imported", "refresh"))
	same(t, "plain hashes", w.count(t, fmt.Sprintf("grants WHERE brought_access = x'%x' OR brought_refresh = x'%x'",
		connect.HashToken(vault.NewSecret("imported")), connect.HashToken(vault.NewSecret("refresh")))), 0)
	same(t, "kept", w.count(t, "grants WHERE length(brought_access) = 32 AND length(brought_refresh) = 32 AND brought_access <> brought_refresh"), 1)
	_, err := w.svc.DisconnectChannel(t.Context(), w.caller, made.Channels[0].ID)
	must(t, err)
	same(t, "grants", w.count(t, "grants"), 0)
	w.imports(t, tokens("imported", "refresh"))
	same(t, "refreshes", b.sent, 2)
}

// Without the key of the audit log nothing is known again, and nothing is sent either.
func TestImportingAgainWithoutTheKey(t *testing.T) {
	t.Parallel()
	b := &bank{}
	w := newBegunBank(t, b)
	w.imports(t, tokens("imported", "refresh"))
	w.set(t, "DELETE FROM audit_heads")
	_, err := w.svc.Import(t.Context(), w.caller, tokens("imported", "refresh"))
	wants(t, "without the key", err, connect.ErrGrantExists)
	same(t, "refreshes", b.sent, 1)
}

// In a workspace that a command made since the program started nothing was logged yet.
func TestTheFirstImportOfAWorkspaceIsKnownAgain(t *testing.T) {
	t.Parallel()
	b := &bank{}
	w := newBegunBank(t, b)
	command := connect.New(connect.Config{Store: w.store, Env: platform.Env{Now: w.clock.now}})
	made, err := command.Bootstrap(t.Context(), connect.Workspace{Name: "Young"}, true)
	must(t, err)
	w.caller, err = w.svc.Authenticate(t.Context(), made.Secret)
	must(t, err)
	for range 2 {
		w.imports(t, tokens("imported", "refresh"))
	}
	same(t, "refreshes", b.sent, 1)
	verdict, err := w.svc.VerifyAudit(t.Context(), w.caller, nil)
	must(t, err)
	same(t, "intact", verdict.Intact, true)
}

// A consent that came to its end meanwhile takes tokens again, as any does.
func TestImportingAgainWhatHasEnded(t *testing.T) {
	t.Parallel()
	b := &bank{}
	w := newBegunBank(t, b)
	w.imports(t, tokens("imported", "refresh"))
	w.set(t, "UPDATE grants SET health = 'needs_reauth', health_reason = 'revoked'")
	same(t, "app", w.imports(t, tokens("imported", "refresh")).App, connect.AppByUse)
	same(t, "refreshes", b.sent, 2)
	w.set(t, "UPDATE grants SET health = 'needs_reauth', health_reason = 'revoked'")
	w.imports(t, tokens("newer", "newer"))
	_, err := w.svc.Import(t.Context(), w.caller, tokens("imported", "refresh"))
	wants(t, "those of before", err, connect.ErrGrantExists)
}

// The same tokens come to another process while the first one's refresh is out. They know
// nothing of each other but what stands in the database: it is sent once.
func TestTheSameImportAtTwoProcesses(t *testing.T) {
	t.Parallel()
	b := &bank{}
	w := newBegunBank(t, b)
	other := w.beside(t, b, 0, w.clock.now)
	b.refresh = func() error {
		b.refresh = nil
		ctx, cancel := context.WithTimeout(t.Context(), 600*time.Millisecond)
		defer cancel()
		_, err := other.Import(ctx, w.caller, tokens("imported", "refresh"))
		wants(t, "meanwhile", err, platform.ErrUnavailable)
		same(t, "intents", w.count(t, "replies"), 1)
		return nil
	}
	first := w.imports(t, tokens("imported", "refresh"))
	same(t, "intents left", w.count(t, "replies"), 0)
	second, err := other.Import(t.Context(), w.caller, tokens("imported", "refresh"))
	must(t, err)
	same(t, "channels", second.Targets[0].ChannelID, first.Channels[0].ID)
	same(t, "refreshes", b.sent, 1)
}

// An intent is over with a refusal, and a while after its process has died.
func TestIntentsThatAreOver(t *testing.T) {
	t.Parallel()
	b := &bank{}
	w := newBegunBank(t, b)
	b.refresh = func() error {
		w.set(t, "CREATE TABLE of_the_dead AS SELECT * FROM replies")
		return platform.Refuse(platform.ClassPermanent, platform.ReasonRevoked, errors.New("no"))
	}
	_, err := w.svc.Import(t.Context(), w.caller, tokens("imported", "refresh"))
	if err == nil || w.count(t, "replies") != 0 {
		t.Errorf("got %v and %d intents, want a refusal and none", err, w.count(t, "replies"))
	}
	w.set(t, "INSERT INTO replies SELECT * FROM of_the_dead")
	w.clock.advance(2 * time.Minute)
	b.refresh = nil
	w.imports(t, tokens("imported", "refresh"))
	same(t, "intents", w.count(t, "replies"), 0)
}
