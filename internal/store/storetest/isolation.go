package storetest

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
)

// notScoped names the methods that cross workspaces on purpose.
var notScoped = map[string]string{
	"Workspace":           "is one",
	"FirstWorkspace":      "is one",
	"LastWorkspaceID":     "is one",
	"InsertWorkspace":     "is one",
	"KeyByHash":           "found before the workspace is known",
	"SessionByTokenHash":  "found before the workspace is known",
	"LockWorkspace":       "the workspace is what is asked for",
	"UpdateWorkspace":     "the workspace is what is asked for",
	"AttemptByStateHash":  "found before the workspace is known",
	"Workspaces":          "the operator's list",
	"DropReplies":         "time ends every answer alike",
	"EnsureApp":           "the workspace is part of what is asked for",
	"InsertApp":           "the workspace is part of what is asked for",
	"SealApp":             "the instance's apps serve all workspaces",
	"InsertReply":         "the workspace is part of what is asked for",
	"EnsureOwner":         "the workspace is part of what is asked for",
	"SessionVersions":     "for the process that waits",
	"DueSessions":         "for the process that sweeps",
	"StaleAttempts":       "for the process that sweeps",
	"SealedAttempts":      "for an exchange of keys",
	"SealedGrants":        "for an exchange of keys",
	"SealedTargets":       "for an exchange of keys",
	"SealedApps":          "for an exchange of keys",
	"SealedReplies":       "for an exchange of keys",
	"CountSealed":         "for an exchange of keys",
	"Instances":           "processes have no workspace",
	"SaveInstance":        "processes have no workspace",
	"DropInstance":        "processes have no workspace",
	"DropOtherInstances":  "processes have no workspace",
	"DueApps":             "for the process that refreshes",
	"DueGrants":           "for the process that refreshes",
	"StaleGrants":         "for the process that refreshes",
	"TellGrants":          "for the process that refreshes",
	"DeadGrants":          "for the process that erases",
	"LockAppByID":         "for the process that refreshes",
	"ReleaseGrants":       "for the process that refreshes",
	"JumpEvents":          "for who restored or copied the database",
	"HoldGrants":          "for who restored or copied the database",
	"ResumeGrants":        "for who restored or copied the database",
	"HeldGrants":          "for who restored or copied the database",
	"Now":                 "a clock has no workspace",
	"Record":              "the workspace is part of what is asked for",
	"InsertRevocation":    "the workspace is part of what is asked for",
	"DueRevocationApps":   "for the process that revokes",
	"DueRevocations":      "for the process that revokes",
	"ForgetRevocations":   "for who restored or copied the database",
	"UnchainedWorkspaces": "for the program as it starts",
	"LiveConsents":        "a platform knows the client and the person alone",
	"ConsentsOf":          "a platform knows the client and the person alone",
	"CallOffRevocations":  "a platform knows the client and the person alone",
	"SealedRevocations":   "for an exchange of keys",
	"SealedAuditHeads":    "for an exchange of keys",
	"SealedEndpoints":     "for an exchange of keys",
}

// call asks workspace ws for what is w's. found is how much a list brought.
type call func(ctx context.Context, tx connect.Tx, ws int64, w world) (found int, err error)

func scoped() map[string]call {
	only := func(fn func(ctx context.Context, tx connect.Tx, ws int64, w world) error) call {
		return func(ctx context.Context, tx connect.Tx, ws int64, w world) (int, error) { return 1, fn(ctx, tx, ws, w) }
	}
	return map[string]call{
		"Owner": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			_, err := tx.Owner(ctx, ws, w.owner.ID)
			return err
		}),
		"Owners": func(ctx context.Context, tx connect.Tx, ws int64, w world) (int, error) {
			v, err := tx.Owners(ctx, ws, 0, 10)
			return len(v), err
		},
		"UpdateOwner": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			v := w.owner
			v.WorkspaceID, v.Name = ws, "foreign"
			return tx.UpdateOwner(ctx, v)
		}),
		"App": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			_, err := tx.App(ctx, ws, w.app.ID)
			return err
		}),
		"LiveApp": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			_, err := tx.LiveApp(ctx, ws, w.app.Platform, w.app.Server)
			return err
		}),
		"Apps": func(ctx context.Context, tx connect.Tx, ws int64, w world) (int, error) {
			v, err := tx.Apps(ctx, ws, 0, 10)
			return len(v), err
		},
		"FillApp": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			v := w.pending
			v.WorkspaceID, v.ClientID = ws, "foreign"
			return orGone(tx.FillApp(ctx, v))
		}),
		"LockApp": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			_, err := tx.LockApp(ctx, ws, w.app.ID)
			return err
		}),
		"LockOwner": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			_, err := tx.LockOwner(ctx, ws, w.owner.ID)
			return err
		}),
		"UpdateApp": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			v := w.app
			v.WorkspaceID, v.Name = ws, "foreign"
			return tx.UpdateApp(ctx, v)
		}),
		"PaceApp": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			v := w.app
			v.WorkspaceID, v.Trouble = ws, "foreign"
			return tx.PaceApp(ctx, v)
		}),
		"RetireApp": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			return tx.RetireApp(ctx, ws, w.app.ID, at(1))
		}),
		"Key": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			_, err := tx.Key(ctx, ws, w.key.ID)
			return err
		}),
		"Keys": func(ctx context.Context, tx connect.Tx, ws int64, w world) (int, error) {
			v, err := tx.Keys(ctx, ws, 0, 0, 10)
			return len(v), err
		},
		"Reply": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			_, err := tx.Reply(ctx, ws, w.reply.Route, w.reply.KeyHash)
			return err
		}),
		"SealReply": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			return tx.SealReply(ctx, ws, w.reply.ID, w.owner.ID, []byte("foreign"))
		}),
		"DeleteReply": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			return tx.DeleteReply(ctx, ws, w.reply.ID)
		}),
		"OwnerByExternalID": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			_, err := tx.OwnerByExternalID(ctx, ws, w.owner.ExternalID)
			return err
		}),
		"DefaultOwner": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			_, err := tx.DefaultOwner(ctx, ws)
			return err
		}),
		"InsertKey": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			_, err := tx.InsertKey(ctx, connect.Key{WorkspaceID: ws, OwnerID: w.owner.ID, Hash: hash("foreign"), CreatedAt: t0})
			return err
		}),
		"RevokeKey": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			return tx.RevokeKey(ctx, ws, w.key.ID, at(1))
		}),
		"Session": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			_, err := tx.Session(ctx, ws, w.session.ID)
			return err
		}),
		"SessionAndOwner": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			_, _, err := tx.SessionAndOwner(ctx, ws, w.session.ID)
			return err
		}),
		"InsertSession": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			v := w.newSession("foreign")
			v.WorkspaceID = ws
			_, err := tx.InsertSession(ctx, v)
			return err
		}),
		"LockSession": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			_, err := tx.LockSession(ctx, ws, w.session.ID)
			return err
		}),
		"UpdateSession": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			v := w.session
			v.WorkspaceID, v.Message = ws, "foreign"
			return tx.UpdateSession(ctx, v)
		}),
		"CountLookup": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			_, err := tx.CountLookup(ctx, ws, w.session.ID)
			return err
		}),
		"Attempt": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			_, err := tx.Attempt(ctx, ws, w.attempt.ID)
			return err
		}),
		"Attempts": func(ctx context.Context, tx connect.Tx, ws int64, w world) (int, error) {
			v, err := tx.Attempts(ctx, ws, w.session.ID)
			return len(v), err
		},
		"Steps": func(ctx context.Context, tx connect.Tx, ws int64, w world) (int, error) {
			v, err := tx.Steps(ctx, ws, w.session.ID)
			return len(v), err
		},
		"InsertAttempt": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			v := w.newAttempt("foreign")
			v.WorkspaceID = ws
			_, err := tx.InsertAttempt(ctx, v)
			return err
		}),
		"UpdateAttempt": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			v := w.attempt
			v.WorkspaceID, v.Message = ws, "foreign"
			return tx.UpdateAttempt(ctx, v, v.State)
		}),
		"SealAttempt": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			return tx.SealAttempt(ctx, ws, w.attempt.ID, []byte("foreign"))
		}),
		"AppendStep": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			return tx.AppendStep(ctx, ws, connect.Step{AttemptID: w.attempt.ID, Name: "foreign", At: t0})
		}),
		"Grant": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			_, err := tx.Grant(ctx, ws, w.grant.ID)
			return err
		}),
		"GrantBySubject": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			_, err := tx.GrantBySubject(ctx, ws, w.app.ID, w.grant.Subject, w.owner.ID)
			return err
		}),
		"GrantByBrought": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			_, err := tx.GrantByBrought(ctx, ws, w.app.ID, w.owner.ID, w.grant.Brought.Access)
			return err
		}),
		"Targets": func(ctx context.Context, tx connect.Tx, ws int64, w world) (int, error) {
			v, err := tx.Targets(ctx, ws, w.grant.ID)
			return len(v), err
		},
		"InsertGrant": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			v := w.newGrant("foreign")
			v.WorkspaceID = ws
			_, err := tx.InsertGrant(ctx, v)
			return err
		}),
		"UpdateGrant": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			v := w.grant
			v.WorkspaceID, v.Subject = ws, "foreign"
			return tx.UpdateGrant(ctx, v, v.Fence)
		}),
		"LockGrant": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			_, err := tx.LockGrant(ctx, ws, w.grant.ID)
			return err
		}),
		"ClaimGrant": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			v := w.grant
			v.WorkspaceID, v.Phase = ws, connect.PhaseRedeeming
			return tx.ClaimGrant(ctx, v, v.Fence, time.Hour)
		}),
		"PlanErasure": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			return tx.PlanErasure(ctx, ws, w.grant.ID, at(1))
		}),
		"EmptyGrant": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			return tx.EmptyGrant(ctx, ws, w.grant.ID)
		}),
		"DeleteGrant": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			return tx.DeleteGrant(ctx, ws, w.grant.ID)
		}),
		"SaveTarget": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			v := w.newTarget("foreign")
			v.WorkspaceID = ws
			_, err := tx.SaveTarget(ctx, v)
			return err
		}),
		"Reseal": func(ctx context.Context, tx connect.Tx, ws int64, w world) (int, error) {
			done, err := tx.Reseal(ctx, "replies", ws, w.reply.ID, w.reply.Sealed, []byte("foreign"))
			if done {
				return 1, err
			}
			return 0, err
		},
		"SealTarget": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			return tx.SealTarget(ctx, ws, w.target.ID, []byte("foreign"), 9)
		}),
		"DropTargets": func(ctx context.Context, tx connect.Tx, ws int64, w world) (int, error) {
			return 0, tx.DropTargets(ctx, ws, w.grant.ID, nil)
		},
		"Channel": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			_, err := tx.Channel(ctx, ws, w.channel.ID)
			return err
		}),
		"ChannelAndOwner": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			_, _, err := tx.ChannelAndOwner(ctx, ws, w.channel.ID)
			return err
		}),
		"Channels": func(ctx context.Context, tx connect.Tx, ws int64, w world) (int, error) {
			v, err := tx.Channels(ctx, ws, connect.ChannelFilter{OwnerID: w.owner.ID}, 0, 9)
			return len(v), err
		},
		"SaveChannel": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			v := w.newChannel("foreign")
			v.WorkspaceID = ws
			_, err := tx.SaveChannel(ctx, v)
			return err
		}),
		"ChannelsOfGrant": func(ctx context.Context, tx connect.Tx, ws int64, w world) (int, error) {
			v, err := tx.ChannelsOfGrant(ctx, ws, w.grant.ID)
			return len(v), err
		},
		"SetChannelHealth": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			v := w.channel
			v.WorkspaceID, v.Health = ws, connect.HealthError
			return tx.SetChannelHealth(ctx, v)
		}),
		"LockChannel": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			_, err := tx.LockChannel(ctx, ws, w.channel.ID)
			return err
		}),
		"LockChannels": func(ctx context.Context, tx connect.Tx, ws int64, w world) (int, error) {
			v, err := tx.LockChannels(ctx, ws, []int64{w.channel.ID})
			return len(v), err
		},
		"GiveWay": func(ctx context.Context, tx connect.Tx, ws int64, w world) (int, error) {
			v := w.newChannel("disconnected")
			v.WorkspaceID, v.ID = ws, w.channel.ID
			if _, gave, err := tx.GiveWay(ctx, v); !gave {
				return 0, err
			}
			return 1, nil
		},
		"UpdateChannel": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			v := w.channel
			v.WorkspaceID, v.Label = ws, "foreign"
			return tx.UpdateChannel(ctx, v)
		}),
		"Group": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			_, err := tx.Group(ctx, ws, w.group.ID)
			return err
		}),
		"Groups": func(ctx context.Context, tx connect.Tx, ws int64, w world) (int, error) {
			v, err := tx.Groups(ctx, ws, w.owner.ID)
			return len(v), err
		},
		"InsertGroup": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			v := w.newGroup("foreign")
			v.WorkspaceID = ws
			_, err := tx.InsertGroup(ctx, v)
			return err
		}),
		"UpdateGroup": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			v := w.group
			v.WorkspaceID, v.ChannelIDs = ws, nil
			return tx.UpdateGroup(ctx, v)
		}),
		"DeleteGroup": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			return tx.DeleteGroup(ctx, ws, w.group.ID)
		}),
		"SealRevocation": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			return tx.SealRevocation(ctx, ws, w.over.ID, []byte("foreign"))
		}),
		"ClaimRevocation": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			v := w.over
			v.WorkspaceID = ws
			_, err := tx.ClaimRevocation(ctx, v, time.Hour)
			return orGone(err)
		}),
		"PostponeRevocation": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			v := w.over
			v.WorkspaceID, v.Tries = ws, 9
			return orGone(tx.PostponeRevocation(ctx, v))
		}),
		"DropRevocation": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			v := w.over
			v.WorkspaceID = ws
			return orGone(tx.DropRevocation(ctx, v))
		}),
		"GrantsOfOwner": func(ctx context.Context, tx connect.Tx, ws int64, w world) (int, error) {
			v, err := tx.GrantsOfOwner(ctx, ws, w.owner.ID)
			return len(v), err
		},
		"ForgetSessions": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			_, err := tx.ForgetSessions(ctx, ws, w.owner.ID)
			return err
		}),
		"ForgetEndedSessions": func(ctx context.Context, tx connect.Tx, ws int64, w world) (int, error) {
			return tx.ForgetEndedSessions(ctx, ws, w.owner.ID, 9)
		},
		"BlankEvents": func(ctx context.Context, tx connect.Tx, ws int64, w world) (int, error) {
			last, err := tx.BlankEvents(ctx, ws, w.owner.ID, 0, 9)
			return int(last), err
		},
		"ForgetOwner": only(func(ctx context.Context, tx connect.Tx, ws int64, w world) error {
			_, _, _, err := tx.ForgetOwner(ctx, ws, w.owner.ID)
			return err
		}),
		"AuditHead": only(func(ctx context.Context, tx connect.Tx, ws int64, _ world) error {
			_, err := tx.AuditHead(ctx, ws)
			return err
		}),
		"AuditLog": func(ctx context.Context, tx connect.Tx, ws int64, _ world) (int, error) {
			v, err := tx.AuditLog(ctx, ws, 0, 9)
			return len(v), err
		},
		"Emit": only(func(_ context.Context, tx connect.Tx, ws int64, w world) error {
			tx.Emit(connect.Event{WorkspaceID: ws, Type: "foreign", ChannelID: w.channel.ID, At: t0})
			return nil // told at the end of the transaction
		}),
		"Events": func(ctx context.Context, tx connect.Tx, ws int64, w world) (int, error) {
			v, err := tx.Events(ctx, ws, 0, 9)
			return len(v), err
		},
	}
}

// orGone is for methods that do not tell what is not there from what was changed.
func orGone(err error) error {
	if errors.Is(err, fault.Conflict) {
		return fault.New(fault.NotFound, "not_found", "")
	}
	return err
}

// testIsolation asks one workspace for what belongs to another, by every method.
func testIsolation(t *testing.T, s connect.Store) {
	w := newWorld(t, s, "a")
	var stranger connect.Workspace
	write(t, s, func(ctx context.Context, tx connect.Tx) (err error) {
		for _, externalID := range []string{"default", "spare"} {
			owner := connect.Owner{WorkspaceID: w.workspace.ID, ExternalID: externalID, Default: externalID == "default", CreatedAt: t0, UpdatedAt: t0}
			if _, _, err := tx.EnsureOwner(ctx, owner); err != nil {
				return err
			}
		}
		if _, err := tx.SaveTarget(ctx, w.newTarget("spare")); err != nil {
			return err
		}
		if err := tx.AppendStep(ctx, w.workspace.ID, connect.Step{AttemptID: w.attempt.ID, Name: "s", At: t0}); err != nil {
			return err
		}
		for _, state := range unused {
			if err := w.addGrant(ctx, tx, state); err != nil {
				return err
			}
		}
		ended := w.newChannel("disconnected")
		ended.Lifecycle = connect.LifecycleDisconnected
		if _, err := tx.SaveChannel(ctx, ended); err != nil {
			return err
		}
		w.reply.Sealed = []byte("sealed")
		if err := tx.SealReply(ctx, w.workspace.ID, w.reply.ID, 0, w.reply.Sealed); err != nil {
			return err
		}
		tx.Record(connect.AuditEntry{WorkspaceID: w.workspace.ID, Action: "test", At: t0}, link)
		tx.Emit(connect.Event{WorkspaceID: w.workspace.ID, Type: "test", Cause: connect.CauseSystem, OwnerID: w.owner.ID, Data: []byte(`{"name":"x"}`), At: t0})
		over, err := tx.InsertSession(ctx, w.newSession("ended"))
		if err != nil {
			return err
		}
		over.Status, over.EndedAt = connect.SessionExpired, at(1)
		if err := tx.UpdateSession(ctx, over); err != nil {
			return err
		}
		stranger, err = tx.InsertWorkspace(ctx, connect.Workspace{Name: "b", CreatedAt: t0})
		return err
	})
	before := snapshot(t, s, w)
	calls := scoped()
	for name := range methods() {
		fn, ok := calls[name]
		if !ok {
			if notScoped[name] == "" {
				t.Errorf("%s: no case here, and not named as crossing workspaces", name)
			}
			continue
		}
		found, refused := 0, error(nil)
		err := s.InTx(t.Context(), func(tx connect.Tx) error {
			found, refused = fn(t.Context(), tx, stranger.ID, w)
			return nil // whoever goes on after a refusal has changed nothing
		})
		if err == nil {
			err = refused
		}
		if err == nil && found > 0 {
			t.Errorf("%s: got %d of another workspace's, want not found", name, found)
		}
		if err != nil && !errors.Is(err, fault.NotFound) {
			t.Errorf("%s: got %v, want not found", name, err)
		}
	}
	for i := range unused { // whose a grant is comes before whether something uses it
		err := s.InTx(t.Context(), func(tx connect.Tx) error {
			wants(t, "delete", tx.DeleteGrant(t.Context(), stranger.ID, w.grant.ID+1+int64(i)), fault.NotFound)
			return nil
		})
		same(t, "error", err, nil)
	}
	same(t, "the other workspace afterwards", snapshot(t, s, w), before)
}

// unused are the states of attempts whose grants no channel has. The last one is no
// attempt's.
var unused = []connect.AttemptState{connect.AttemptChoosing, connect.AttemptSucceeded, ""}

// addGrant makes a grant with a target, and an attempt that led to it; or a grant alone.
func (w *world) addGrant(ctx context.Context, tx connect.Tx, state connect.AttemptState) error {
	grant, err := tx.InsertGrant(ctx, w.newGrant("of "+string(state)))
	if err != nil || state == "" {
		return err
	}
	target := w.newTarget("page-1")
	target.GrantID = grant.ID
	if _, err := tx.SaveTarget(ctx, target); err != nil {
		return err
	}
	attempt := w.newAttempt("of " + string(state))
	attempt.GrantID, attempt.State = grant.ID, state
	_, err = tx.InsertAttempt(ctx, attempt)
	return err
}

func methods() map[string]bool {
	names := map[string]bool{}
	for m := range reflect.TypeFor[connect.Tx]().Methods() {
		names[m.Name] = true
	}
	return names
}

// snapshot reads everything that is w's.
func snapshot(t *testing.T, s connect.Store, w world) []any {
	t.Helper()
	ctx, ws := t.Context(), w.workspace.ID
	var all []any
	add := func(v any, err error) {
		if err != nil {
			t.Fatalf("snapshot: %v", err)
		}
		all = append(all, v)
	}
	key, err := s.KeyByHash(ctx, w.key.Hash)
	add(key, err)
	owners, err := s.Owners(ctx, ws, 0, 99)
	add(owners, err)
	apps, err := s.Apps(ctx, ws, 0, 99)
	add(apps, err)
	add(nil, s.InTx(ctx, func(tx connect.Tx) error {
		reply, err := tx.Reply(ctx, ws, w.reply.Route, w.reply.KeyHash)
		all = append(all, reply)
		return err
	}))
	session, err := s.Session(ctx, ws, w.session.ID)
	add(session, err)
	ended, err := s.SessionByTokenHash(ctx, hash("ended"))
	add(ended, err)
	attempts, err := s.Attempts(ctx, ws, w.session.ID)
	add(attempts, err)
	steps, err := s.Steps(ctx, ws, w.session.ID)
	add(steps, err)
	for id := w.grant.ID; id <= w.grant.ID+int64(len(unused)); id++ {
		grant, err := s.Grant(ctx, ws, id)
		add(grant, err)
		targets, err := s.Targets(ctx, ws, id)
		add(targets, err)
	}
	channels, err := s.Channels(ctx, ws, connect.ChannelFilter{}, 0, 99)
	add(channels, err)
	events, err := s.Events(ctx, ws, 0, 99)
	add(events, err)
	audit, err := s.AuditLog(ctx, ws, 0, 99)
	add(audit, err)
	head, err := s.AuditHead(ctx, ws)
	add(head, err)
	groups, err := s.Groups(ctx, ws, w.owner.ID)
	add(groups, err)
	over, err := s.DueRevocations(ctx, w.app.ID, at(999), 99)
	add(over, err)
	return all
}
