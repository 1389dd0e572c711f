package connect

import (
	"context"
	"errors"
	"fmt"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// LeaseRequest asks for an access token of a channel.
type LeaseRequest struct {
	ChannelID int64
	MinLife   time.Duration // how long the token must still be good; zero: a minute
	NewerThan int64         // the Version of a token that the platform refused: another one is wanted; 0: any
}

// TokenLease is an access token that an application is lent.
type TokenLease struct {
	Channel   Channel
	Access    vault.Secret
	Type      string       // "Bearer", "DPoP"
	Server    string       // origin of the API that it is for, where each account has its own; otherwise empty
	Key       vault.Secret // private DPoP key as a JWK; otherwise empty
	ExpiresAt time.Time    // zero: it does not expire
	Version   int64        // grows with each new token
}

// Why no token is lent. A consent that is over is ErrReauth of the platform package with
// the reason of the channel's health.
var (
	ErrNoGrant      = fault.New(fault.Conflict, "no_grant", "This channel stands without a consent: there is nothing to ask the platform with.")
	ErrPaused       = fault.New(fault.Conflict, "channel_paused", "This channel is paused. Resume it first.")
	ErrDisconnected = fault.New(fault.Conflict, "channel_disconnected", "This channel is disconnected. Connect it again.")
	ErrNoNewerToken = fault.New(fault.Conflict, "no_newer_token", "This platform gives no newer token without the person, and it accepts this one.")
	ErrTokenShort   = fault.New(fault.Conflict, "token_short", "No token of this platform lives that long. Ask for less.")
	ErrHeld         = fault.New(fault.PlatformUnavailable, "refreshing_held", "The database was restored, and refreshing is held back until the operator resumes it. The present token has too little time left.")
	ErrRefreshing   = fault.New(fault.PlatformUnavailable, "refresh_pending", "A new token is needed, and the platform has not answered with one yet.").After(15 * time.Second)
)

const (
	leastLife = time.Minute
	mostLife  = 24 * time.Hour
)

// LeaseToken lends an access token that is good for at least as long as was asked: it is
// refreshed first where it is not. However many ask at once, on however many replicas,
// one refresh is made. A target with a token of its own (a page) gets that one. Each
// lease stands in the audit log. Needs ScopeTokensLease; another owner's channel is not
// found.
func (s *Service) LeaseToken(ctx context.Context, c Caller, r LeaseRequest) (TokenLease, error) {
	if err := c.Require(ScopeTokensLease); err != nil {
		return TokenLease{}, err
	}
	if r.MinLife < 0 || r.MinLife > mostLife {
		return TokenLease{}, fault.InvalidField("min_lifetime_s", "range", "must be between 1 and 86400 seconds")
	}
	if r.MinLife == 0 {
		r.MinLife = leastLife
	}
	for {
		lease, err := s.leaseOnce(ctx, c, r)
		if !errors.Is(err, errMoved) {
			return lease, err
		}
	}
}

func (s *Service) leaseOnce(ctx context.Context, c Caller, r LeaseRequest) (TokenLease, error) {
	channel, grant, err := s.grantedChannel(ctx, c, r.ChannelID)
	if err != nil {
		return TokenLease{}, err
	}
	if err := lendable(channel); err != nil {
		return TokenLease{}, err
	}
	lease, err := s.lend(ctx, channel, grant, r)
	if errors.Is(err, fault.NotFound) { // its consent was erased meanwhile: the channel tells
		err = errMoved
	}
	if err == nil {
		err = s.handOut(ctx, c, lease)
	}
	if err != nil {
		return TokenLease{}, err
	}
	return lease, nil
}

// handing is a lease on its way to who asked.
type handing struct {
	caller Caller
	lease  TokenLease
}

// handOut puts the lease into the audit log, unless the channel was paused, disconnected
// moved or put on another consent (errMoved) while its token was looked for: what is told of a
// channel is true of every token that is handed out after it. Leases of one workspace
// share a transaction: each would wait for the others at the end of the log.
func (s *Service) handOut(ctx context.Context, c Caller, lease TokenLease) error {
	if err := s.leases.Ask(ctx, lease.Channel.WorkspaceID, handing{c, lease}); err != nil {
		return fmt.Errorf("lease of channel %d: %w", lease.Channel.ID, err)
	}
	return nil
}

func (s *Service) handOutAll(ctx context.Context, workspaceID int64, all []handing) []error {
	ids := make([]int64, len(all))
	for i, h := range all {
		ids[i] = h.lease.Channel.ID
	}
	answers := make([]error, len(all))
	err := s.store.InTx(ctx, func(tx Tx) error {
		channels, err := tx.LockChannels(ctx, workspaceID, ids)
		if err != nil {
			return err
		}
		for i, h := range all {
			now, ok := channels[h.lease.Channel.ID]
			if answers[i] = stillLent(h.lease.Channel, now, ok); answers[i] != nil {
				continue
			}
			s.Record(tx, h.caller, AuditEntry{
				Action: AuditTokenLeased, OwnerID: now.OwnerID, ChannelID: now.ID,
				Data: eventData("platform", now.Platform, "version", fmt.Sprint(h.lease.Version), "expires_at", rfc3339(h.lease.ExpiresAt)),
			})
		}
		return nil
	})
	for i := range answers {
		if err != nil {
			answers[i] = err
		}
	}
	return answers
}

// stillLent tells whether the channel is as it was when its token was looked for.
func stillLent(before, now Channel, there bool) error {
	switch {
	case !there:
		return NoSuch("channel")
	case now.Lifecycle == LifecycleDisconnected:
		return ErrDisconnected
	case now.Lifecycle == LifecyclePaused:
		return ErrPaused
	case now.OwnerID != before.OwnerID, now.GrantID != before.GrantID, now.TargetID != before.TargetID:
		return errMoved
	}
	return nil
}

// grantedChannel is a channel that the caller may see, with its grant.
func (s *Service) grantedChannel(ctx context.Context, c Caller, id int64) (Channel, Grant, error) {
	channel, err := s.store.Channel(ctx, c.WorkspaceID, id)
	if err != nil {
		return Channel{}, Grant{}, err
	}
	if c.OwnerID != 0 && c.OwnerID != channel.OwnerID {
		return Channel{}, Grant{}, NoSuch("channel")
	}
	switch {
	case channel.Lifecycle == LifecycleDisconnected:
		return channel, Grant{}, ErrDisconnected
	case channel.GrantID == 0:
		return channel, Grant{}, ErrNoGrant
	}
	grant, err := s.store.Grant(ctx, c.WorkspaceID, channel.GrantID)
	if errors.Is(err, fault.NotFound) {
		return channel, Grant{}, ErrNoGrant
	}
	return channel, grant, err
}

// lendable is why the channel's state forbids to lend its token.
func lendable(c Channel) error {
	d := Diagnose(c.HealthReason)
	switch {
	case c.Lifecycle == LifecyclePaused:
		return ErrPaused
	case d.Health == HealthNeedsReauth:
		return reauth(c.HealthReason)
	case ofTarget(c.HealthReason):
		return fault.New(fault.Conflict, c.HealthReason, d.Sentence+" "+d.Todo)
	}
	return nil
}

func reauth(reason string) error {
	d := Diagnose(reason)
	return fault.New(fault.ReauthRequired, reason, d.Sentence+" "+d.Todo)
}

// lend finds or makes the token: the target's own, else the grant's.
func (s *Service) lend(ctx context.Context, channel Channel, grant Grant, r LeaseRequest) (TokenLease, error) {
	own, version, err := s.ownToken(ctx, channel)
	if err != nil {
		return TokenLease{}, err
	}
	if own.Access.Empty() {
		version = grant.TokenVersion
	}
	if r.NewerThan > version { // else each such request would cost a refresh
		return TokenLease{}, fault.InvalidField("newer_than", "unknown", "must be the version of a token that was lent for this channel")
	}
	if own.Access.Empty() {
		grant, err = s.freshGrant(ctx, grant, r)
		if errors.Is(err, errUnrenewable) {
			err = s.unrenewable(ctx, channel)
		}
		if err != nil {
			return TokenLease{}, err
		}
		if own, err = s.credentialsOf(grant); err != nil {
			return TokenLease{}, reauth(ReasonUnreadable)
		}
		version = grant.TokenVersion
	} else if err := s.ownEnough(ctx, channel, own, version, r); err != nil {
		return TokenLease{}, err
	}
	lease := TokenLease{Channel: channel, Access: own.Access, ExpiresAt: own.ExpiresAt, Version: version}
	how, err := s.used(ctx, grant, own)
	if err != nil {
		return TokenLease{}, fmt.Errorf("lease of channel %d: %w", channel.ID, err)
	}
	lease.Type, lease.Server, lease.Key = how.Type, how.Server, how.Key
	return lease, nil
}

// used tells how a token is used.
func (s *Service) used(ctx context.Context, grant Grant, own platform.Credentials) (platform.Leased, error) {
	p, ok := s.platforms.Get(grant.Platform)
	if !ok {
		return platform.Leased{}, ErrNotOffered
	}
	app, err := s.store.App(ctx, grant.WorkspaceID, grant.AppID)
	if err != nil {
		return platform.Leased{}, fmt.Errorf("app %d: %w", grant.AppID, err)
	}
	return platform.Lease(p, platform.App{ID: app.ID, Server: app.Server, ClientID: app.ClientID}, own)
}

// ownToken is the credentials of the channel's target; empty where it has none.
func (s *Service) ownToken(ctx context.Context, channel Channel) (platform.Credentials, int64, error) {
	targets, err := s.store.Targets(ctx, channel.WorkspaceID, channel.GrantID)
	if err != nil {
		return platform.Credentials{}, 0, err
	}
	for _, t := range targets {
		if t.ID == channel.TargetID {
			own, err := s.targetCredentials(t)
			if err != nil {
				return platform.Credentials{}, 0, reauth(ReasonUnreadable)
			}
			return own, t.TokenVersion, nil
		}
	}
	return platform.Credentials{}, 0, nil
}

// ownEnough tells whether a target's own token will do. One that the platform refused
// cannot be renewed: the platform is asked what is the matter.
func (s *Service) ownEnough(ctx context.Context, channel Channel, own platform.Credentials, version int64, r LeaseRequest) error {
	if !own.ExpiresAt.IsZero() && own.ExpiresAt.Sub(s.now()) < r.MinLife {
		return ErrTokenShort
	}
	if r.NewerThan < version {
		return nil
	}
	return s.unrenewable(ctx, channel)
}

// unrenewable asks the platform about a token that it refused and that nobody but the
// person can renew.
func (s *Service) unrenewable(ctx context.Context, channel Channel) error {
	if _, err := s.check(ctx, channel); err != nil {
		return err
	}
	now, err := s.store.Channel(ctx, channel.WorkspaceID, channel.ID)
	if err != nil {
		return err
	}
	if err := lendable(now); err != nil {
		return err
	}
	return ErrNoNewerToken
}

func (s *Service) audit(ctx context.Context, c Caller, e AuditEntry) error {
	err := s.store.InTx(ctx, func(tx Tx) error {
		s.Record(tx, c, e)
		return nil
	})
	if err != nil {
		return fmt.Errorf("audit log: %w", err)
	}
	return nil
}

func rfc3339(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
