package smartlyq

import (
	"context"
	"errors"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
)

// soon is "expiring = within 7 days".
const soon = 7

func (a *API) accountHealth(ctx context.Context, c call) (any, error) {
	channel, err := a.account(ctx, c.caller, c)
	if err != nil {
		return nil, err
	}
	report, err := a.svc.ChannelHealth(ctx, c.caller, channel.ID)
	if err != nil {
		return nil, err
	}
	return toHealth(report, a.now()), nil
}

func (a *API) bulkHealth(ctx context.Context, c call) (any, error) {
	all, err := a.everyAccount(ctx, c.caller)
	if err != nil {
		return nil, err
	}
	bulk := bulkHealthJSON{Accounts: []healthJSON{}}
	for _, channel := range all {
		report, err := a.svc.ChannelHealth(ctx, c.caller, channel.ID)
		if errors.Is(err, fault.NotFound) { // it went meanwhile
			continue
		}
		if err != nil {
			return nil, err
		}
		bulk.add(toHealth(report, a.now()), channel.Lifecycle != connect.LifecyclePaused)
	}
	return bulk, nil
}

// add counts an account once. A paused one keeps its status.
func (b *bulkHealthJSON) add(h healthJSON, active bool) {
	h.IsActive = &active
	b.Accounts = append(b.Accounts, h)
	switch {
	case !active:
		b.Paused++
	case h.Status == "expired":
		b.Expired++
	case h.Status != "connected":
	case h.ValidityDays != nil && *h.ValidityDays <= soon:
		b.Expiring++
	default:
		b.Healthy++
	}
}
