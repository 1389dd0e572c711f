package linkedin

import (
	"context"

	"patchbay/internal/platform"
)

// IssuedTo asks introspection, whose answer names the application. What it says of another
// application's token is not documented: where it says no more than that the token is not
// active, it is dead for this app.
// https://learn.microsoft.com/en-us/linkedin/shared/authentication/token-introspection
func (l linkedin) IssuedTo(ctx context.Context, c *platform.Client) (ours, known bool, err error) {
	a := api{client: c, version: l.cfg.Version, rules: probeRules()}
	body, there, err := a.askAboutToken(ctx)
	if err != nil || !there {
		return false, false, err
	}
	if _, err := a.judge(body); err != nil {
		return false, false, err
	}
	return body.ClientID == c.App.ClientID, body.ClientID != "", nil
}
