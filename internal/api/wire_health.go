package api

import "patchbay/internal/connect"

type healthReportJSON struct {
	ChannelID      int64    `json:"channel_id" example:"5" doc:"The channel."`
	Health         string   `json:"health" enum:"healthy,expiring,needs_reauth,error,unknown" example:"needs_reauth" doc:"As in the channel's health.status."`
	Reason         *string  `json:"reason" example:"revoked" doc:"Stable slug of why; null when healthy. New ones may come: go by act."`
	Sentence       string   `json:"sentence" example:"The platform no longer accepts the consent: it was withdrawn, or ended there." doc:"What is the matter, in English, for a person."`
	Act            string   `json:"act" enum:"nobody,person,page_administrator,operator,platform" example:"person" doc:"Who must do something: the person who consented, somebody who gives that person their role at the page, the operator of this server; platform: it passes by itself."`
	Todo           *string  `json:"todo" example:"Send the person a connect link to consent again." doc:"What they must do, in English; null: nothing."`
	ScopesWanted   []string `json:"scopes_wanted" nullable:"false" example:"[\"tweet.read\",\"tweet.write\"]" doc:"The permissions that are asked for there, as the platform calls them. Which of them no channel can be without stands with the platform."`
	ScopesGranted  []string `json:"scopes_granted" example:"[\"tweet.read\",\"tweet.write\"]" doc:"Those that the person granted; null where the platform does not tell."`
	ProvenAt       *string  `json:"proven_at" format:"date-time" example:"2026-03-01T09:31:12.480Z" doc:"When the platform last showed that the channel works; null: never yet."`
	TokenExpiresAt *string  `json:"token_expires_at" format:"date-time" example:"2026-03-01T11:31:12.480Z" doc:"When the access token in use runs out. It is refreshed before. Null: it does not run out."`
	EndsAt         *string  `json:"ends_at" format:"date-time" example:"2026-04-30T09:31:12.480Z" doc:"When only the person can go on, by consenting anew; null: not known, or never."`
	Lifecycle      string   `json:"lifecycle" enum:"active,paused,disconnected" example:"active" doc:"What the application decided."`
	CheckedNow     *bool    `json:"checked_now,omitempty" example:"true" doc:"Whether the platform was asked just now. Only in the answer to a check."`
}

func toHealthReport(r connect.HealthReport) healthReportJSON {
	c := r.Channel
	body := healthReportJSON{
		ChannelID: c.ID, Health: string(c.Health), Reason: orNil(c.HealthReason), Sentence: r.Sentence, Act: string(r.Act), Todo: orNil(r.Todo),
		ScopesWanted: listed(r.ScopesWanted), ProvenAt: stampOrNil(r.ProvenAt), TokenExpiresAt: stampOrNil(r.TokenExpiresAt), EndsAt: stampOrNil(r.EndsAt),
		Lifecycle: string(c.Lifecycle),
	}
	if r.ScopesTold {
		body.ScopesGranted = listed(r.ScopesGranted)
	}
	return body
}
