package app

import (
	"context"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/jobs"
)

// refreshHands is how many grants of one app (OAuth client) are refreshed or probed at once.
const refreshHands = 64

// revokeHands is how many consents with one app are ended at their platform at once.
const revokeHands = 8

// revoke tells platforms of the consents that are over, until ctx ends.
func (a *App) revoke(ctx context.Context) {
	jobs.Lanes[connect.Revocation]{
		Name: "revoke", Every: time.Second, Hands: revokeHands,
		Keys: a.Service.DueRevocations, Claim: a.Service.ClaimRevocations, Do: a.Service.TellPlatform,
	}.Run(ctx, a.log)
}

// refresh keeps the grants alive until ctx ends, and lets what was begun come home.
func (a *App) refresh(ctx context.Context) {
	jobs.Lanes[connect.Claim]{
		Name: "refresh", Every: time.Second, Hands: refreshHands,
		Keys: a.Service.DueApps, Claim: a.Service.ClaimDue, Do: a.Service.Work,
	}.Run(ctx, a.log)
}
