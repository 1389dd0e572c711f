package cli

// ChannelsCmd is `patchbay channels`.
type ChannelsCmd struct {
	List   ChannelsListCmd   `cmd:"" help:"List channels."`
	Show   ChannelsShowCmd   `cmd:"" help:"Show one channel: what it is, whether it works."`
	Health ChannelsHealthCmd `cmd:"" help:"Explain a channel's health: why, who must act, what to do."`
	Check  ChannelsCheckCmd  `cmd:"" help:"Ask the platform now whether a channel works."`
	Token  ChannelsTokenCmd  `cmd:"" help:"Lease an access token of a channel."`

	Pause      ChannelsPauseCmd      `cmd:"" help:"Lend a channel's token to nobody for now."`
	Resume     ChannelsResumeCmd     `cmd:"" help:"End a pause."`
	Rename     ChannelsRenameCmd     `cmd:"" help:"Give a channel a name of your own."`
	Reconnect  ChannelsReconnectCmd  `cmd:"" help:"Make a link for a new consent of the same account, and wait."`
	Disconnect ChannelsDisconnectCmd `cmd:"" help:"Revoke a channel's consent and erase its credentials."`
	Targets    ChannelsTargetsCmd    `cmd:"" help:"List what a channel's consent reaches."`
	Retarget   ChannelsRetargetCmd   `cmd:"" help:"Let a channel stand for another thing that its consent reaches."`
	Move       ChannelsMoveCmd       `cmd:"" help:"Give a channel to another owner."`
	Import     ChannelsImportCmd     `cmd:"" help:"Bring tokens that another program got."`
}

// Help is shown by --help.
func (*ChannelsCmd) Help() string {
	return `Examples:

    patchbay channels list --owner user_42
    patchbay channels show 5
    patchbay channels check 5
    patchbay channels reconnect 5
    patchbay channels pause 5
    patchbay channels import --file tokens.jsonl --dry-run
    curl -H "Authorization: Bearer $(patchbay channels token 5)" https://api.x.com/2/users/me
`
}
