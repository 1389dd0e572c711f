package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
)

// ChannelsPauseCmd is `patchbay channels pause`.
type ChannelsPauseCmd struct {
	channelArg
	changedFlags
}

// changedFlags are those of commands that change a channel and show it.
type changedFlags struct {
	JSON bool `name:"json" help:"Print the channel as the API answers it, on one line."`

	serverFlags
}

// Help is shown by --help.
func (*ChannelsPauseCmd) Help() string {
	return `A paused channel lends its token to nobody. Its consent is kept alive, so that resume brings it back without the person.
Pausing a paused channel changes nothing.

Examples:

    patchbay channels pause 5
    patchbay channels list --owner user_42 --json | jq '.data[].id' | xargs -n1 patchbay channels pause
` + exitHelp
}

// Run pauses.
func (c *ChannelsPauseCmd) Run(ctx context.Context, w *World) error {
	ch, err := c.change(ctx, w, c.channelArg, "pause", struct{}{})
	if err != nil || c.JSON {
		return err
	}
	fmt.Fprintf(w.Stdout, "%s, is paused: its token is lent to nobody. `patchbay channels resume %d` ends it.\n", w.named(w.Stdout, ch), ch.ID)
	return nil
}

// ChannelsResumeCmd is `patchbay channels resume`.
type ChannelsResumeCmd struct {
	channelArg
	changedFlags
}

// Help is shown by --help.
func (*ChannelsResumeCmd) Help() string {
	return `Ends a pause. Resuming a channel that is not paused changes nothing; one that was disconnected needs reconnect.

Examples:

    patchbay channels resume 5
` + exitHelp
}

// Run resumes.
func (c *ChannelsResumeCmd) Run(ctx context.Context, w *World) error {
	ch, err := c.change(ctx, w, c.channelArg, "resume", struct{}{})
	if err != nil || c.JSON {
		return err
	}
	fmt.Fprintf(w.Stdout, "%s, is active. Its health is %s.\n", w.named(w.Stdout, ch), w.shownHealth(ch))
	return nil
}

// ChannelsRenameCmd is `patchbay channels rename`.
type ChannelsRenameCmd struct {
	channelArg
	Label string `arg:"" name:"name" help:"Your own name of the channel; \"\" takes it away."`
	changedFlags
}

// Help is shown by --help.
func (*ChannelsRenameCmd) Help() string {
	return `Gives a channel a name of your own, which is shown instead of the platform's. Nothing changes at the platform.

Examples:

    patchbay channels rename 5 "Bakery, main street"
    patchbay channels rename 5 ""          # the platform's name again
` + exitHelp
}

// Run renames.
func (c *ChannelsRenameCmd) Run(ctx context.Context, w *World) error {
	cl, err := c.client(w)
	if err != nil {
		return err
	}
	var raw json.RawMessage
	if err := cl.patch(ctx, fmt.Sprintf("/v1/channels/%d", c.ID), map[string]string{"label": c.Label}, &raw); err != nil {
		return ended(ctx, c.missing(err))
	}
	ch, err := c.shown(w, raw)
	if err != nil || c.JSON {
		return err
	}
	if c.Label == "" {
		fmt.Fprintf(w.Stdout, "%s, has the name that the platform gives it.\n", w.named(w.Stdout, ch))
		return nil
	}
	fmt.Fprintf(w.Stdout, "%s, is called so here. The platform calls it %s.\n", w.named(w.Stdout, ch), clean(cmp.Or(ch.Name, ch.ExternalID)))
	return nil
}

// ChannelsMoveCmd is `patchbay channels move`.
type ChannelsMoveCmd struct {
	channelArg
	Owner string `name:"owner" required:"" placeholder:"ID" help:"Whose it will be: your own id of the user, who must exist."`
	changedFlags
}

// Help is shown by --help.
func (*ChannelsMoveCmd) Help() string {
	return `Gives a channel to another owner of the workspace. Id, consent and health stay. An owner who has the same page or profile
already is refused.

Examples:

    patchbay channels move 5 --owner user_43
    patchbay owners list                   # who there is
` + exitHelp
}

// Run moves.
func (c *ChannelsMoveCmd) Run(ctx context.Context, w *World) error {
	ch, err := c.change(ctx, w, c.channelArg, "move", map[string]string{"owner": c.Owner})
	if err != nil || c.JSON {
		return err
	}
	fmt.Fprintf(w.Stdout, "%s, is %s's.\n", w.named(w.Stdout, ch), ownerName(ch.Owner))
	return nil
}

// change asks for a change and answers the channel as it is then; with --json it is printed.
func (f changedFlags) change(ctx context.Context, w *World, arg channelArg, what string, body any) (channel, error) {
	cl, err := f.client(w)
	if err != nil {
		return channel{}, err
	}
	var raw json.RawMessage
	if err := cl.post(ctx, fmt.Sprintf("/v1/channels/%d/%s", arg.ID, what), body, &raw); err != nil {
		return channel{}, ended(ctx, arg.lacks(err))
	}
	return f.shown(w, raw)
}

// shown decodes a channel; with --json it prints it too.
func (f changedFlags) shown(w *World, raw json.RawMessage) (channel, error) {
	list, err := decodeChannels([]json.RawMessage{raw})
	if err != nil {
		return channel{}, err
	}
	if f.JSON {
		return list[0], writeJSON(w.Stdout, raw)
	}
	return list[0], nil
}

// named is a channel in a sentence on out.
func (w *World) named(out io.Writer, c channel) string {
	return fmt.Sprintf("Channel %d, %s (%s %s)", c.ID, w.palette(out).bold(clean(cmp.Or(c.Label, c.Name, c.Username, c.ExternalID))), clean(c.Platform), clean(c.Kind))
}

func (w *World) shownHealth(c channel) string {
	said := w.palette(w.Stdout).health(c.Health.Status)(clean(joined(c.Health.Status, c.Health.Reason)))
	if c.Health.Status == "healthy" || c.Health.Status == "unknown" {
		return said
	}
	return said + ": " + c.who()
}
