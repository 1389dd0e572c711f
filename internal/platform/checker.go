package platform

import (
	"context"
	"time"
)

// Checker is implemented where a platform tells, without a person, whether it knows
// our app: for operators who examine their settings.
type Checker interface {
	// CheckApp asks with the app's own credentials. A nil error means that the platform
	// knows them; ErrRejected that it does not; ErrUnavailable that it did not say. at is
	// the platform's clock, zero where it told none.
	CheckApp(ctx context.Context, env Env, app App) (at time.Time, err error)
}
