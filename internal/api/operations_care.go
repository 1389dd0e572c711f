package api

// What the document says about the operations that look after channels.

var updateChannelDoc = doc{
	id: "updateChannel", summary: "Name a channel", fails: []int{400, 404, 413, 422},
	text: "Gives a channel a name of your own, beside the platform's, which goes on being read there.",
}

var pauseChannelDoc = doc{
	id: "pauseChannel", summary: "Pause a channel", fails: []int{400, 404, 409, 413, 422},
	text: "Pauses a channel: its token is leased to nobody until it is resumed. It is kept alive meanwhile, so that nobody has to consent anew. Pausing again changes nothing. 409 for a channel that is disconnected.",
}

var resumeChannelDoc = doc{
	id: "resumeChannel", summary: "Resume a channel", fails: []int{400, 404, 409, 413, 422},
	text: "Ends a pause. Resuming again changes nothing. 409 for a channel that is disconnected.",
}

var disconnectChannelDoc = doc{
	id: "disconnectChannel", summary: "Disconnect a channel", fails: []int{400, 404, 413, 422},
	text: "Ends a channel until it is connected again, which brings back its id. When no other channel uses its consent, the credentials are erased at once, and the platform is told as far as its way of revoking reaches (`revocation_reach` of the platform): the token always; what would end every consent of the same person to your app only when none is left on this server. The event `grant.revoked` tells what came of it. Disconnecting again changes nothing.",
}

var reconnectChannelDoc = doc{
	id: "reconnectChannel", summary: "Ask for a link to reconnect a channel", fails: []int{400, 404, 409, 413, 422},
	text: "Makes a session whose link leads the channel's person to its platform to consent anew, whether it works, needs a consent or is disconnected: the id stays. The session takes a consent only when it reaches that very channel. Another account's fails the attempt with `other_account`, one that no longer reaches it with `target_missing`; nothing changes then, and the link may be tried again. 409 for a channel that never had a consent.",
}

var listTargetsDoc = doc{
	id: "listChannelTargets", summary: "List what a channel's consent reaches", fails: []int{404, 409, 422},
	text: "Lists the pages, profiles and the like that the channel's consent reaches, as the platform told at the last consent or import: what the channel may stand for instead. Asks no platform. 409 for a channel that stands without a consent.",
}

var chooseTargetDoc = doc{
	id: "chooseChannelTarget", summary: "Have a channel stand for another target", fails: []int{400, 404, 409, 413, 422},
	text: "Has the channel stand for another of its targets: the id stays, and so does the consent. 409 when the owner has a channel for that target already, and for a channel that stands without a consent.",
}

var moveChannelDoc = doc{
	id: "moveChannel", summary: "Move a channel to another owner", fails: []int{400, 404, 409, 413, 422},
	text: "Gives a channel to another owner of the workspace; the id stays. The consent stays with the owner who gave it: when that one is erased the channel is disconnected with the reason `grant_erased`. 409 when the other owner holds the same already. A key that is bound to one owner may not move.",
}

var importChannelsDoc = doc{
	id: "importChannels", summary: "Import tokens", fails: []int{400, 409, 413, 422, 502, 503},
	text: "Connects what tokens reach that another program got with your app: asks the platform whose they are, for which app they were issued and what they reach, and makes channels of it, as a consent would. Tokens of another app, of nobody, or without a required permission are refused, and nothing is kept. Where the platform does not say for which app they are, a refresh proves it; from then on only this server may refresh them. Try with `dry_run` first, which changes nothing. Importing the same again finds what is there. 409 `grant_exists` where a consent that works stands for this already: imported tokens do not take its place; `token_in_use` where these very tokens live under another owner. The request holds credentials: no answer is kept under an `Idempotency-Key`.",
}

var eraseOwnerDoc = doc{
	id: "eraseOwner", summary: "Erase an owner", fails: []int{400, 404, 413, 422},
	text: "Takes an owner away with everything of theirs: channels, consents with their credentials, sessions, keys; what events and deliveries told of them is blanked. Platforms are told as when a channel is disconnected. Channels of other owners that stood on their consents are disconnected with the reason `grant_erased`. The audit log keeps that it was done, with numbers only. `confirm` repeats the external id. The default owner stays, emptied. A key that is bound to one owner may not erase.",
}

var verifyAuditDoc = doc{
	id: "verifyAuditLog", summary: "Verify the audit log", fails: []int{422},
	text: "Walks over the whole audit log and tells whether every entry is as it was written. Entries are chained by keyed hashes: one that was changed, taken out, put in or moved is found, and so is an end that was cut off. What nothing inside can tell is a log that was rolled back as a whole: keep `head` elsewhere and pass it as `head` the next time. A log that is not intact is 200 too: read `intact`. A key that is bound to one owner may not verify.",
}
