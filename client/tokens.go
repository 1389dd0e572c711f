package client

import (
	"context"
	"fmt"
	"time"
)

// TokenRequest asks for an access token. The zero value takes any that is good for a
// minute more.
type TokenRequest struct {
	// MinLifetime is how long the token must still be good, 1 second to 24 hours; less
	// than a second counts as one, zero is a minute.
	MinLifetime time.Duration
	// NewerThan is the Version of a token that the platform refused: a newer one is
	// wanted. 0: any.
	NewerThan int64
}

// Token is an access token that you are lent. Keep it in memory only, and lease again
// instead of storing it.
type Token struct {
	ChannelID   int64     `json:"channel_id"`
	AccessToken Secret    `json:"access_token"`
	TokenType   string    `json:"token_type"`          // "Bearer" (RFC 6750), "DPoP" (RFC 9449)
	Server      string    `json:"server"`              // origin of the API that it is for, where each account has its own; else empty
	DPoPKey     Secret    `json:"dpop_key"`            // with TokenType DPoP: the private key that signs the proofs, a JWK as JSON text
	ExpiresAt   time.Time `json:"expires_at,omitzero"` // zero: it does not run out
	Version     int64     `json:"version"`             // grows with each new token
}

type tokenBody struct {
	MinLifetime int64 `json:"min_lifetime_s,omitempty"`
	NewerThan   int64 `json:"newer_than,omitempty"`
}

// Token leases an access token, refreshed first where it does not live long enough; many
// at once share one refresh. [ReauthRequired] when only the person can mend the consent
// (the Reason is that of the health), [Conflict] for a channel that is paused,
// disconnected or stands without a consent, [PlatformUnavailable] while the platform is
// away and no token lives long enough. Scope tokens:lease.
func (c *Channels) Token(ctx context.Context, id int64, r TokenRequest) (Token, error) {
	body := tokenBody{NewerThan: r.NewerThan, MinLifetime: int64((r.MinLifetime + time.Second - 1) / time.Second)}
	return post[Token](ctx, c.w, fmt.Sprintf("/v1/channels/%d/token", id), body)
}
