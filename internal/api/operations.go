package api

// What the document says about each operation. Status codes are those that an
// operation fails with besides 401, 403 and 500.

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
	text: "Lists what happened, by ascending number, beginning after `after`. Numbers are in commit order without gaps, so that whoever remembers `next` misses nothing. A key that is bound to one owner may not read it.",
}
