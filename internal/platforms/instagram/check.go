package instagram

import (
	"context"
	"time"

	"patchbay/internal/platform"
	"patchbay/internal/platform/meta"
)

var _ platform.Checker = instagram{}

// CheckApp tells whether Meta knows the app.
func (p instagram) CheckApp(ctx context.Context, env platform.Env, app platform.App) (time.Time, error) {
	return meta.CheckApp(ctx, env, app, p.version)
}
