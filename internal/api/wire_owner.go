package api

import "patchbay/internal/connect"

type newOwnerDetailJSON struct {
	ExternalID   string `json:"external_id,omitempty" minLength:"1" maxLength:"255" example:"user_42" doc:"Your own id of the owner, unique in the workspace; it never changes. Without it one of 24 lower-case letters and digits is made."`
	Name         string `json:"name,omitempty" maxLength:"255" example:"Corner bakery" doc:"How the owner is called. Without it: the external id."`
	AvatarURL    string `json:"avatar_url,omitempty" maxLength:"2048" example:"https://app.example/bakery.png" doc:"A picture, at an https URL."`
	ContactEmail string `json:"contact_email,omitempty" maxLength:"254" example:"hello@bakery.example" doc:"Whom to write to about the owner's channels."`
	Reference    string `json:"reference,omitempty" maxLength:"1024" example:"contract 2026-17" doc:"Anything of yours."`
}

func (n *newOwnerDetailJSON) core() connect.Owner {
	return connect.Owner{ExternalID: n.ExternalID, Name: n.Name, AvatarURL: n.AvatarURL, ContactEmail: n.ContactEmail, Reference: n.Reference}
}

type ownerChangeJSON struct {
	Name         *string `json:"name,omitempty" minLength:"1" maxLength:"255" example:"Corner bakery" doc:"How the owner is called."`
	AvatarURL    *string `json:"avatar_url,omitempty" maxLength:"2048" example:"https://app.example/bakery.png" doc:"A picture, at an https URL; empty: none."`
	ContactEmail *string `json:"contact_email,omitempty" maxLength:"254" example:"hello@bakery.example" doc:"Whom to write to; empty: nobody."`
	Reference    *string `json:"reference,omitempty" maxLength:"1024" example:"contract 2026-17" doc:"Anything of yours."`
}

func (c *ownerChangeJSON) core() connect.OwnerChange {
	return connect.OwnerChange{Name: c.Name, AvatarURL: c.AvatarURL, ContactEmail: c.ContactEmail, Reference: c.Reference}
}

type eraseOwnerJSON struct {
	Confirm string `json:"confirm" minLength:"1" maxLength:"255" example:"user_42" doc:"The owner's external id, once more: what is erased does not come back."`
}

type erasedJSON struct {
	OwnerID  int64 `json:"owner_id" example:"3" doc:"Our id of the owner that was."`
	Channels int   `json:"channels" example:"4" doc:"How many channels went."`
	Grants   int   `json:"grants" example:"2" doc:"How many consents went, with their credentials."`
	Sessions int   `json:"sessions" example:"9" doc:"How many sessions went, with their links."`
	Keys     int   `json:"keys" example:"1" doc:"How many API keys went that were bound to the owner."`
}

func toErased(e connect.Erased) erasedJSON {
	return erasedJSON{OwnerID: e.OwnerID, Channels: e.Channels, Grants: e.Grants, Sessions: e.Sessions, Keys: e.Keys}
}

type ownerDetailJSON struct {
	ID           int64   `json:"id" example:"3" doc:"Our id of the owner."`
	ExternalID   string  `json:"external_id" example:"user_42" doc:"Your id of the owner."`
	Name         string  `json:"name" example:"Corner bakery" doc:"How the owner is called."`
	AvatarURL    *string `json:"avatar_url" example:"https://app.example/bakery.png" doc:"A picture."`
	ContactEmail *string `json:"contact_email" example:"hello@bakery.example" doc:"Whom to write to about the owner's channels."`
	Reference    *string `json:"reference" example:"contract 2026-17" doc:"Anything of yours."`
	Default      bool    `json:"default" example:"false" doc:"Whether a key without an owner acts as this one."`
	CreatedAt    string  `json:"created_at" format:"date-time" example:"2026-03-01T09:30:00.000Z" doc:"When it was made."`
	UpdatedAt    string  `json:"updated_at" format:"date-time" example:"2026-03-01T09:30:00.000Z" doc:"When it last changed."`
}

type ownerPageJSON struct {
	Data       []ownerDetailJSON `json:"data" nullable:"false" doc:"Owners by ascending id."`
	NextCursor *string           `json:"next_cursor" example:"MTc" doc:"Pass it as cursor to get the next page; null on the last one."`
}

func toOwnerDetail(o connect.Owner) ownerDetailJSON {
	return ownerDetailJSON{
		ID: o.ID, ExternalID: o.ExternalID, Name: o.Name, AvatarURL: orNil(o.AvatarURL), ContactEmail: orNil(o.ContactEmail),
		Reference: orNil(o.Reference), Default: o.Default, CreatedAt: stamp(o.CreatedAt), UpdatedAt: stamp(o.UpdatedAt),
	}
}
