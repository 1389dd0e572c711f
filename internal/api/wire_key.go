package api

import (
	"time"

	"github.com/danielgtaylor/huma/v2"

	"patchbay/internal/connect"
)

type newKeyJSON struct {
	Name      string      `json:"name" minLength:"1" maxLength:"255" example:"backend" doc:"What it is for."`
	Scopes    []scopeName `json:"scopes" minItems:"1" maxItems:"32" nullable:"false" example:"[\"sessions:write\",\"channels:read\"]" doc:"What it may do: at most what the key that makes it may."`
	Owner     string      `json:"owner,omitempty" maxLength:"255" example:"user_42" doc:"External id of the one owner that it is bound to. Without it: none, or that of the key that makes it."`
	ExpiresIn int         `json:"expires_in,omitempty" minimum:"60" maximum:"315360000" example:"7776000" doc:"For how many seconds it lives. Without it: until it is revoked."`
}

func (n *newKeyJSON) core() connect.NewKey {
	return connect.NewKey{
		Name: n.Name, Scopes: each(n.Scopes, func(s scopeName) connect.Scope { return connect.Scope(s) }),
		OwnerExternalID: n.Owner, TTL: time.Duration(n.ExpiresIn) * time.Second,
	}
}

type keyJSON struct {
	ID        int64       `json:"id" example:"4" doc:"The key's id."`
	Key       string      `json:"key,omitempty" example:"pb_5Gk2…" doc:"The key itself. Told only in the answer that creates it."`
	Name      string      `json:"name" example:"backend" doc:"What it is for."`
	Prefix    string      `json:"prefix" example:"pb_5Gk2q" doc:"How it begins, to tell keys apart."`
	Scopes    []scopeName `json:"scopes" nullable:"false" example:"[\"sessions:write\",\"channels:read\"]" doc:"What it may do."`
	OwnerID   *int64      `json:"owner_id" example:"3" doc:"Our id of the one owner that it is bound to; null: the whole workspace."`
	CreatedAt string      `json:"created_at" format:"date-time" example:"2026-03-01T09:30:00.000Z" doc:"When it was made."`
	ExpiresAt *string     `json:"expires_at" format:"date-time" example:"2026-05-30T09:30:00.000Z" doc:"When it ends by itself; null: never."`
	RevokedAt *string     `json:"revoked_at" format:"date-time" example:"2026-04-01T09:30:00.000Z" doc:"When it was ended; null while it was not."`
}

type keyPageJSON struct {
	Data       []keyJSON `json:"data" nullable:"false" doc:"Keys by ascending id, ended ones too."`
	NextCursor *string   `json:"next_cursor" example:"MTc" doc:"Pass it as cursor to get the next page; null on the last one."`
}

// scopeName is a connect.Scope that the document lists.
type scopeName string

// Schema tells huma which there are. As an extension they stand in the document and are
// not compared here: the core does that, with a reason and a message of its own.
func (scopeName) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Extensions: map[string]any{"enum": connect.Scopes()}}
}

func toKey(k connect.Key) keyJSON {
	return keyJSON{
		ID: k.ID, Name: k.Name, Prefix: k.Prefix, Scopes: listed(each(k.Scopes, func(s connect.Scope) scopeName { return scopeName(s) })), OwnerID: orNil(k.OwnerID),
		CreatedAt: stamp(k.CreatedAt), ExpiresAt: stampOrNil(k.ExpiresAt), RevokedAt: stampOrNil(k.RevokedAt),
	}
}

func toCreatedKey(made connect.CreatedKey) keyJSON {
	body := toKey(made.Key)
	body.Key = made.Secret.Reveal()
	return body
}
