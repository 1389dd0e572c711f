package app

import (
	"context"
	"time"

	"patchbay/internal/config"
	"patchbay/internal/connect"
	"patchbay/internal/dialect/smartlyq"
	"patchbay/internal/jobs"
	"patchbay/internal/webhook"
)

// webhooks wires the sender to the store: what is committed here rings its bell.
func (a *App) webhooks(cfg config.Config, opt Options, core *connect.Service) *webhook.Service {
	a.receivers = webhook.NewClient(cfg.TrustedOrigins, opt.Lab)
	a.store.OnDeliveries(a.bell.Ring)
	a.store.OnEvents(core.Happened)
	return webhook.New(webhook.Config{
		Store: a.store, Core: core, Vault: a.keys.vault, Client: a.receivers, Version: opt.Version,
		Schemes: []webhook.Scheme{smartlyq.Scheme{}},
		Now:     opt.Now, Log: opt.Log, Nudge: a.bell.Ring, Sent: a.metrics.MessageSent,
	})
}

// deliver sends what is due until ctx ends, and lets what was begun come home.
func (a *App) deliver(ctx context.Context) {
	jobs.Lanes[webhook.Claim]{
		Name: "deliver", Every: time.Second, Hands: webhook.InFlightCap, Bell: &a.bell,
		Keys: a.Webhooks.DueEndpoints, Claim: a.Webhooks.ClaimDue, Do: a.Webhooks.Work,
	}.Run(ctx, a.log)
}

// webhookLoops are what goes on beside the sender.
func (a *App) webhookLoops() []jobs.Loop {
	return []jobs.Loop{
		{Name: "watch_clock", Every: time.Second, Do: a.Webhooks.WatchClock},
		{Name: "carry_replays", Every: time.Second, Do: a.Webhooks.CarryReplays},
		{Name: "end_endpoints", Every: 5 * time.Second, Do: a.Webhooks.EndEndpoints},
		{Name: "drop_deliveries", Every: 10 * time.Minute, Do: a.Webhooks.DropDeliveries},
	}
}
