package smartlyq

import (
	"strconv"

	"patchbay/internal/connect"
	"patchbay/internal/vault"
)

// Where our pages of a link are: https://…/connect/bluesky?state=…, and the documents'
// reconnect_url https://app.smartlyq.com/connect/facebook?token=….
const (
	linkPath   = "/connect/"
	stateParam = "state"
	tokenParam = "token"
)

// pageOf is the address of a link's own page.
func (a *API) pageOf(word, param string, link vault.Secret) string {
	return a.publicURL + linkPath + word + "?" + param + "=" + link.Reveal()
}

// Face is how this interface's links look and what its redirects say.
type Face struct{}

// Origin names the sessions that this interface makes.
func (Face) Origin() string { return connect.OriginSmartlyQ }

// LinkPaths is where a link leads that does not lead straight to its platform.
func (Face) LinkPaths() []string { return []string{linkPath + "{platform}"} }

// LinkParams are the query parameters that carry the link token.
func (Face) LinkParams() []string { return []string{stateParam, tokenParam} }

// Return is what the application reads on its return_url: connected=<count> and
// platform=<name>; after a failure connected=0 and error too.
func (Face) Return(o connect.Outcome) []connect.Param {
	count := 0
	if o.Session.Status == connect.SessionSucceeded {
		count = len(o.Channels)
	}
	params := []connect.Param{{Name: "connected", Value: strconv.Itoa(count)}, {Name: "platform", Value: sessionWord(o.Session)}}
	if o.Session.Status != connect.SessionSucceeded {
		params = append(params, connect.Param{Name: "error", Value: failureCode(o.Session)})
	}
	return params
}
