package cli

// ChannelsCmd is `patchbay channels`.
type ChannelsCmd struct {
	List ChannelsListCmd `cmd:"" help:"List channels."`
	Show ChannelsShowCmd `cmd:"" help:"Show one channel: what it is, whether it works, who must act."`
}

// Help is shown by --help.
func (*ChannelsCmd) Help() string {
	return `Examples:

    patchbay channels list --owner user_42
    patchbay channels show 5
`
}
