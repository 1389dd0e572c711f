package app

import (
	"context"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/jobs"
)

// refreshHands is how many grants of one app (OAuth client) are refreshed or probed at once.
const refreshHands = 64

// refresh keeps the grants alive until ctx ends, and lets what was begun come home.
func (a *App) refresh(ctx context.Context) {
	jobs.Lanes[connect.Claim]{
		Name: "refresh", Every: time.Second, Hands: refreshHands,
		Keys: a.Service.DueApps, Claim: a.Service.ClaimDue, Do: a.Service.Work,
	}.Run(ctx, a.log)
}
