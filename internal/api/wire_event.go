package api

import (
	"encoding/json"

	"github.com/danielgtaylor/huma/v2"

	"patchbay/internal/connect"
)

type eventPageJSON struct {
	Data []eventJSON `json:"data" nullable:"false" doc:"Events by ascending number."`
	Next int64       `json:"next" example:"129" doc:"The number of the last event told; pass it as after to go on."`
}

type eventJSON struct {
	Number     int64      `json:"number" example:"129" doc:"Its place in the workspace's log: from 1, in commit order, without gaps."`
	Type       string     `json:"type" example:"channel.connected" doc:"What happened."`
	OwnerID    *int64     `json:"owner_id" example:"3" doc:"Whose it is; null: nobody's."`
	SessionID  *int64     `json:"session_id" example:"17" doc:"The session it belongs to."`
	ChannelID  *int64     `json:"channel_id" example:"5" doc:"The channel it is about."`
	ChannelSeq *int64     `json:"channel_seq" example:"1" doc:"Its place among the channel's events, from 1."`
	Cause      string     `json:"cause" enum:"customer,integration,operator,platform,system" example:"customer" doc:"Who or what made it happen; customer is the person who connects."`
	Data       objectJSON `json:"data" doc:"What the type adds: platform, kind, name, reason, … Never a secret."`
	At         string     `json:"at" format:"date-time" example:"2026-03-01T09:31:12.480Z" doc:"When it happened."`
}

func toEvent(e connect.Event) eventJSON {
	return eventJSON{
		Number: e.Number, Type: e.Type, OwnerID: orNil(e.OwnerID), SessionID: orNil(e.SessionID), ChannelID: orNil(e.ChannelID),
		ChannelSeq: orNil(e.ChannelSeq), Cause: string(e.Cause), Data: objectJSON{e.Data}, At: stamp(e.At),
	}
}

// objectJSON is a JSON object that is already written.
type objectJSON struct{ raw []byte }

func (o objectJSON) MarshalJSON() ([]byte, error) {
	if len(o.raw) == 0 {
		return []byte("{}"), nil
	}
	return json.RawMessage(o.raw), nil
}

// Schema tells huma what it cannot see in the type.
func (o objectJSON) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true, Examples: []any{map[string]string{"platform": "facebook"}}}
}
