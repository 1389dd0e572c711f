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
	Number    int64           `json:"number"` // from 1, in commit order, without gaps
	At        time.Time       `json:"at"`
	Actor     string          `json:"actor"`  // key, person, operator, system
	KeyID     int64           `json:"key_id"` // of the actor key; else 0
	From      string          `json:"from"`   // the address that it was asked from; empty: not known, or the server itself
	Action    string          `json:"action"` // such as "token.leased"
	OwnerID   int64           `json:"owner_id"`
	ChannelID int64           `json:"channel_id"`
	Data      json.RawMessage `json:"data"` // an object: what the action adds
	Hash      string          `json:"hash"` // hexadecimal; chains the entry to the one before
}

// AuditPage is a stretch of the audit log.
type AuditPage struct {
	Data []AuditEntry `json:"data"`
	Next int64        `json:"next"` // pass it as after to go on
}

// Audit is the workspace's audit log.
type Audit struct{ w *wire }

// List reads at most limit entries (1 to 200; 0: 50) after a number; scope audit:read, and a
// key that is bound to no owner.
func (a *Audit) List(ctx context.Context, after int64, limit int) (AuditPage, error) {
	q := url.Values{"after": {strconv.FormatInt(after, 10)}}
	if limit != 0 {
		q.Set("limit", strconv.Itoa(limit))
	}
	return do[AuditPage](ctx, a.w, call{method: http.MethodGet, path: "/v1/audit", query: q})
}

// AuditVerdict is what a walk over the whole log found.
type AuditVerdict struct {
	Intact    bool   `json:"intact"`
	Entries   int64  `json:"entries"`   // read
	Unchained int64  `json:"unchained"` // of them from before the log was chained, which nothing proves
	Head      string `json:"head"`      // the end of the chain; empty: nothing is chained yet
	BrokenAt  int64  `json:"broken_at"` // the first entry that is not as it was written; 0: none, or it is missing
	Problem   string `json:"problem"`   // what is wrong, in English; empty: nothing
}

// Verify walks over the whole log. head is the Head of an earlier verdict that you kept
// elsewhere, which must be a part of the log; empty: none. A log that is not intact is no
// error. Scope audit:read, and a key that is bound to no owner.
func (a *Audit) Verify(ctx context.Context, head string) (AuditVerdict, error) {
	q := url.Values{}
	put(q, "head", head)
	return do[AuditVerdict](ctx, a.w, call{method: http.MethodGet, path: "/v1/audit/verify", query: q})
}
