package marketingblocks

import (
	"strconv"
	"strings"

	"patchbay/internal/connect"
)

// The document's connect_url: https://…/connect/channels?connect_token=abc123.
const (
	linkPath  = "/connect/channels"
	linkParam = "connect_token"
)

// Face is how this interface's links look and what its redirects say.
type Face struct{}

// Origin names the sessions that this interface makes.
func (Face) Origin() string { return connect.OriginMarketingBlocks }

// LinkPaths is where connect_url leads.
func (Face) LinkPaths() []string { return []string{linkPath} }

// LinkParams is the query parameter of connect_url that carries the link token.
func (Face) LinkParams() []string { return []string{linkParam} }

// Return is what the application reads on its redirectUrl, in the document's order:
// channel_id or channel_ids, platform, status and connect_token after a success;
// otherwise status=failed, platform when one was begun, connect_token and message.
func (Face) Return(o connect.Outcome) []connect.Param {
	word, token := platformWord(o.Session.Platform), connect.Param{Name: linkParam, Value: o.Link.Reveal()}
	if o.Session.Status == connect.SessionSucceeded {
		return []connect.Param{channelParam(o.Channels), {Name: "platform", Value: word}, {Name: "status", Value: "success"}, token}
	}
	params := []connect.Param{{Name: "status", Value: "failed"}}
	if word != "" {
		params = append(params, connect.Param{Name: "platform", Value: word})
	}
	params = append(params, token)
	if message := failureMessage(o.Session); message != "" {
		params = append(params, connect.Param{Name: "message", Value: message})
	}
	return params
}

func channelParam(channels []connect.Channel) connect.Param {
	ids := make([]string, len(channels))
	for i, c := range channels {
		ids[i] = strconv.FormatInt(c.ID, 10)
	}
	name := "channel_ids"
	if len(ids) == 1 {
		name = "channel_id"
	}
	return connect.Param{Name: name, Value: strings.Join(ids, ",")}
}
