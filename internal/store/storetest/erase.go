package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
)

func testGrantsOfOwner(t *testing.T, s connect.Store) {
	w := newWorld(t, s, "a")
	want := []connect.Grant{w.grant}
	for _, state := range []connect.GrantState{connect.GrantUnverified, connect.GrantHeld} {
		g := w.newGrant("")
		g.State = state
		want = append(want, insertGrant(t, s, g))
	}
	theirs := w.newGrant("subject")
	theirs.OwnerID = w.newOwner(t, s, "other").ID
	theirs = insertGrant(t, s, theirs)
	for owner, want := range map[int64][]connect.Grant{w.owner.ID: want, theirs.OwnerID: {theirs}, theirs.OwnerID + 99: nil} {
		write(t, s, func(ctx context.Context, tx connect.Tx) error {
			got, err := tx.GrantsOfOwner(ctx, w.workspace.ID, owner)
			same(t, "in any state, by id", got, want)
			return err
		})
	}
}

// lived is what an owner leaves behind.
type lived struct {
	world
	reply connect.Reply
	key   connect.Key
}

// live gives an owner of the world one of everything, with names in it.
func live(t *testing.T, s connect.Store, w world, owner connect.Owner) (l lived) {
	t.Helper()
	l.world = w
	l.owner = owner
	name := "of " + owner.ExternalID
	write(t, s, func(ctx context.Context, tx connect.Tx) (err error) {
		owner.Name, owner.AvatarURL, owner.ContactEmail, owner.Reference = name, name, name, name
		if err = tx.UpdateOwner(ctx, owner); err != nil {
			return err
		}
		if l.session, err = tx.InsertSession(ctx, l.newSession("session "+name)); err != nil {
			return err
		}
		if l.grant, err = tx.InsertGrant(ctx, l.newGrant(name)); err != nil {
			return err
		}
		attempt := l.newAttempt("attempt " + name)
		attempt.State, attempt.GrantID = connect.AttemptVerifying, l.grant.ID
		if l.attempt, err = tx.InsertAttempt(ctx, attempt); err != nil {
			return err
		}
		if err = tx.AppendStep(ctx, w.workspace.ID, connect.Step{AttemptID: l.attempt.ID, Name: "s", At: t0}); err != nil {
			return err
		}
		channel := l.newChannel(name)
		channel.GrantID, channel.TargetID = 0, 0
		saved, err := tx.SaveChannel(ctx, channel)
		if err != nil {
			return err
		}
		if l.channel = saved.Channel; l.group.ID != 0 {
			if l.group, err = tx.InsertGroup(ctx, l.newGroup(name, l.channel.ID)); err != nil {
				return err
			}
		}
		if l.key, err = tx.InsertKey(ctx, connect.Key{WorkspaceID: w.workspace.ID, OwnerID: owner.ID, Hash: hash(name), CreatedAt: t0}); err != nil {
			return err
		}
		reply := l.newReply(name)
		reply.OwnerID = owner.ID
		if l.reply, err = tx.InsertReply(ctx, reply); err != nil {
			return err
		}
		tx.Record(connect.AuditEntry{WorkspaceID: w.workspace.ID, OwnerID: owner.ID, ChannelID: l.channel.ID, KeyID: l.key.ID, At: t0}, link)
		for _, e := range []connect.Event{{ChannelID: l.channel.ID}, {SessionID: l.session.ID}} {
			e.WorkspaceID, e.Type, e.Cause, e.OwnerID, e.At = w.workspace.ID, "test", connect.CauseSystem, owner.ID, t0
			e.Data = fmt.Appendf(nil, `{"name":%q}`, name)
			tx.Emit(e)
		}
		return nil
	})
	l.owner = owner
	return l
}

// told is what the events of the workspace say, by owner.
func told(t *testing.T, s connect.Store, w world) map[int64][]string {
	t.Helper()
	events, err := s.Events(t.Context(), w.workspace.ID, 0, 99)
	same(t, "error", err, nil)
	data := map[int64][]string{}
	for i, e := range events {
		same(t, "number", e.Number, int64(i+1))
		data[e.OwnerID] = append(data[e.OwnerID], string(e.Data))
	}
	return data
}

// checkLeft checks of each thing of theirs whether it is there.
func (l *lived) checkLeft(t *testing.T, s connect.Store, want bool) {
	t.Helper()
	ctx, ws := t.Context(), l.workspace.ID
	check := func(what string, err error) {
		t.Helper()
		if (err == nil) != want || err != nil && !errors.Is(err, fault.NotFound) {
			t.Errorf("%s %s: got %v, want it there: %v", what, l.owner.ExternalID, err, want)
		}
	}
	_, err := s.Session(ctx, ws, l.session.ID)
	check("session of", err)
	_, err = s.Attempt(ctx, ws, l.attempt.ID)
	check("attempt of", err)
	_, err = s.Channel(ctx, ws, l.channel.ID)
	check("channel of", err)
	_, err = s.Group(ctx, ws, l.group.ID)
	check("group of", err)
	_, err = s.Key(ctx, ws, l.key.ID)
	check("key of", err)
	check("reply of", s.InTx(ctx, func(tx connect.Tx) error { _, err := tx.Reply(ctx, ws, l.reply.Route, l.reply.KeyHash); return err }))
}

type forgotten struct{ Channels, Sessions, Keys int }

func forget(t *testing.T, s connect.Store, l lived) (n forgotten, err error) {
	err = s.InTx(t.Context(), func(tx connect.Tx) (err error) {
		n.Channels, n.Sessions, n.Keys, err = tx.ForgetOwner(t.Context(), l.workspace.ID, l.owner.ID)
		return err
	})
	return n, err
}

// letGo deletes the grant of theirs, as the core does before.
func (l *lived) letGo(t *testing.T, s connect.Store) {
	t.Helper()
	write(t, s, func(ctx context.Context, tx connect.Tx) error {
		n, err := tx.ForgetSessions(ctx, l.workspace.ID, l.owner.ID)
		if err != nil {
			return err
		}
		same(t, "sessions forgotten", n, 1)
		return tx.DeleteGrant(ctx, l.workspace.ID, l.grant.ID)
	})
}

func testForgetOwner(t *testing.T, s connect.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	gone, stays := live(t, s, w, w.newOwner(t, s, "gone")), live(t, s, w, w.newOwner(t, s, "stays"))
	moved, _ := saveChannel(t, s, gone.newChannel("moved")) // to whom is erased, after an event about it
	write(t, s, func(ctx context.Context, tx connect.Tx) error {
		moved.GrantID, moved.TargetID = 0, 0
		tx.Emit(connect.Event{WorkspaceID: w.workspace.ID, OwnerID: w.owner.ID, ChannelID: moved.ID, Cause: connect.CauseSystem, Data: []byte(`{"name":"moved"}`), At: t0})
		mixed := stays.group // one of theirs in a group of somebody else's
		mixed.ChannelIDs = append(mixed.ChannelIDs, moved.ID)
		if err := tx.UpdateChannel(ctx, moved); err != nil {
			return err
		}
		return tx.UpdateGroup(ctx, mixed)
	})
	if _, err := forget(t, s, gone); !errors.Is(err, fault.Conflict) {
		t.Errorf("while a grant stands: got %v, want a conflict", err)
	}
	gone.checkLeft(t, s, true)
	gone.letGo(t, s)
	before := stays
	n, err := forget(t, s, gone)
	same(t, "error", err, nil)
	same(t, "forgotten after its sessions", n, forgotten{Channels: 2, Keys: 1})
	gone.checkLeft(t, s, false)
	_, err = s.Owner(ctx, w.workspace.ID, gone.owner.ID)
	wants(t, "the owner", err, fault.NotFound)
	_, err = s.Channel(ctx, w.workspace.ID, moved.ID)
	wants(t, "the moved channel", err, fault.NotFound)
	same(t, "events", told(t, s, w), map[int64][]string{
		w.owner.ID: {"{}"}, gone.owner.ID: {"{}", "{}"}, stays.owner.ID: {`{"name":"of stays"}`, `{"name":"of stays"}`},
	})
	checkChain(t, s, w)

	stays.checkLeft(t, s, true)
	owner, err := s.Owner(ctx, w.workspace.ID, stays.owner.ID)
	same(t, "the other owner", owner, before.owner)
	same(t, "error", err, nil)
	same(t, "the other's group", readGroup(t, s, stays.group), before.group)
	grant, err := s.Grant(ctx, w.workspace.ID, stays.grant.ID)
	same(t, "the other's grant", grant, before.grant)
	same(t, "error", err, nil)
	steps, err := s.Steps(ctx, w.workspace.ID, stays.session.ID)
	same(t, "the other's steps", len(steps), 1)
	same(t, "error", err, nil)
	_, err = forget(t, s, gone)
	wants(t, "again", err, fault.NotFound)
}

func testForgetDefaultOwner(t *testing.T, s connect.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	var owner connect.Owner
	write(t, s, func(ctx context.Context, tx connect.Tx) (err error) {
		owner, _, err = tx.EnsureOwner(ctx, connect.Owner{WorkspaceID: w.workspace.ID, ExternalID: "default", Default: true, CreatedAt: t0, UpdatedAt: t0})
		return err
	})
	l := live(t, s, w, owner)
	l.letGo(t, s)
	n, err := forget(t, s, l)
	same(t, "error", err, nil)
	same(t, "forgotten", n, forgotten{Channels: 1, Keys: 1})
	l.checkLeft(t, s, false)
	got, err := s.DefaultOwner(ctx, w.workspace.ID)
	same(t, "stays, cleared", got, owner)
	same(t, "error", err, nil)
	again := live(t, s, w, owner) // and may be used again
	again.checkLeft(t, s, true)
}

// testForgetSessions counts those that ForgetOwner finds without it.
func testForgetSessions(t *testing.T, s connect.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	gone, stays := live(t, s, w, w.newOwner(t, s, "gone")), live(t, s, w, w.newOwner(t, s, "stays"))
	gone.letGo(t, s)
	_, err := s.Session(ctx, w.workspace.ID, gone.session.ID)
	wants(t, "session", err, fault.NotFound)
	_, err = s.Attempt(ctx, w.workspace.ID, gone.attempt.ID)
	wants(t, "attempt", err, fault.NotFound)
	_, err = s.Channel(ctx, w.workspace.ID, gone.channel.ID)
	same(t, "its channel stays", err, nil)
	stays.checkLeft(t, s, true)
	write(t, s, func(ctx context.Context, tx connect.Tx) error {
		_, err := tx.InsertSession(ctx, gone.newSession("another"))
		return err
	})
	n, err := forget(t, s, gone)
	same(t, "error", err, nil)
	same(t, "forgotten", n, forgotten{Channels: 1, Sessions: 1, Keys: 1})
}

// testForgetMovedChannel lets a channel with a consent of somebody else's come to the owner
// after the core has looked.
func testForgetMovedChannel(t *testing.T, s connect.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	gone := w.newOwner(t, s, "gone")
	moved := w.channel
	moved.OwnerID = gone.ID
	write(t, s, func(ctx context.Context, tx connect.Tx) error { return tx.UpdateChannel(ctx, moved) })
	l := lived{world: w}
	l.owner = gone
	_, err := forget(t, s, l)
	wants(t, "while a channel is on a consent", err, fault.Conflict)
	got, err := s.Channel(ctx, w.workspace.ID, moved.ID)
	same(t, "stays", got, moved)
	same(t, "error", err, nil)
	moved.GrantID, moved.TargetID = 0, 0
	write(t, s, func(ctx context.Context, tx connect.Tx) error { return tx.UpdateChannel(ctx, moved) })
	n, err := forget(t, s, l)
	same(t, "error", err, nil)
	same(t, "forgotten", n, forgotten{Channels: 1})
}

// testForgetEnded takes sessions away that are over, and no others, and events' data, a
// few at a time.
func testForgetEnded(t *testing.T, s connect.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	gone, stays := live(t, s, w, w.newOwner(t, s, "gone")), live(t, s, w, w.newOwner(t, s, "stays"))
	write(t, s, func(ctx context.Context, tx connect.Tx) error {
		for i, l := range []lived{gone, stays, gone, gone} {
			ended, err := tx.InsertSession(ctx, l.newSession(fmt.Sprint("ended ", i)))
			if err != nil {
				return err
			}
			attempt := l.newAttempt(fmt.Sprint("of ", ended.ID))
			attempt.SessionID, attempt.State = ended.ID, connect.AttemptFailed
			if attempt, err = tx.InsertAttempt(ctx, attempt); err != nil {
				return err
			}
			if err = tx.AppendStep(ctx, w.workspace.ID, connect.Step{AttemptID: attempt.ID, Name: "s", At: t0}); err != nil {
				return err
			}
			ended.Status, ended.EndedAt = connect.SessionFailed, at(1)
			if err := tx.UpdateSession(ctx, ended); err != nil {
				return err
			}
		}
		return nil
	})
	forgetEnded := func(limit int) (n int) {
		write(t, s, func(ctx context.Context, tx connect.Tx) (err error) {
			n, err = tx.ForgetEndedSessions(ctx, w.workspace.ID, gone.owner.ID, limit)
			return err
		})
		return n
	}
	for _, want := range []int{2, 1, 0} {
		same(t, "forgotten, at most two", forgetEnded(2), want)
	}
	gone.checkLeft(t, s, true)
	stays.checkLeft(t, s, true)

	blank := func(after int64) (last int64) {
		write(t, s, func(ctx context.Context, tx connect.Tx) (err error) {
			last, err = tx.BlankEvents(ctx, w.workspace.ID, gone.owner.ID, after, 1)
			return err
		})
		return last
	}
	same(t, "the first", blank(0), int64(1))
	same(t, "events", told(t, s, w)[gone.owner.ID], []string{"{}", `{"name":"of gone"}`})
	same(t, "the next", blank(1), int64(2))
	same(t, "after the last", blank(2), int64(0))
	same(t, "events", told(t, s, w), map[int64][]string{
		gone.owner.ID: {"{}", "{}"}, stays.owner.ID: {`{"name":"of stays"}`, `{"name":"of stays"}`},
	})
	_, err := s.Owner(ctx, w.workspace.ID, gone.owner.ID)
	same(t, "the owner stays", err, nil)
}
