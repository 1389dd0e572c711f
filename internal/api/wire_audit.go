package api

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/webhook"
)

type auditPageJSON struct {
	Data []auditEntryJSON `json:"data" nullable:"false" doc:"Entries by ascending number."`
	Next int64            `json:"next" example:"129" doc:"The number of the last entry told; pass it as after to go on."`
}

type auditEntryJSON struct {
	Number    int64           `json:"number" example:"129" doc:"Its place in the workspace's log: from 1, in commit order, without gaps."`
	At        string          `json:"at" format:"date-time" example:"2026-03-01T09:31:12.480Z" doc:"When it happened."`
	Actor     string          `json:"actor" enum:"key,person,operator,system" example:"key" doc:"Who did it: an application with its key, a person on the connect pages, the operator on the server's command line, or the server itself."`
	KeyID     *int64          `json:"key_id" example:"4" doc:"The API key, where a key did it; null otherwise."`
	From      *string         `json:"from" example:"203.0.113.7" doc:"The address that it was asked from; null: not known, or the server itself."`
	Action    string          `json:"action" example:"token.leased" doc:"What was done: token.leased, channel.paused, endpoint.created, …"`
	OwnerID   *int64          `json:"owner_id" example:"3" doc:"Whose it was done to; null: nobody's."`
	ChannelID *int64          `json:"channel_id" example:"5" doc:"The channel it was done to; null: none."`
	Data      webhook.RawJSON `json:"data" doc:"What the action adds. Never a secret, nor a person's name."`
	Hash      *string         `json:"hash" example:"9f2c5a0b7d3e4f61829a4c0d5e6f7182930a4b5c6d7e8f90123456789abcdef0" doc:"32 bytes in hexadecimal that chain the entry to the one before; null in entries from before the log was chained."`
}

type auditVerdictJSON struct {
	Intact    bool    `json:"intact" example:"true" doc:"Whether every entry is as it was written, in its place, and none is missing."`
	Entries   int64   `json:"entries" example:"129" doc:"How many entries were read."`
	Unchained int64   `json:"unchained" example:"0" doc:"How many of them are from before the log was chained, which nothing proves."`
	Head      *string `json:"head" example:"129:9f2c5a0b7d3e4f61829a4c0d5e6f7182930a4b5c6d7e8f90123456789abcdef0" doc:"The end of the chain: number and hash of the last entry. Keep it elsewhere and pass it as head the next time: then a log that was cut off or rolled back as a whole is found out too. Null: nothing is chained yet."`
	BrokenAt  *int64  `json:"broken_at" example:"57" doc:"The number of the first entry that is not as it was written; null: none, or it is missing."`
	Problem   *string `json:"problem" example:"Entry 57 is not as it was written." doc:"What is wrong, in English; null: nothing."`
}

func toAuditVerdict(v connect.AuditVerdict) auditVerdictJSON {
	body := auditVerdictJSON{Intact: v.Intact, Entries: v.Entries, Unchained: v.Unchained, BrokenAt: orNil(v.BrokenAt), Problem: orNil(v.Problem)}
	if len(v.Head.Hash) > 0 {
		body.Head = new(fmt.Sprintf("%d:%x", v.Head.Number, v.Head.Hash))
	}
	return body
}

var errAnchor = fault.InvalidField("head", "format", "must be the head of an earlier answer: a number, a colon and 64 hexadecimal digits")

// anchor reads the head of an earlier answer; an empty one is nil.
func anchor(head string) (*connect.AuditAnchor, error) {
	if head == "" {
		return nil, nil
	}
	number, digits, _ := strings.Cut(head, ":")
	n, err := strconv.ParseInt(number, 10, 64)
	hash, wrong := hex.DecodeString(digits)
	if err != nil || wrong != nil || n < 1 || len(hash) != 32 {
		return nil, errAnchor
	}
	return &connect.AuditAnchor{Number: n, Hash: hash}, nil
}

func toAuditEntry(e connect.AuditEntry) auditEntryJSON {
	return auditEntryJSON{
		Number: e.Number, At: stamp(e.At), Actor: string(e.Actor), KeyID: orNil(e.KeyID), From: orNil(e.From), Action: e.Action,
		OwnerID: orNil(e.OwnerID), ChannelID: orNil(e.ChannelID), Data: webhook.RawJSON(e.Data), Hash: orNil(hex.EncodeToString(e.Hash)),
	}
}
