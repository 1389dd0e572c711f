package api

import (
	"strings"

	"patchbay/internal/connect"
)

// eventTypes are the words of an event's type, with what they tell.
var eventTypes = []struct{ name, tells string }{
	{connect.EventSessionCreated, "a connect link was asked for"},
	{connect.EventSessionFailed, "an attempt failed; data has the reason"},
	{connect.EventSessionSucceeded, "somebody connected"},
	{connect.EventSessionCanceled, "the application or the person gave up"},
	{connect.EventSessionExpired, "nobody came in time"},
	{connect.EventGrantCreated, "somebody consented"},
	{connect.EventGrantRenewed, "a new consent replaced the credentials"},
	{connect.EventGrantErased, "nothing used the consent any more: its credentials are erased"},
	{connect.EventGrantRevoked, "what came of telling the platform; data has the outcome: revoked, kept_for_others, no_way or gave_up"},
	{connect.EventChannelConnected, "a channel is new, or was connected again after it was disconnected"},
	{connect.EventChannelReconnected, "its person consented anew"},
	{connect.EventChannelExpiring, "14, 7 and 1 days before only the person can go on"},
	{connect.EventChannelNeedsReauth, "only the person can mend it; data has the reason"},
	{connect.EventChannelError, "it does not work; data has the reason"},
	{connect.EventChannelRecovered, "it is healthy again"},
	{connect.EventChannelPaused, "the application paused it"},
	{connect.EventChannelResumed, "its pause is over"},
	{connect.EventChannelRenamed, "it has another name of the application's"},
	{connect.EventChannelRetargeted, "it stands for another target of its consent"},
	{connect.EventChannelMoved, "it has another owner"},
	{connect.EventChannelMovedAway, "its owner, to whom this is told, is not its owner any more"},
	{connect.EventChannelDisconnected, "it is over until it is connected again; data has the reason"},
	{connect.EventChannelReplaced, "while it was disconnected, another channel of its owner came to stand for its account: data has its id, replaced_by"},
	{connect.EventChannelErased, "it was connected, and went with its owner: data has its channel_id"},
	{connect.EventOwnerErased, "an owner was erased with everything of theirs"},
	{connect.EventEndpointDisabled, "nothing is sent to an endpoint any more; data has the reason"},
	{connect.EventAppTroubled, "a platform does not serve an app of the workspace's own"},
	{connect.EventAppRecovered, "it does again"},
}

// eventTypeTable is the list for the document, in Markdown.
func eventTypeTable() string {
	var b strings.Builder
	b.WriteString("| type | tells |\n|---|---|\n")
	for _, t := range eventTypes {
		b.WriteString("| `" + t.name + "` | " + t.tells + " |\n")
	}
	return b.String()
}
