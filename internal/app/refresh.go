package app

import (
	"context"
	"log/slog"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/jobs"
)

// refreshHands is how many grants of one app (OAuth client) are refreshed or probed at once.
const refreshHands = 64

// refresh keeps the grants alive until ctx ends, and lets what was begun come home.
func (a *App) refresh(ctx context.Context) {
	if a.store.Engine() == "sqlite" { // nobody else has the store: whoever held a grant is dead
		if err := a.Service.ReleaseGrants(ctx); err != nil {
			a.log.ErrorContext(ctx, "what a process before held is waited for", slog.Any("cause", err))
		}
	}
	jobs.Lanes[connect.Claim]{
		Name: "refresh", Every: time.Second, Hands: refreshHands,
		Keys: a.Service.DueApps, Claim: a.Service.ClaimDue, Do: a.Service.Work,
	}.Run(ctx, a.log)
}
