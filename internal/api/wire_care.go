package api

import (
	"time"

	"patchbay/internal/connect"
)

type channelChangeJSON struct {
	Label string `json:"label" maxLength:"255" example:"Bakery, main page" doc:"Your own name for it; empty: none, so that people see the platform's."`
}

type targetChoiceJSON struct {
	TargetID int64 `json:"target_id" minimum:"1" example:"12" doc:"The id of one of the channel's targets that is not blocked."`
}

type channelMoveJSON struct {
	Owner string `json:"owner" minLength:"1" maxLength:"255" example:"user_42" doc:"External id of the owner that it goes to. There must be one."`
}

type newReconnectJSON struct {
	InitiatorCheck string `json:"initiator_check,omitempty" enum:"same_browser,confirm,none" default:"same_browser" doc:"How it is known that who finished is who began, as in a session."`
	RedirectURL    string `json:"redirect_url,omitempty" example:"https://app.example/connected" doc:"Where the person returns: https, http on loopback, or an application's own scheme. Without it a page says that the window can be closed."`
	ExpiresIn      int    `json:"expires_in,omitempty" minimum:"60" maximum:"86400" default:"900" doc:"For how many seconds the link can begin a consent."`
}

func (n *newReconnectJSON) core(channelID int64) connect.NewReconnect {
	return connect.NewReconnect{
		ChannelID: channelID, Origin: connect.OriginNative, InitiatorCheck: connect.InitiatorCheck(n.InitiatorCheck),
		RedirectURL: n.RedirectURL, TTL: time.Duration(n.ExpiresIn) * time.Second,
	}
}

type channelTargetsJSON struct {
	Data []channelTargetJSON `json:"data" nullable:"false" doc:"What the consent reaches, in the platform's order."`
}

type channelTargetJSON struct {
	ID         int64   `json:"id" example:"12" doc:"The target's id, as long as the consent reaches it."`
	Kind       string  `json:"kind" example:"page" doc:"What it is there: page, profile, channel, organization, …"`
	ExternalID string  `json:"external_id" example:"108204" doc:"The platform's id of it, as text."`
	Name       *string `json:"name" example:"Corner bakery" doc:"How the platform calls it."`
	Username   *string `json:"username" example:"cornerbakery" doc:"Its handle, without @."`
	URL        *string `json:"url" example:"https://www.facebook.com/cornerbakery" doc:"Where people see it."`
	Blocked    *string `json:"blocked" example:"no_publish_role" doc:"Stable slug of why it cannot be chosen; null: it can."`
	Current    bool    `json:"current" example:"true" doc:"Whether the channel stands for it now."`
}

func toChannelTarget(t connect.Target, current int64) channelTargetJSON {
	return channelTargetJSON{
		ID: t.ID, Kind: t.Kind, ExternalID: t.ExternalID, Name: orNil(t.Facts.Name), Username: orNil(t.Facts.Username), URL: orNil(t.Facts.URL),
		Blocked: orNil(t.Blocked), Current: t.ID == current,
	}
}
