package cli

import (
	"context"
	"encoding/json"
	"fmt"
)

// ChannelsCheckCmd is `patchbay channels check`.
type ChannelsCheckCmd struct {
	channelArg
	JSON bool `name:"json" help:"Print the health as the API answers it, on one line."`

	serverFlags
}

// Help is shown by --help.
func (*ChannelsCheckCmd) Help() string {
	return `Asks the platform with a harmless call whether the channel works, keeps what it learns, and shows the health as it is then,
as ` + "`patchbay channels health`" + ` does. The exit code tells whether somebody has to act, so that a script can go by it.

Examples:

    patchbay channels check 5
    patchbay channels check 5 --json > /dev/null || echo "look after channel 5"
` + checkExitHelp
}

// Run checks.
func (c *ChannelsCheckCmd) Run(ctx context.Context, w *World) error {
	cl, err := c.client(w)
	if err != nil {
		return err
	}
	var raw json.RawMessage
	if err := cl.post(ctx, fmt.Sprintf("/v1/channels/%d/check", c.ID), struct{}{}, &raw); err != nil {
		return ended(ctx, c.missing(err))
	}
	report, err := showHealth(w, raw, c.JSON)
	if err != nil || !report.needs() {
		return err
	}
	return &exitError{code: exitNeeds, what: fmt.Sprintf("channel %d needs %s", c.ID, report.who()), next: report.Todo}
}
