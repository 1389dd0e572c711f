package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
)

// ChannelsDisconnectCmd is `patchbay channels disconnect`.
type ChannelsDisconnectCmd struct {
	channelArg
	Yes bool `name:"yes" short:"y" help:"Do not ask."`
	changedFlags
}

// Help is shown by --help.
func (*ChannelsDisconnectCmd) Help() string {
	return `Parts a channel from its consent: nothing of it can be used any more. Once no other channel stands on the same consent, its
credentials are erased here, and it is revoked at the platform, as far as the platform has a way. It says first what that will be,
and asks; a script says --yes.

The channel keeps its id, and reconnect brings it back, with a new consent of the person.

Examples:

    patchbay channels disconnect 5
    patchbay channels disconnect 5 --yes --json | jq -r .lifecycle
` + askExitHelp
}

// Run asks and disconnects.
func (c *ChannelsDisconnectCmd) Run(ctx context.Context, w *World) error {
	if !c.Yes {
		if err := c.confirm(ctx, w); err != nil {
			return err
		}
	}
	ch, err := c.change(ctx, w, c.channelArg, "disconnect", struct{}{})
	if err != nil || c.JSON {
		return err
	}
	fmt.Fprintf(w.Stdout, "%s, is %s.\n", w.named(w.Stdout, ch), clean(ch.Lifecycle))
	fmt.Fprintf(w.Stderr, "Unless other channels use its consent, that is being revoked: `patchbay events --type grant.revoked` tells what came of it.\n`patchbay channels reconnect %d` makes a link to bring it back.\n", c.ID)
	return nil
}

// confirm says what will end, and asks.
func (c *ChannelsDisconnectCmd) confirm(ctx context.Context, w *World) error {
	cl, err := c.client(w)
	if err != nil {
		return err
	}
	var raw json.RawMessage
	if err := cl.get(ctx, fmt.Sprintf("/v1/channels/%d", c.ID), nil, &raw); err != nil {
		return ended(ctx, c.missing(err))
	}
	list, err := decodeChannels([]json.RawMessage{raw})
	if err != nil {
		return err
	}
	if w.interactive() {
		fmt.Fprintf(w.Stderr, "%s\n  of     %s\n  here   its credentials are erased, once no other channel uses the consent\n  there  %s\n\n", w.named(w.Stderr, list[0]), ownerName(list[0].Owner), revoking(ctx, cl, list[0].Platform))
	}
	return w.agreed(ctx, fmt.Sprintf("Disconnect channel %d?", c.ID), "--yes")
}

// revoking says what a disconnection ends at the platform. A server that does not tell
// this key about platforms leaves it open.
func revoking(ctx context.Context, cl *client, id string) string {
	var p struct {
		Name  string `json:"name"`
		Reach string `json:"revocation_reach"`
	}
	_ = cl.get(ctx, "/v1/platforms/"+url.PathEscape(id), nil, &p)
	name := clean(cmp.Or(p.Name, id))
	switch p.Reach {
	case "user_app":
		return "everything this person allowed your app at " + name + " is revoked, once no channel stands on any consent of theirs"
	case "token":
		return "the consent is revoked at " + name + " then"
	case "none":
		return name + " has no way to revoke: the person can take the permission away in their settings there"
	default:
		return "the consent is revoked at " + name + " then, as far as it has a way"
	}
}
