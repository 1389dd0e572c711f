package api

import (
	"time"

	"patchbay/internal/connect"
)

type newSessionJSON struct {
	Owner          newOwnerJSON `json:"owner,omitempty" doc:"Whose channels they will be. Without it: the key's owner, or else the workspace's default owner."`
	Platforms      []string     `json:"platforms,omitempty" example:"[\"facebook\",\"x\"]" doc:"Ids of the platforms to offer. Without it: all."`
	Selection      string       `json:"selection,omitempty" enum:"platform,one" default:"platform" doc:"How many targets one consent may turn into channels: as many as the platform allows, or one."`
	InitiatorCheck string       `json:"initiator_check,omitempty" enum:"same_browser,confirm,none" default:"same_browser" doc:"How it is known that who finished is who began. same_browser: by a cookie. confirm: your backend confirms with the code that comes to redirect_url, within ten minutes, and nothing is connected before; for applications on phones, where a platform's own app may come back in another browser. none: not at all."`
	RedirectURL    string       `json:"redirect_url,omitempty" example:"https://app.example/connected" doc:"Where the person returns: https, http on loopback, or an application's own scheme. Without it a page says that the window can be closed."`
	ExpiresIn      int          `json:"expires_in,omitempty" minimum:"60" maximum:"86400" default:"900" doc:"For how many seconds the link can begin a consent."`
}

type newOwnerJSON struct {
	ExternalID string `json:"external_id,omitempty" minLength:"1" maxLength:"255" example:"user_42" doc:"Your own id of the owner, unique in the workspace. An unknown one is made."`
	Name       string `json:"name,omitempty" maxLength:"255" example:"Corner bakery" doc:"How the owner is called when it is made."`
}

func (n *newSessionJSON) core() connect.NewSession {
	return connect.NewSession{
		Origin: connect.OriginNative, OwnerExternalID: n.Owner.ExternalID, OwnerName: n.Owner.Name, Platforms: n.Platforms,
		Selection: connect.Selection(n.Selection), InitiatorCheck: connect.InitiatorCheck(n.InitiatorCheck), RedirectURL: n.RedirectURL, TTL: time.Duration(n.ExpiresIn) * time.Second,
	}
}

type confirmSessionJSON struct {
	Code string `json:"code" minLength:"1" maxLength:"255" example:"Zt0c1nV3k8…" doc:"What came to redirect_url as code."`
}

type sessionJSON struct {
	ID             int64                `json:"id" example:"17" doc:"The session's id."`
	Status         string               `json:"status" enum:"pending,succeeded,failed,canceled,expired" example:"pending" doc:"pending while something can still come; failed tells of the last attempt, and a new one may still succeed until the session has ended; the others are final."`
	ConnectURL     string               `json:"connect_url,omitempty" example:"https://connect.example/connect/s/Zt0c1nV3…" doc:"The link to open for the person. Told only in the answer that creates the session."`
	Origin         string               `json:"origin" example:"native" doc:"Which interface made it: native, or the name of a published one."`
	Owner          ownerJSON            `json:"owner" doc:"Whose channels they will be."`
	Platforms      []string             `json:"platforms" nullable:"false" example:"[\"facebook\",\"x\"]" doc:"The platforms offered; empty: all."`
	Selection      string               `json:"selection" enum:"platform,one,all" example:"platform" doc:"How many targets one consent may turn into channels; all: everything that can be chosen, without asking."`
	InitiatorCheck string               `json:"initiator_check" enum:"same_browser,confirm,none" example:"same_browser" doc:"How it is known that who finished is who began."`
	ReconnectID    *int64               `json:"reconnect_channel_id" example:"5" doc:"The channel that it is pinned to: only a consent that reaches this one is taken; null: none."`
	RedirectURL    *string              `json:"redirect_url" example:"https://app.example/connected" doc:"Where the person returns."`
	Platform       *string              `json:"platform" example:"facebook" doc:"The platform of the last attempt; null before the first."`
	Reason         *string              `json:"reason" example:"denied" doc:"Stable slug of why the last attempt failed; null otherwise."`
	Message        *string              `json:"message" example:"User denied permissions" doc:"The reason in English, for a person."`
	ChannelIDs     []int64              `json:"channel_ids" nullable:"false" example:"[5,6]" doc:"The channels that were connected, in the order in which they were chosen."`
	Channels       []channelSummaryJSON `json:"channels" nullable:"false" doc:"The same channels in short."`
	CreatedAt      string               `json:"created_at" format:"date-time" example:"2026-03-01T09:30:00.000Z" doc:"When it was made."`
	UpdatedAt      string               `json:"updated_at" format:"date-time" example:"2026-03-01T09:31:12.480Z" doc:"When it last changed."`
	ExpiresAt      string               `json:"expires_at" format:"date-time" example:"2026-03-01T09:45:00.000Z" doc:"When the link can begin no consent any more. A consent begun before has ten more minutes."`
	ConfirmBy      *string              `json:"confirm_by" format:"date-time" example:"2026-03-01T09:41:12.480Z" doc:"Until when your backend may confirm; null while nothing waits for it."`
	EndedAt        *string              `json:"ended_at" format:"date-time" example:"2026-03-01T09:31:12.480Z" doc:"When it became final; null while something can still change."`
}

type ownerJSON struct {
	ID         int64  `json:"id" example:"3" doc:"Our id of the owner."`
	ExternalID string `json:"external_id" example:"user_42" doc:"Your id of the owner."`
	Name       string `json:"name" example:"Corner bakery" doc:"How the owner is called."`
}

func toOwner(o connect.Owner) ownerJSON { return ownerJSON{o.ID, o.ExternalID, o.Name} }

func toSession(v connect.SessionView) sessionJSON {
	s := v.Session
	return sessionJSON{
		ID: s.ID, Status: string(s.Status), Origin: s.Origin, Owner: toOwner(v.Owner), Platforms: listed(s.Platforms),
		Selection: string(s.Selection), InitiatorCheck: string(s.InitiatorCheck), ReconnectID: orNil(s.ReconnectID), RedirectURL: orNil(s.RedirectURL), Platform: orNil(s.Platform), Reason: orNil(s.Reason),
		Message: orNil(s.Message), ChannelIDs: listed(s.ChannelIDs), Channels: each(v.Channels, toChannelSummary),
		CreatedAt: stamp(s.CreatedAt), UpdatedAt: stamp(s.UpdatedAt), ExpiresAt: stamp(s.ExpiresAt),
		ConfirmBy: stampOrNil(s.ConfirmBy), EndedAt: stampOrNil(s.EndedAt),
	}
}
