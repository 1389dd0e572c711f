package connect

import (
	"context"
	"errors"
	"fmt"

	"patchbay/internal/fault"
	"patchbay/internal/platform"
)

// promote turns the attempt's unverified grant into a usable one, or, where this
// owner's person has consented before, renews that grant with the new credentials.
func (s *Service) promote(ctx context.Context, tx Tx, a Attempt, ownerID int64, c consent) (Grant, error) {
	grant, err := tx.GrantBySubject(ctx, a.WorkspaceID, a.AppID, c.identity.Subject, ownerID)
	event := EventGrantRenewed
	switch {
	case errors.Is(err, fault.NotFound):
		grant, err = tx.Grant(ctx, a.WorkspaceID, a.GrantID)
		event = EventGrantCreated
	case err == nil:
		c.credentials, err = s.succeed(ctx, tx, grant, c.credentials)
	}
	if err != nil {
		return Grant{}, err
	}
	if grant, err = s.fillGrant(ctx, tx, grant, GrantUsable, c); err != nil {
		return Grant{}, err
	}
	s.emit(tx, Event{
		WorkspaceID: a.WorkspaceID, Type: event, OwnerID: ownerID, SessionID: a.SessionID,
		Cause: CauseCustomer, Data: eventData("platform", a.Platform, "grant_id", fmt.Sprint(grant.ID)),
	})
	return grant, nil
}

// succeed is what a new consent's credentials mean for those of the one before, by the same
// person with the same app: they are the new one's as far as it came without, or they are
// over, here and where that ends nothing else (Spec.RevokeReplaced) at the platform.
func (s *Service) succeed(ctx context.Context, tx Tx, before Grant, now platform.Credentials) (platform.Credentials, error) {
	p, ok := s.platforms.Get(before.Platform)
	if !ok {
		return now, nil
	}
	old, err := s.credentialsOf(before)
	if err != nil { // sealed with a key that is gone: nobody can use them
		return now, nil
	}
	if p.Spec().Refresh == platform.RefreshStable && working(before.Health) {
		now = s.inherit(old, now)
	}
	if !p.Spec().RevokeReplaced || p.Spec().Revocation != platform.ReachToken || sameTokens(old, now) {
		return now, nil
	}
	if before.Phase == PhaseHeld { // of a copy: the original may live on by the same consent
		return now, nil
	}
	before.OwnerID = 0 // who is told that the consent was renewed must not hear that it was ended
	return now, s.queueRevocation(ctx, tx, before, old)
}

// inherit is new credentials with the refresh token of before, which stays valid, where they
// came without: some servers give it with the first consent alone. One that has ended or is
// bound to another key could renew nothing.
// https://developers.google.com/identity/protocols/oauth2/web-server#offline
func (s *Service) inherit(old, now platform.Credentials) platform.Credentials {
	ended := !old.RefreshExpiresAt.IsZero() && !s.now().Before(old.RefreshExpiresAt)
	if now.Refresh.Empty() && !ended && old.Extra.Equal(now.Extra) {
		now.Refresh, now.RefreshExpiresAt = old.Refresh, old.RefreshExpiresAt
	}
	return now
}

// sameTokens tells whether a new consent was answered with a token of the one before, as
// some servers do, or kept it: to end it there would end the new one.
func sameTokens(old, now platform.Credentials) bool {
	return old.Access.Equal(now.Access) || !old.Refresh.Empty() && old.Refresh.Equal(now.Refresh)
}
