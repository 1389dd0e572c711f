package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// AuditEntry is one line of who did what.
type AuditEntry struct {
	ID        int64           `json:"id"` // ascending, with gaps
	At        time.Time       `json:"at"`
	KeyID     int64           `json:"key_id"` // the API key that did it; 0: the server itself
	Action    string          `json:"action"` // "token.leased", "channel.checked"
	OwnerID   int64           `json:"owner_id"`
	ChannelID int64           `json:"channel_id"`
	Data      json.RawMessage `json:"data"` // an object: what the action adds
}

// AuditPage is a stretch of the audit log.
type AuditPage struct {
	Data []AuditEntry `json:"data"`
	Next int64        `json:"next"` // pass it as after to go on
}

// Audit is the workspace's audit log.
type Audit struct{ w *wire }

// List reads at most limit entries (1 to 200; 0: 50) after an id; scope audit:read, and a
// key that is bound to no owner.
func (a *Audit) List(ctx context.Context, after int64, limit int) (AuditPage, error) {
	q := url.Values{"after": {strconv.FormatInt(after, 10)}}
	if limit != 0 {
		q.Set("limit", strconv.Itoa(limit))
	}
	return do[AuditPage](ctx, a.w, call{method: http.MethodGet, path: "/v1/audit", query: q})
}
