package api

import (
	"time"

	"patchbay/internal/connect"
)

type channelPageJSON struct {
	Data       []channelJSON `json:"data" nullable:"false" doc:"Channels by ascending id."`
	NextCursor *string       `json:"next_cursor" example:"MTc" doc:"Pass it as cursor to get the next page; null on the last one."`
}

type channelJSON struct {
	ID         int64      `json:"id" example:"5" doc:"The channel's id. It stays for life, through reconnecting and disconnecting."`
	Owner      ownerJSON  `json:"owner" doc:"Whose channel it is."`
	Platform   string     `json:"platform" example:"facebook" doc:"Where it is."`
	Kind       string     `json:"kind" example:"page" doc:"What it is there: page, profile, channel, organization, …"`
	ExternalID string     `json:"external_id" example:"108204" doc:"The platform's id of it, as text; empty once another channel has replaced it."`
	Name       *string    `json:"name" example:"Corner bakery" doc:"How the platform calls it."`
	Label      *string    `json:"label" example:"Bakery, main page" doc:"Your own name for it; null: none."`
	Username   *string    `json:"username" example:"cornerbakery" doc:"Its handle, without @."`
	URL        *string    `json:"url" example:"https://www.facebook.com/cornerbakery" doc:"Where people see it."`
	AvatarURL  *string    `json:"avatar_url" example:"https://app.example/avatar.jpg" doc:"Its picture."`
	Category   *string    `json:"category" example:"Bakery" doc:"As the platform says it."`
	Followers  *int64     `json:"followers" example:"1520" doc:"How many follow it; null where the platform does not tell."`
	Verified   *bool      `json:"verified" example:"false" doc:"Whether the platform vouches for it; null where it does not tell."`
	FactsAt    string     `json:"facts_at" format:"date-time" example:"2026-03-01T09:31:12.480Z" doc:"When the facts from name to verified were read."`
	Lifecycle  string     `json:"lifecycle" enum:"active,paused,disconnected" example:"active" doc:"First dimension: what the application decided."`
	Health     healthJSON `json:"health" doc:"Second dimension: whether it works. The health of the channel explains it."`
	HealthAt   string     `json:"health_at" format:"date-time" example:"2026-03-01T09:31:12.480Z" doc:"Since when the health is as it is."`
	ProvenAt   *string    `json:"proven_at" format:"date-time" example:"2026-03-01T10:02:44.120Z" doc:"When the platform last showed that it works; null: never yet."`
	Review     string     `json:"review" enum:"none,pending,accepted,rejected,suspended" example:"none" doc:"Third dimension: what a reviewer decided."`
	CreatedAt  string     `json:"created_at" format:"date-time" example:"2026-03-01T09:31:12.480Z" doc:"When it was first connected."`
	UpdatedAt  string     `json:"updated_at" format:"date-time" example:"2026-03-01T09:31:12.480Z" doc:"When it last changed."`
	ReplacedBy *int64     `json:"replaced_by" example:"9" doc:"The channel that came to stand for its account while it was disconnected, by a move or another target; null: none did."`
}

type healthJSON struct {
	Status string  `json:"status" enum:"healthy,expiring,needs_reauth,error,unknown" example:"healthy" doc:"unknown: there is nothing to prove."`
	Reason *string `json:"reason" example:"revoked" doc:"Stable slug of why; null when healthy."`
}

// channelSummaryJSON is a channel inside a session, which has the owner already.
type channelSummaryJSON struct {
	ID         int64   `json:"id" example:"5" doc:"The channel's id."`
	Platform   string  `json:"platform" example:"facebook" doc:"Where it is."`
	Kind       string  `json:"kind" example:"page" doc:"What it is there."`
	ExternalID string  `json:"external_id" example:"108204" doc:"The platform's id of it, as text."`
	Name       *string `json:"name" example:"Corner bakery" doc:"How the platform calls it."`
	Username   *string `json:"username" example:"cornerbakery" doc:"Its handle, without @."`
	URL        *string `json:"url" example:"https://www.facebook.com/cornerbakery" doc:"Where people see it."`
	AvatarURL  *string `json:"avatar_url" example:"https://app.example/avatar.jpg" doc:"Its picture."`
}

func toChannel(c connect.Channel, o connect.Owner) channelJSON {
	f := c.Facts
	return channelJSON{
		ID: c.ID, Owner: toOwner(o), Platform: c.Platform, Kind: c.Kind, ExternalID: c.ExternalID,
		Name: orNil(f.Name), Label: orNil(c.Label), Username: orNil(f.Username), URL: orNil(f.URL), AvatarURL: orNil(f.AvatarURL),
		Category: orNil(f.Category), Followers: f.Followers, Verified: f.Verified, FactsAt: stamp(c.FactsAt),
		Lifecycle: string(c.Lifecycle), Health: healthJSON{string(c.Health), orNil(c.HealthReason)},
		HealthAt: stamp(healthSince(c)), ProvenAt: stampOrNil(c.ProvenAt), Review: string(c.Review),
		CreatedAt: stamp(c.CreatedAt), UpdatedAt: stamp(c.UpdatedAt), ReplacedBy: orNil(c.ReplacedBy),
	}
}

// healthSince is when the health came to be as it is: one that never changed is as old
// as the channel.
func healthSince(c connect.Channel) time.Time {
	if c.HealthAt.IsZero() {
		return c.CreatedAt
	}
	return c.HealthAt
}

func toChannelSummary(c connect.Channel) channelSummaryJSON {
	f := c.Facts
	return channelSummaryJSON{
		ID: c.ID, Platform: c.Platform, Kind: c.Kind, ExternalID: c.ExternalID,
		Name: orNil(f.Name), Username: orNil(f.Username), URL: orNil(f.URL), AvatarURL: orNil(f.AvatarURL),
	}
}
