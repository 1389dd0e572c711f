package api

import "patchbay/internal/connect"

type auditPageJSON struct {
	Data []auditEntryJSON `json:"data" nullable:"false" doc:"Entries by ascending id."`
	Next int64            `json:"next" example:"129" doc:"The id of the last entry told; pass it as after to go on."`
}

type auditEntryJSON struct {
	ID        int64      `json:"id" example:"129" doc:"The entry's id. Ids ascend and have gaps."`
	At        string     `json:"at" format:"date-time" example:"2026-03-01T09:31:12.480Z" doc:"When it happened."`
	KeyID     *int64     `json:"key_id" example:"4" doc:"The API key that did it; null: the server itself."`
	Action    string     `json:"action" example:"token.leased" doc:"What was done: token.leased, channel.checked, …"`
	OwnerID   *int64     `json:"owner_id" example:"3" doc:"Whose it was done to; null: nobody's."`
	ChannelID *int64     `json:"channel_id" example:"5" doc:"The channel it was done to; null: none."`
	Data      objectJSON `json:"data" doc:"What the action adds. Never a secret."`
}

func toAuditEntry(e connect.AuditEntry) auditEntryJSON {
	return auditEntryJSON{
		ID: e.ID, At: stamp(e.At), KeyID: orNil(e.KeyID), Action: e.Action, OwnerID: orNil(e.OwnerID), ChannelID: orNil(e.ChannelID), Data: objectJSON{e.Data},
	}
}
