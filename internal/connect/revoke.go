package connect

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// Revocation is credentials that are over here and are still to be ended at the platform.
// The row is the queue: it goes when the platform was told, or cannot be told. Nothing
// else can use what it holds.
type Revocation struct {
	ID          int64
	WorkspaceID int64
	OwnerID     int64 // whose consent it was; may be gone by now. 0: it never was in use, or a new one took its place, and nobody is told of it
	AppID       int64
	Platform    string
	Subject     string // empty: whose it was never became known
	Sealed      []byte
	Tries       int
	NextAt      time.Time
	Fence       int64
	CreatedAt   time.Time
}

func (r Revocation) place() vault.Place {
	return vault.Place{Workspace: r.WorkspaceID, Table: "revocations", Row: r.ID, Field: "credentials"}
}

// RevokeOutcome is what became of ending a consent at its platform.
type RevokeOutcome string

const (
	RevokeDone   RevokeOutcome = "revoked"
	RevokeKept   RevokeOutcome = "kept_for_others" // it would have ended a living consent of the same person
	RevokeNoWay  RevokeOutcome = "no_way"          // the platform has none, or we lack what it takes
	RevokeGaveUp RevokeOutcome = "gave_up"         // it refused, or did not answer for a day
)

// endGrant erases a grant that nothing uses. With revoke its credentials are kept, out of
// everybody's reach, until the platform is told; without, they live on in another grant.
// fault.Conflict where something uses it.
func (s *Service) endGrant(ctx context.Context, tx Tx, g Grant, revoke bool) error {
	if err := tx.DeleteGrant(ctx, g.WorkspaceID, g.ID); err != nil {
		return err
	}
	if g.State == GrantUsable { // nobody was told of the others
		s.emit(tx, Event{
			WorkspaceID: g.WorkspaceID, Type: EventGrantErased, OwnerID: g.OwnerID,
			Cause: CauseSystem, Data: eventData("platform", g.Platform, "grant_id", fmt.Sprint(g.ID)),
		})
	}
	if !revoke {
		return nil
	}
	if g.State != GrantUsable {
		g.OwnerID = 0
	}
	credentials, err := s.credentialsOf(g)
	if err != nil { // erased, or sealed with a key that is gone: nobody can use it, and we cannot end it
		return nil
	}
	return s.queueRevocation(ctx, tx, g, credentials)
}

// queueRevocation remembers that the platform is to be told of credentials that are over.
func (s *Service) queueRevocation(ctx context.Context, tx Tx, g Grant, credentials platform.Credentials) error {
	p, ok := s.platforms.Get(g.Platform)
	if !ok || p.Spec().Revocation == platform.ReachNone || p.Spec().Revocation == "" || credentials == (platform.Credentials{}) {
		return nil
	}
	r, err := tx.InsertRevocation(ctx, Revocation{
		WorkspaceID: g.WorkspaceID, OwnerID: g.OwnerID, AppID: g.AppID, Platform: g.Platform, Subject: g.Subject,
		NextAt: s.now(), CreatedAt: s.now(),
	})
	if err != nil {
		return err
	}
	if r.Sealed, err = s.vault.Seal(r.place(), credentials.Encode()); err != nil {
		return err
	}
	return tx.SealRevocation(ctx, r.WorkspaceID, r.ID, r.Sealed)
}

// DueRevocations lists the apps (OAuth clients) at whose platforms something is to be ended.
func (s *Service) DueRevocations(ctx context.Context) ([]int64, error) {
	const most = 100_000 // an index probe each
	apps, err := s.store.DueRevocationApps(ctx, s.now(), most)
	if err != nil {
		return nil, fmt.Errorf("due revocations: %w", err)
	}
	return apps, nil
}

// ClaimRevocations takes up to limit of an app's due ones. looked is how many it looked at.
func (s *Service) ClaimRevocations(ctx context.Context, appID int64, limit int) (claimed []Revocation, looked int, _ time.Duration, err error) {
	due, err := s.store.DueRevocations(ctx, appID, s.now(), limit)
	if err != nil {
		return nil, 0, 0, fmt.Errorf("due revocations of app %d: %w", appID, err)
	}
	for _, r := range due {
		looked++
		err := s.store.InTx(ctx, func(tx Tx) (err error) {
			r, err = tx.ClaimRevocation(ctx, r, s.deadline+30*time.Second)
			return err
		})
		switch {
		case errors.Is(err, fault.Conflict), errors.Is(err, fault.NotFound): // another has it, or it was called off
		case err != nil:
			return claimed, looked, 0, fmt.Errorf("claim revocation %d: %w", r.ID, err)
		default:
			claimed = append(claimed, r)
		}
	}
	return claimed, looked, 0, nil
}

// TellPlatform ends claimed credentials at their platform, as far as its reach allows, and
// records what came of it. It runs on when ctx is canceled.
func (s *Service) TellPlatform(ctx context.Context, r Revocation) error {
	ctx = context.WithoutCancel(ctx)
	work, cancel := context.WithTimeout(ctx, s.deadline)
	defer cancel()
	outcome, again, err := s.revokeOnce(work, r)
	if err != nil {
		s.log.WarnContext(ctx, "revocation", slog.Int64("revocation", r.ID), slog.String("platform", r.Platform), slog.Any("cause", err))
	}
	if again > 0 {
		if err != nil {
			r.Tries++
		}
		r.NextAt = s.now().Add(again)
		return s.ignoreMoved(s.store.InTx(ctx, func(tx Tx) error { return tx.PostponeRevocation(ctx, r) }))
	}
	return s.ignoreMoved(s.store.InTx(ctx, func(tx Tx) error {
		if err := tx.DropRevocation(ctx, r); err != nil {
			return err
		}
		if r.OwnerID == 0 {
			return nil
		}
		data := eventData("platform", r.Platform, "outcome", string(outcome))
		s.emit(tx, Event{WorkspaceID: r.WorkspaceID, Type: EventGrantRevoked, OwnerID: r.OwnerID, Cause: CauseSystem, Data: data})
		s.recordSystem(tx, r.WorkspaceID, AuditEntry{Action: AuditGrantRevoked, OwnerID: r.OwnerID, Data: data})
		return nil
	}))
}

// ignoreMoved drops the complaint that somebody else took a revocation over.
func (s *Service) ignoreMoved(err error) error {
	if errors.Is(err, fault.Conflict) || errors.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

// lastRevocation is how long a revocation is tried.
const lastRevocation = 24 * time.Hour

// revokeOnce sends the one request, unless it would end a living consent. again is when to
// try anew; zero: it is over with outcome.
func (s *Service) revokeOnce(ctx context.Context, r Revocation) (outcome RevokeOutcome, again time.Duration, err error) {
	p, ok := s.platforms.Get(r.Platform)
	if !ok {
		return RevokeNoWay, 0, ErrNotOffered
	}
	app, err := s.clientOf(ctx, Grant{WorkspaceID: r.WorkspaceID, AppID: r.AppID, Platform: r.Platform})
	if errors.Is(err, ErrNotConfigured) {
		return RevokeNoWay, 0, err
	}
	if err != nil {
		return s.laterOrNever(&r, err)
	}
	if p.Spec().Revocation == platform.ReachUserApp {
		switch kept, wait, err := s.sparesOthers(ctx, r, app); {
		case err != nil:
			return s.laterOrNever(&r, err)
		case wait:
			return "", 5 * time.Second, nil
		case kept:
			return RevokeKept, 0, nil
		}
	}
	secret, err := s.vault.Open(r.place(), r.Sealed)
	if err != nil {
		return RevokeNoWay, 0, err
	}
	credentials, err := platform.DecodeCredentials(secret)
	if err != nil {
		return RevokeNoWay, 0, err
	}
	err = platform.Revoke(ctx, s.envOf(r.Platform), p, platform.RevokeRequest{App: app, Credentials: credentials, Subject: r.Subject})
	no := platform.RefusalOf(err)
	switch {
	case errors.Is(err, platform.ErrNoWay):
		return RevokeNoWay, 0, nil
	case err == nil, no != nil && no.Class == platform.ClassPermanent: // it is over there
		return RevokeDone, 0, nil
	default:
		return s.laterOrNever(&r, err)
	}
}

// sparesOthers tells whether ending the consent would end a living one of the same person
// with the same OAuth client, on whatever workspace. wait: somebody is consenting at this
// moment, and whose consent it is is not known yet.
func (s *Service) sparesOthers(ctx context.Context, r Revocation, app platform.App) (kept, wait bool, err error) {
	if r.Subject == "" {
		return true, false, nil
	}
	live, unknown, err := s.store.LiveConsents(ctx, app.ClientID, app.Server, r.Subject)
	if err != nil {
		return false, false, err
	}
	return live > 0, live == 0 && unknown > 0 && s.now().Sub(r.CreatedAt) < time.Hour, nil
}

// laterOrNever plans the next try, up to a day after the first.
func (s *Service) laterOrNever(r *Revocation, err error) (RevokeOutcome, time.Duration, error) {
	if s.now().Sub(r.CreatedAt) > lastRevocation {
		return RevokeGaveUp, 0, err
	}
	return "", backOff(min(r.Tries+1, 7)), err
}

// callOff keeps what waits to be revoked from ending a new consent of the same person. One
// that is under way at this moment may have ended it: the platform is asked soon.
func (s *Service) callOff(ctx context.Context, tx Tx, g *Grant, spec platform.Spec) error {
	if spec.Revocation != platform.ReachUserApp {
		return nil
	}
	app, err := tx.App(ctx, g.WorkspaceID, g.AppID)
	if err != nil {
		return fmt.Errorf("app %d: %w", g.AppID, err)
	}
	underWay, err := tx.CallOffRevocations(ctx, app.ClientID, app.Server, g.Subject)
	if err != nil {
		return err
	}
	if underWay > 0 {
		g.ProbeAt = s.now().Add(s.deadline + 5*time.Second)
	}
	return nil
}
