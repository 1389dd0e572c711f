package cli

import (
	"context"
	"fmt"
)

// ChannelsReconnectCmd is `patchbay channels reconnect`.
type ChannelsReconnectCmd struct {
	channelArg
	linkFlags
	serverFlags
}

// Help is shown by --help.
func (*ChannelsReconnectCmd) Help() string {
	return `Makes a link with which the person consents anew for a channel that stopped working, or was disconnected; shows it with a QR code,
waits, and says how it ended. The channel keeps its id.

The link is pinned: only the account that the channel is may answer it. Somebody who is signed in at the platform with another
account is told so and may switch there and try again: the reasons are other_account, and target_missing when the right person
did not give that page. Nothing changes then.

Examples:

    patchbay channels reconnect 5
    patchbay channels reconnect 5 --expires-in 24h --no-qr
    patchbay channels reconnect 5 --json --fail-fast

With --json the lines are those of ` + "`patchbay connect`" + `.
` + connectExitHelp
}

// Run makes the link and waits.
func (c *ChannelsReconnectCmd) Run(ctx context.Context, w *World) error {
	cl, err := c.client(w)
	if err != nil {
		return err
	}
	var made session
	if err := cl.post(ctx, fmt.Sprintf("/v1/channels/%d/reconnect", c.ID), c.newSession(), &made); err != nil {
		return ended(ctx, c.missing(err))
	}
	return c.follow(ctx, w, cl, made, wording{
		intro: func(p palette, s session) string {
			return fmt.Sprintf("Open this link, or send it to the person who connected channel %d of %s.\nOnly the same account can answer it.", c.ID, p.bold(ownerName(s.Owner)))
		},
		done: func(session) string {
			return fmt.Sprintf("Channel %d is connected again, under the same id:", c.ID)
		},
		again: fmt.Sprintf("`patchbay channels reconnect %d`", c.ID),
	})
}
