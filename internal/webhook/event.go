package webhook

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"patchbay/internal/connect"
)

// EventJSON is an event as GET /v1/events and every Standard Webhooks message show it.
type EventJSON struct {
	Number     int64   `json:"number" example:"129" doc:"Its place in the workspace's log: from 1, in commit order, without gaps."`
	Type       string  `json:"type" example:"channel.connected" doc:"What happened."`
	OwnerID    *int64  `json:"owner_id" example:"3" doc:"Whose it is; null: nobody's."`
	SessionID  *int64  `json:"session_id" example:"17" doc:"The session it belongs to."`
	ChannelID  *int64  `json:"channel_id" example:"5" doc:"The channel it is about."`
	ChannelSeq *int64  `json:"channel_seq" example:"1" doc:"Its place among the channel's events, from 1."`
	Cause      string  `json:"cause" enum:"customer,integration,operator,platform,system" example:"customer" doc:"Who or what made it happen; customer is the person who connects."`
	Data       RawJSON `json:"data" doc:"What the type adds: platform, kind, name, reason, … Never a secret."`
	At         string  `json:"at" format:"date-time" example:"2026-03-01T09:31:12.480Z" doc:"When it happened."`
}

// ToJSON renders an event.
func ToJSON(e connect.Event) EventJSON {
	return EventJSON{
		Number: e.Number, Type: e.Type, OwnerID: orNil(e.OwnerID), SessionID: orNil(e.SessionID), ChannelID: orNil(e.ChannelID),
		ChannelSeq: orNil(e.ChannelSeq), Cause: string(e.Cause), Data: RawJSON(e.Data), At: stamp(e.At),
	}
}

// RawJSON is a JSON object that is already written; nil is {}.
type RawJSON []byte

// MarshalJSON answers the object itself.
func (o RawJSON) MarshalJSON() ([]byte, error) {
	if len(o) == 0 {
		return []byte("{}"), nil
	}
	return o, nil
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func orNil(id int64) *int64 {
	if id == 0 {
		return nil
	}
	return &id
}

// EncodeJSON writes a body as the native API writes its answers: <, > and & stay as they
// are.
func EncodeJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encode message: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
