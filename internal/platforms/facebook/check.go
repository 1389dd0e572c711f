package facebook

import (
	"context"
	"time"

	"patchbay/internal/platform"
	"patchbay/internal/platform/meta"
)

var _ platform.Checker = facebook{}

// CheckApp tells whether Meta knows the app.
func (p facebook) CheckApp(ctx context.Context, env platform.Env, app platform.App) (time.Time, error) {
	return meta.CheckApp(ctx, env, app, p.version)
}
