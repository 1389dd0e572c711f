package connect

// EventTypes lists every type of event there is.
func EventTypes() []string {
	return []string{
		EventSessionCreated, EventSessionFailed, EventSessionSucceeded, EventSessionCanceled, EventSessionExpired,
		EventGrantCreated, EventGrantRenewed, EventGrantErased, EventGrantRevoked,
		EventChannelConnected, EventChannelReconnected, EventChannelExpiring, EventChannelNeedsReauth,
		EventChannelError, EventChannelRecovered, EventChannelPaused, EventChannelResumed, EventChannelRenamed,
		EventChannelRetargeted, EventChannelMoved, EventChannelMovedAway, EventChannelDisconnected, EventChannelReplaced, EventChannelErased,
		EventOwnerErased, EventEndpointDisabled, EventAppTroubled, EventAppRecovered,
	}
}

// LastWords are the types that tell that an owner has a channel no more: they are told to
// the end, also when the owner has been erased meanwhile.
func LastWords() []string {
	return []string{EventChannelDisconnected, EventChannelMovedAway, EventChannelErased}
}
