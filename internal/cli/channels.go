package cli

// ChannelsCmd is `patchbay channels`.
type ChannelsCmd struct {
	List   ChannelsListCmd   `cmd:"" help:"List channels."`
	Show   ChannelsShowCmd   `cmd:"" help:"Show one channel: what it is, whether it works."`
	Health ChannelsHealthCmd `cmd:"" help:"Explain a channel's health: why, who must act, what to do."`
	Check  ChannelsCheckCmd  `cmd:"" help:"Ask the platform now whether a channel works."`
	Token  ChannelsTokenCmd  `cmd:"" help:"Lease an access token of a channel."`
}

// Help is shown by --help.
func (*ChannelsCmd) Help() string {
	return `Examples:

    patchbay channels list --owner user_42
    patchbay channels show 5
    patchbay channels check 5
    curl -H "Authorization: Bearer $(patchbay channels token 5)" https://api.x.com/2/users/me
`
}
