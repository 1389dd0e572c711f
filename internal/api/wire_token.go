package api

import (
	"encoding/json"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"patchbay/internal/connect"
	"patchbay/internal/vault"
)

type leaseRequestJSON struct {
	MinLifetime int64 `json:"min_lifetime_s,omitempty" minimum:"1" maximum:"86400" example:"300" doc:"For how many seconds the token must still be good; it is refreshed first where it is not. Without it: 60."`
	NewerThan   int64 `json:"newer_than,omitempty" minimum:"0" example:"7" doc:"The version of a token that the platform refused: one that is newer is wanted."`
}

func (l *leaseRequestJSON) core(channelID int64) connect.LeaseRequest {
	return connect.LeaseRequest{ChannelID: channelID, MinLife: time.Duration(l.MinLifetime) * time.Second, NewerThan: l.NewerThan}
}

type tokenJSON struct {
	ChannelID   int64   `json:"channel_id" example:"5" doc:"The channel that it is for. A page has its page's own token."`
	AccessToken string  `json:"access_token" example:"2YotnFZFEjr1zCsicMWpAA" doc:"The access token. A secret: keep it in memory only, and lease again instead of storing it."`
	TokenType   string  `json:"token_type" example:"Bearer" doc:"How it is sent: Bearer (RFC 6750), or DPoP (RFC 9449), which needs dpop_key."`
	Server      *string `json:"server" example:"https://mastodon.example" doc:"Origin of the API that it is for, where each account has its own; null: the platform's one."`
	DPoPKey     jwkJSON `json:"dpop_key" doc:"The private key, as a JWK (RFC 7517), with which each request's DPoP proof is signed; null: the token needs none. A secret."`
	ExpiresAt   *string `json:"expires_at" format:"date-time" example:"2026-03-01T11:31:12.480Z" doc:"When the platform stops to take it; null: it does not run out."`
	Version     int64   `json:"version" example:"8" doc:"Grows with each new token. After the platform refused this one, pass it as newer_than."`
}

func toToken(l connect.TokenLease) tokenJSON {
	return tokenJSON{
		ChannelID: l.Channel.ID, AccessToken: l.Access.Reveal(), TokenType: l.Type, Server: orNil(l.Server), DPoPKey: jwkJSON{l.Key},
		ExpiresAt: stampOrNil(l.ExpiresAt), Version: l.Version,
	}
}

// jwkJSON is a private key that is already written as JSON; none is null.
type jwkJSON struct{ key vault.Secret }

func (k jwkJSON) MarshalJSON() ([]byte, error) {
	if k.key.Empty() {
		return []byte("null"), nil
	}
	return json.RawMessage(k.key.Reveal()), nil
}

// Schema tells huma what it cannot see in the type.
func (jwkJSON) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Type: huma.TypeObject, Nullable: true, AdditionalProperties: true,
		Examples: []any{map[string]string{"kty": "EC", "crv": "P-256", "x": "…", "y": "…", "d": "…"}},
	}
}
