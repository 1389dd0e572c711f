package storetest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/platform"
)

// t0 is when everything in these tests begins; at is some minutes later.
var t0 = time.Date(2026, 3, 1, 12, 0, 0, int(250*time.Millisecond), time.UTC)

func at(minutes int) time.Time { return t0.Add(time.Duration(minutes) * time.Minute) }

func hash(s string) []byte {
	h := sha256.Sum256([]byte(s))
	return h[:]
}

// world is one workspace with one of everything.
type world struct {
	workspace connect.Workspace
	owner     connect.Owner
	key       connect.Key
	app       connect.App
	pending   connect.App // being registered
	reply     connect.Reply
	session   connect.Session
	attempt   connect.Attempt
	grant     connect.Grant
	target    connect.Target
	channel   connect.Channel
	group     connect.Group // with the channel
	over      connect.Revocation
}

// newWorld makes a workspace with one of everything; name keeps worlds apart.
func newWorld(t *testing.T, s connect.Store, name string) world {
	t.Helper()
	var w world
	write(t, s, func(ctx context.Context, tx connect.Tx) error { return w.make(ctx, tx, name) })
	return w
}

func (w *world) make(ctx context.Context, tx connect.Tx, name string) (err error) {
	if w.workspace, err = tx.InsertWorkspace(ctx, connect.Workspace{Name: name, CreatedAt: t0}); err != nil {
		return err
	}
	if w.owner, _, err = tx.EnsureOwner(ctx, connect.Owner{WorkspaceID: w.workspace.ID, ExternalID: "owner", Name: "Owner of " + name, CreatedAt: t0, UpdatedAt: t0}); err != nil {
		return err
	}
	if w.key, err = tx.InsertKey(ctx, connect.Key{WorkspaceID: w.workspace.ID, Name: "key", Hash: hash("key " + name), CreatedAt: t0}); err != nil {
		return err
	}
	if w.app, err = tx.EnsureApp(ctx, connect.App{WorkspaceID: w.workspace.ID, Platform: "facebook", ClientID: "client", CreatedAt: t0, UpdatedAt: t0}); err != nil {
		return err
	}
	w.pending = connect.App{WorkspaceID: w.workspace.ID, Platform: "mastodon", Server: "https://social.example", CreatedAt: t0, UpdatedAt: t0}
	if w.pending, err = tx.InsertApp(ctx, w.pending); err != nil {
		return err
	}
	if w.reply, err = tx.InsertReply(ctx, w.newReply("key")); err != nil {
		return err
	}
	if w.session, err = tx.InsertSession(ctx, w.newSession("session "+name)); err != nil {
		return err
	}
	if w.attempt, err = tx.InsertAttempt(ctx, w.newAttempt("attempt "+name)); err != nil {
		return err
	}
	if w.grant, err = tx.InsertGrant(ctx, w.newGrant("subject")); err != nil {
		return err
	}
	if w.target, err = tx.SaveTarget(ctx, w.newTarget("page-1")); err != nil {
		return err
	}
	saved, err := tx.SaveChannel(ctx, w.newChannel("page-1"))
	if w.channel = saved.Channel; err != nil {
		return err
	}
	if w.group, err = tx.InsertGroup(ctx, w.newGroup("group", w.channel.ID)); err != nil {
		return err
	}
	w.over, err = tx.InsertRevocation(ctx, w.newRevocation("over"))
	return err
}

func (w *world) newSession(token string) connect.Session {
	return connect.Session{
		WorkspaceID: w.workspace.ID, OwnerID: w.owner.ID, Origin: connect.OriginNative, Status: connect.SessionPending,
		TokenHash: hash(token), Display: connect.DisplayHosted, Selection: connect.SelectPlatform, InitiatorCheck: connect.CheckSameBrowser,
		CreatedAt: t0, UpdatedAt: t0, ExpiresAt: at(30),
	}
}

func (w *world) newReply(key string) connect.Reply {
	return connect.Reply{
		WorkspaceID: w.workspace.ID, Route: "POST /v1/sessions", KeyHash: hash(key), Fingerprint: hash("body"), ExpiresAt: at(60),
	}
}

func (w *world) newAttempt(state string) connect.Attempt {
	return connect.Attempt{
		WorkspaceID: w.workspace.ID, SessionID: w.session.ID, Platform: "facebook", AppID: w.app.ID, State: connect.AttemptAway,
		StateHash: hash(state), BrowserHash: hash("browser"), RedirectURI: "https://app.example/oauth/callback/facebook",
		CreatedAt: t0, UpdatedAt: t0, ExpiresAt: at(10),
	}
}

func (w *world) newGrant(subject string) connect.Grant {
	return connect.Grant{
		WorkspaceID: w.workspace.ID, OwnerID: w.owner.ID, AppID: w.app.ID, Platform: "facebook", State: connect.GrantUsable,
		Subject: subject, CreatedAt: t0, UpdatedAt: t0, Brought: connect.Brought{Access: hash("access " + subject), Refresh: hash("refresh " + subject)},
	}
}

func (w *world) newTarget(externalID string) connect.Target {
	return connect.Target{WorkspaceID: w.workspace.ID, GrantID: w.grant.ID, Kind: "page", Role: platform.RoleAccount, ExternalID: externalID}
}

func (w *world) newChannel(externalID string) connect.Channel {
	return connect.Channel{
		WorkspaceID: w.workspace.ID, OwnerID: w.owner.ID, Platform: "facebook", Kind: "page", ExternalID: externalID,
		GrantID: w.grant.ID, TargetID: w.target.ID, Lifecycle: connect.LifecycleActive, Health: connect.HealthHealthy,
		Review: connect.ReviewNone, CreatedAt: t0, UpdatedAt: t0,
	}
}

func (w *world) newGroup(name string, channels ...int64) connect.Group {
	return connect.Group{
		WorkspaceID: w.workspace.ID, OwnerID: w.owner.ID, Name: name, ChannelIDs: channels, CreatedAt: t0, UpdatedAt: t0,
	}
}

// newRevocation is due after everything else in these tests.
func (w *world) newRevocation(subject string) connect.Revocation {
	return connect.Revocation{
		WorkspaceID: w.workspace.ID, OwnerID: w.owner.ID, AppID: w.app.ID, Platform: "facebook", Subject: subject, NextAt: at(999), CreatedAt: t0,
	}
}

// newOwner makes another owner in the workspace.
func (w *world) newOwner(t *testing.T, s connect.Store, externalID string) (owner connect.Owner) {
	t.Helper()
	write(t, s, func(ctx context.Context, tx connect.Tx) (err error) {
		owner, _, err = tx.EnsureOwner(ctx, connect.Owner{WorkspaceID: w.workspace.ID, ExternalID: externalID, CreatedAt: t0, UpdatedAt: t0})
		return err
	})
	return owner
}

// write runs one transaction that must succeed.
func write(t *testing.T, s connect.Store, fn func(ctx context.Context, tx connect.Tx) error) {
	t.Helper()
	if err := s.InTx(t.Context(), func(tx connect.Tx) error { return fn(t.Context(), tx) }); err != nil {
		t.Fatalf("transaction: %v", err)
	}
}

// wants checks that err has the code, and that what it shows to callers is not the engine's.
func wants(t *testing.T, what string, err error, code fault.Code) {
	t.Helper()
	if !errors.Is(err, code) {
		t.Errorf("%s: got %v, want %s", what, err, code)
	}
}

// same compares a stored value with what it should be; nil and empty lists are alike. What
// the core keeps to itself is not stored.
func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreUnexported(connect.Attempt{})); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// race runs fn n times at once and returns the errors.
func race(n int, fn func(i int) error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			<-start
			errs[i] = fn(i)
		})
	}
	close(start)
	all.Wait()
	return errs
}

// oneWins checks that exactly one of errs is nil and the others have the code.
func oneWins(t *testing.T, errs []error, code fault.Code) {
	t.Helper()
	won := 0
	for i, err := range errs {
		if err == nil {
			won++
			continue
		}
		wants(t, fmt.Sprintf("caller %d", i), err, code)
	}
	if won != 1 {
		t.Errorf("got %d winners, want 1", won)
	}
}
