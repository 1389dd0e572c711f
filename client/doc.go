// Package client speaks Patchbay's native API: sessions (connect links), the channels
// that they bring and their access tokens, owners, platforms, apps, keys, workspaces, events,
// the endpoints where these are sent, and the audit log.
//
//	c, err := client.New("https://connect.example", client.NewSecret(os.Getenv("PATCHBAY_API_KEY")))
//	session, err := c.Sessions.Create(ctx, client.NewSession{Owner: client.NewOwnerRef{ExternalID: "user_42"}})
//	// Open session.ConnectURL.Reveal() for the person, then:
//	session, err = c.Sessions.Wait(ctx, session.ID)
//
// It imports the standard library only, keeps nothing, and is safe for concurrent use.
// Every method takes a context, which bounds the whole call with its retries.
//
// A refusal of the server is a *[Problem]; anything else means that there was no answer.
// Times are in UTC with milliseconds. Where the API says null, a text is empty, a time
// is zero, an id is 0, and numbers and booleans that may be unknown are nil pointers.
// Secrets are [Secret], which prints as [secret].
//
// It does not serve connect pages, and it keeps no channel's tokens: lease one for each
// piece of work.
package client
