package connect

import "patchbay/internal/vault"

// Outcome is how a session stands when its person goes back to the application:
// what a dialect's redirect tells.
type Outcome struct {
	Session  Session
	Channels []Channel // in the order of Session.ChannelIDs
	Link     vault.Secret
	Code     vault.Secret // to confirm with; only for the browser that came back, and only while it is waited for
}
