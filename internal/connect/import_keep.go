package connect

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"patchbay/internal/fault"
	"patchbay/internal/platform"
)

// keep commits the import: owner, consent, targets, channels, in one transaction.
func (im *importing) keep(ctx context.Context) error {
	try := func() error {
		return im.s.store.InTx(ctx, func(tx Tx) error { return im.commit(ctx, tx) })
	}
	err := try()
	if errors.Is(err, fault.Conflict) && !errors.Is(err, ErrGrantExists) { // the same person consented at this moment
		err = try()
	}
	return err
}

// keepAll is keep for new credentials, which exist nowhere else: it goes on until the
// database takes them, or something has come in their way for good.
func (im *importing) keepAll(ctx context.Context) error {
	var refused error
	err := im.s.persist(ctx, func() error {
		err := im.keep(ctx)
		refused = nil
		if errors.Is(err, fault.Conflict) || errors.Is(err, fault.NotFound) { // the owner is gone, or has consented anew
			refused, err = err, nil
		}
		return err
	})
	return errors.Join(err, refused)
}

func (im *importing) commit(ctx context.Context, tx Tx) error {
	im.channels = nil
	owner, err := im.s.ownerFor(ctx, tx, im.c, NewSession{OwnerExternalID: im.r.OwnerExternalID, OwnerName: im.r.OwnerName})
	if err != nil {
		return err
	}
	im.owner = owner
	grant, err := im.clear(ctx, tx)
	if err != nil {
		return err
	}
	if !im.same {
		if grant, err = im.fill(ctx, tx, grant); err != nil {
			return err
		}
	}
	targets, err := im.reaches(ctx, tx, grant)
	if err != nil {
		return err
	}
	for _, t := range targets {
		key := platform.TargetKey{Kind: t.Kind, ExternalID: t.ExternalID}
		if !slices.Contains(im.wanted, key) {
			continue
		}
		if err := im.connect(ctx, tx, grant, t); err != nil {
			return err
		}
	}
	return cmp.Or(im.noteTurn(ctx, tx, nil), im.arrived(ctx, tx))
}

// reaches are the grant's targets, as they were just found. Where the grant lives on newer
// tokens than these they stay as they are: they may have tokens of their own, newer ones too.
func (im *importing) reaches(ctx context.Context, tx Tx, g Grant) ([]Target, error) {
	if im.renewed {
		return tx.Targets(ctx, g.WorkspaceID, g.ID)
	}
	return im.s.saveTargets(ctx, tx, g, im.found.targets)
}

// clear is the consent that the tokens renew, the zero one without any; ErrGrantExists
// where the tokens would take the place of others that work: of the same person's consent,
// or of the one that a channel stands on.
func (im *importing) clear(ctx context.Context, r Reader) (Grant, error) {
	im.there, im.same, im.renewed = nil, false, false
	if im.owner.ID == 0 {
		return Grant{}, im.alone(ctx, r, 0)
	}
	grant, err := r.GrantBySubject(ctx, im.c.WorkspaceID, im.app.ID, im.found.identity.Subject, im.owner.ID)
	switch {
	case errors.Is(err, fault.NotFound):
		grant = Grant{}
	case err != nil:
		return Grant{}, err
	case working(grant.Health):
		if err := im.known(ctx, r, grant); err != nil {
			return Grant{}, err
		}
	}
	if im.recalled && !im.renewed { // it has ended at this moment, and so have its tokens
		return Grant{}, errTokenRefused
	}
	if err := im.alone(ctx, r, grant.ID); err != nil {
		return Grant{}, err
	}
	if im.there, err = channelsAt(ctx, r, im.owner, im.r.Platform); err != nil {
		return Grant{}, err
	}
	for _, key := range im.wanted {
		ch, ok := im.there[key]
		if ok && ch.Lifecycle != LifecycleDisconnected && ch.GrantID != 0 && ch.GrantID != grant.ID && working(ch.Health) {
			return Grant{}, ErrGrantExists
		}
	}
	return grant, nil
}

// known finds out whether the tokens are the grant's, or were before they were replaced;
// ErrGrantExists where they are others.
func (im *importing) known(ctx context.Context, r Reader, g Grant) error {
	before, err := im.s.credentialsOf(g)
	if err != nil {
		return ErrGrantExists.Because(err)
	}
	if im.same = before.Access.Equal(im.r.Access); im.same {
		return nil
	}
	m, err := im.s.markerOf(ctx, r, g.WorkspaceID)
	if err != nil {
		return err
	}
	im.same = sameMark(g.Brought.Access, m.mark(im.r.Access, im.r.Refresh).Access)
	if im.renewed = im.same; !im.same {
		return ErrGrantExists
	}
	return nil
}

// working tells whether something may still come of a consent without the person.
func working(h Health) bool { return h != HealthNeedsReauth }

// channelsAt are the owner's channels at a platform, disconnected ones too.
func channelsAt(ctx context.Context, r Reader, owner Owner, platformID string) (map[platform.TargetKey]Channel, error) {
	const page = 500
	all := map[platform.TargetKey]Channel{}
	for _, state := range []Lifecycle{LifecycleActive, LifecyclePaused, LifecycleDisconnected} {
		filter := ChannelFilter{OwnerID: owner.ID, Platform: platformID, Lifecycle: state}
		for after, more := int64(0), true; more; {
			channels, err := r.Channels(ctx, owner.WorkspaceID, filter, after, page)
			if err != nil {
				return nil, err
			}
			for _, ch := range channels {
				after = ch.ID
				all[platform.TargetKey{Kind: ch.Kind, ExternalID: ch.ExternalID}] = ch
			}
			more = len(channels) == page
		}
	}
	return all, nil
}

// fill writes the tokens into the consent that is there, or into a new one.
func (im *importing) fill(ctx context.Context, tx Tx, grant Grant) (Grant, error) {
	s, event, now := im.s, EventGrantRenewed, im.s.now()
	if grant.ID == 0 {
		var err error
		event = EventGrantCreated
		grant, err = tx.InsertGrant(ctx, Grant{
			WorkspaceID: im.c.WorkspaceID, OwnerID: im.owner.ID, AppID: im.app.ID, Platform: im.r.Platform, State: GrantUnverified,
			CreatedAt: now, UpdatedAt: now,
		})
		if err != nil {
			return Grant{}, err
		}
	}
	m, err := s.markerOf(ctx, tx, grant.WorkspaceID)
	if err != nil {
		return Grant{}, err
	}
	grant.Brought = m.mark(im.r.Access, im.r.Refresh)
	im.found.issued = im.issued()
	grant, err = s.fillGrant(ctx, tx, grant, GrantUsable, im.found)
	if err != nil {
		return Grant{}, err
	}
	s.emit(tx, Event{
		WorkspaceID: grant.WorkspaceID, Type: event, OwnerID: grant.OwnerID, Cause: CauseIntegration,
		Data: eventData("platform", grant.Platform, "grant_id", fmt.Sprint(grant.ID), "via", "import"),
	})
	return grant, nil
}

// connect makes a target a channel, or connects the one that was for it. One that stands
// on this consent already stays as it is.
func (im *importing) connect(ctx context.Context, tx Tx, g Grant, t Target) error {
	s := im.s
	if ch, ok := im.there[platform.TargetKey{Kind: t.Kind, ExternalID: t.ExternalID}]; ok && im.same && ch.GrantID == g.ID && ch.TargetID == t.ID {
		im.channels = append(im.channels, ch)
		return nil
	}
	channel, err := s.saveConnected(ctx, tx, im.owner.ID, g, t)
	if err != nil {
		return err
	}
	s.emit(tx, Event{
		WorkspaceID: g.WorkspaceID, Type: channel.event(), OwnerID: im.owner.ID, ChannelID: channel.ID, Cause: CauseIntegration,
		Data: eventData("platform", g.Platform, "kind", t.Kind, "name", t.Facts.Name, "before", string(channel.Before), "via", "import"),
	})
	s.Record(tx, im.c, AuditEntry{
		Action: AuditChannelImported, OwnerID: im.owner.ID, ChannelID: channel.ID, Data: eventData("platform", g.Platform, "app", string(im.proof)),
	})
	im.channels = append(im.channels, channel.Channel)
	return s.dropGrant(ctx, tx, g.WorkspaceID, channel.ReplacedGrant, "")
}
