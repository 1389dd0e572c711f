package api

// What the document says about each operation. Status codes are those that an
// operation fails with besides 401, 403, 429 and 500.

var createSessionDoc = doc{
	id: "createSession", summary: "Ask for a connect link", fails: []int{400, 404, 413, 422},
	text: "Makes a session and its connect link. Open `connect_url` for the person, in a browser window or a new tab; it is told only here. An empty body asks for a link to every platform, for the default owner.",
}

var getSessionDoc = doc{
	id: "getSession", summary: "Read a session, or wait for it", fails: []int{404, 422},
	text: "Tells how far the session is. With `wait` the answer comes as soon as the session is no longer pending, or with the session as it stands when the time is over: ask again then.",
}

var listAttemptsDoc = doc{
	id: "listSessionAttempts", summary: "Read a session's timeline", fails: []int{404, 422},
	text: "Lists the session's trips to platforms with every step taken, oldest first: what to look at when somebody says that connecting did not work.",
}

var listChannelsDoc = doc{
	id: "listChannels", summary: "List channels", fails: []int{422},
	text: "Lists the workspace's channels, or those of the owner that the key is bound to, by ascending id. Filters narrow together. Follow `next_cursor` until it is null.",
}

var getChannelDoc = doc{
	id: "getChannel", summary: "Read a channel", fails: []int{404, 422},
	text: "Tells what is known of a channel: its facts, and its three independent dimensions `lifecycle`, `health` and `review`.",
}

var getChannelHealthDoc = doc{
	id: "getChannelHealth", summary: "Read a channel's health", fails: []int{404, 422},
	text: "Explains a channel's health: why it is so, who must act, what they must do; the permissions wanted against those granted; when it was last proven, when the token runs out and when the consent ends. Asks no platform: a check does.",
}

var checkChannelDoc = doc{
	id: "checkChannel", summary: "Check a channel now", fails: []int{400, 404, 409, 413, 422, 502, 503},
	text: "Asks the platform with a harmless call whether the channel works, learns from the answer as from a refresh, and tells the health as it is then. A channel that does not work is 200 too: read `act`. 409 for a channel that is disconnected or stands without a consent; 502 and 503 when the platform could not be asked.",
}

var leaseTokenDoc = doc{
	id: "leaseToken", summary: "Lease an access token", fails: []int{400, 404, 409, 413, 422, 502, 503},
	text: "Lends an access token that is good for at least `min_lifetime_s` more seconds, refreshed first where it is not; leases at the same time share one refresh. A page's channel gets its page's token. Each lease is in the audit log. When the platform refuses a token, lease again with its `version` as `newer_than`. 409 `reauth_required` when only the person can mend the consent: `reason` is the health's; 409 `conflict` for a channel that is paused, disconnected or stands without a consent; 503 with `Retry-After` while the platform is away and no token lives long enough. The answer is a secret, and never kept under an `Idempotency-Key`: a lease may be asked for again as often as you like.",
}

var listAuditEntriesDoc = doc{
	id: "listAuditEntries", summary: "Read the audit log", fails: []int{422},
	text: "Lists who did what, when and from where, by ascending number, beginning after `after`; follow `next`. Everything that changes something is in it, and every lease of a token and check of a channel. Entries name nobody, and outlive whom they are about. A key that is bound to one owner may not read it.",
}

var listPlatformsDoc = doc{
	id: "listPlatforms", summary: "List platforms",
	text: "Lists every platform that this server knows and how it works. Addresses are always the platforms' real ones, also while the Lab stands in for them.",
}

var getPlatformDoc = doc{
	id: "getPlatform", summary: "Read a platform", fails: []int{404},
	text: "Tells how one platform works: addresses, client authentication, PKCE, scopes by feature, refresh model, lifetimes, and API versions with their ends.",
}

var listEventsDoc = doc{
	id: "listEvents", summary: "Read events", fails: []int{422},
	text: "Lists what happened, by ascending number, beginning after `after`. Numbers are in commit order, without gaps but where the database was restored, so that whoever remembers `next` misses nothing. With `wait` the answer comes as soon as there is an event after that number, or with none when the time is over: ask again then. A key that is bound to one owner may not read it.",
}

var cancelSessionDoc = doc{
	id: "cancelSession", summary: "Cancel a session", fails: []int{400, 404, 409, 413, 422},
	text: "Ends a session that has not ended: its link connects nothing any more, and a consent that was not finished is erased. Canceling again changes nothing.",
}

var confirmSessionDoc = doc{
	id: "confirmSession", summary: "Confirm who connected", fails: []int{400, 404, 409, 413, 422},
	text: "For sessions with `initiator_check` `confirm`: connects what the person chose. `code` came to `redirect_url`, in the browser of whoever finished; check that this browser is signed in as the person for whom the session was made, then confirm. Within ten minutes, else the consent is erased. Confirming again with the same code changes nothing.",
}

var createOwnerDoc = doc{
	id: "createOwner", summary: "Make an owner", fails: []int{400, 409, 413, 422},
	text: "Makes an owner ahead of its first session. Sessions make unknown owners by themselves.",
}

var listOwnersDoc = doc{
	id: "listOwners", summary: "List owners", fails: []int{422},
	text: "Lists the workspace's owners, or the one that the key is bound to, by ascending id.",
}

var getOwnerDoc = doc{
	id: "getOwner", summary: "Read an owner", fails: []int{404, 422},
	text: "Tells what is known of an owner.",
}

var updateOwnerDoc = doc{
	id: "updateOwner", summary: "Change an owner", fails: []int{400, 404, 413, 422},
	text: "Changes what is given and leaves the rest. The external id never changes.",
}

var createAppDoc = doc{
	id: "createApp", summary: "Bring an app of your own", fails: []int{400, 409, 413, 422},
	text: "Keeps the credentials of an OAuth client that you registered at a platform: the workspace's people consent to that app from now on, instead of the server's. Register the answer's `redirect_uri` at the platform. A workspace has one app in use at each platform.",
}

var listAppsDoc = doc{
	id: "listApps", summary: "List apps", fails: []int{422},
	text: "Lists the workspace's own apps, retired ones too, by ascending id. Secrets are never told.",
}

var getAppDoc = doc{
	id: "getApp", summary: "Read an app", fails: []int{404, 422},
	text: "Tells what is known of an app. Its secret is never told.",
}

var updateAppDoc = doc{
	id: "updateApp", summary: "Change an app", fails: []int{400, 404, 409, 413, 422},
	text: "Changes the name, or the secret after it was changed at the platform. The client id stays: channels belong to it.",
}

var retireAppDoc = doc{
	id: "retireApp", summary: "Retire an app", fails: []int{404, 422},
	text: "Ends new consents with an app. Channels that were connected through it keep working with its secret. Retiring again changes nothing.",
}

var createKeyDoc = doc{
	id: "createKey", summary: "Make an API key", fails: []int{400, 404, 413, 422},
	text: "Makes a key of the workspace that may do at most what the key that makes it may. `key` is told only here.",
}

var listKeysDoc = doc{
	id: "listKeys", summary: "List API keys", fails: []int{422},
	text: "Lists the workspace's keys, or those of the owner that the key is bound to, by ascending id. Revoked and expired ones stay listed.",
}

var getKeyDoc = doc{
	id: "getKey", summary: "Read an API key", fails: []int{404, 422},
	text: "Tells what is known of a key, and never the key itself.",
}

var revokeKeyDoc = doc{
	id: "revokeKey", summary: "Revoke an API key", fails: []int{404, 422},
	text: "Ends a key at once. Revoking again changes nothing. A key may revoke itself.",
}

var createWorkspaceDoc = doc{
	id: "createWorkspace", summary: "Make a workspace", fails: []int{400, 413, 422},
	text: "Makes a tenant with its default owner and a first key, which is told only here. For the operator of this server.",
}

var listWorkspacesDoc = doc{
	id: "listWorkspaces", summary: "List workspaces", fails: []int{422},
	text: "Lists the key's own workspace, or with the scope `workspaces:admin` every one, by ascending id.",
}

var getWorkspaceDoc = doc{
	id: "getWorkspace", summary: "Read a workspace", fails: []int{404, 422},
	text: "Tells the settings of the key's own workspace, or with the scope `workspaces:admin` of any.",
}

var updateWorkspaceDoc = doc{
	id: "updateWorkspace", summary: "Change a workspace", fails: []int{400, 404, 413, 422},
	text: "Changes what is given and leaves the rest: of the key's own workspace, or with the scope `workspaces:admin` of any.",
}
