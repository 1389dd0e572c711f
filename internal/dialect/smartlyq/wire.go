package smartlyq

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/httpx"
)

// success and failure are the two envelopes. The order of members is the documents', here
// and below.
type success struct {
	Success bool `json:"success"` // true
	Data    any  `json:"data"`
	Meta    meta `json:"meta"`
}

type failure struct {
	Success bool    `json:"success"` // false
	Error   problem `json:"error"`
	Meta    meta    `json:"meta"`
}

type problem struct {
	Code    string         `json:"code"`
	Message string         `json:"message"`
	Details map[string]any `json:"details"` // never null
}

type meta struct {
	RequestID string `json:"request_id"`
	Timestamp string `json:"timestamp"`
}

func (a *API) newMeta(r *http.Request) meta {
	return meta{RequestID: httpx.RequestID(r.Context()), Timestamp: stamp(a.now())}
}

// plainJSON writes HTML characters as they are, as the published examples show them.
func plainJSON(v any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimRight(out.Bytes(), "\n"), err
}

// stamp writes seconds and "Z".
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

type linkJSON struct {
	Platform   string `json:"platform"`
	ConnectURL string `json:"connect_url"`
	ExpiresAt  string `json:"expires_at"`
}

// connectedJSON answers connect for a platform that took credentials at once.
type connectedJSON struct {
	Platform string      `json:"platform"`
	Account  connectedTo `json:"account"`
}

// connectedTo is an account as connecting tells it.
type connectedTo struct {
	AccountID int64  `json:"account_id"`
	Name      string `json:"name"`
	Username  string `json:"username"` // empty where the platform has none
	Platform  string `json:"platform"`
}

type pollJSON struct {
	Platform  string        `json:"platform"`
	Status    string        `json:"status"` // pending, connected, expired
	ExpiresAt string        `json:"expires_at"`
	Account   *connectedTo  `json:"account,omitempty"`
	Accounts  []connectedTo `json:"accounts,omitempty"`
	Reason    string        `json:"reason,omitempty"` // why it expired before its time
}

type accountJSON struct {
	ID       int64  `json:"id"`
	Platform string `json:"platform"`
	Name     string `json:"name"`
}

type healthJSON struct {
	ID           int64  `json:"id"`
	Platform     string `json:"platform"`
	AccountName  string `json:"account_name"`
	IsActive     *bool  `json:"is_active,omitempty"` // in the bulk answer
	Status       string `json:"status"`              // connected, expired, error
	TokenExpired bool   `json:"token_expired"`
	ValidityDays *int   `json:"validity_days,omitempty"` // absent: the person need never consent again
}

type bulkHealthJSON struct {
	Healthy  int          `json:"healthy"`
	Expiring int          `json:"expiring"`
	Expired  int          `json:"expired"`
	Paused   int          `json:"paused"`
	Accounts []healthJSON `json:"accounts"`
}

type reconnectJSON struct {
	ReconnectURL string `json:"reconnect_url"`
}

type pausedJSON struct {
	ID     int64 `json:"id"`
	Paused bool  `json:"paused"`
}

type renamedJSON struct {
	ID          int64  `json:"id"`
	Platform    string `json:"platform"`
	AccountName string `json:"account_name"`
}

type movedJSON struct {
	renamedJSON
	ProfileID int64 `json:"profile_id"` // 0: the workspace's own

	owner int64 // whose it is now
}

type optionsJSON struct {
	Platform  string   `json:"platform"`
	Current   *string  `json:"current"`
	Supported bool     `json:"supported"`
	Reason    string   `json:"reason,omitempty"`
	Options   []string `json:"options"`
}

type groupJSON struct {
	ID         int64   `json:"id"`
	Name       string  `json:"name"`
	AccountIDs []int64 `json:"account_ids"`
	CreatedAt  string  `json:"created_at"`
	UpdatedAt  string  `json:"updated_at"`
}

// accountName is what the application called it, else what the platform does.
func accountName(c connect.Channel) string {
	return cmp.Or(c.Label, c.Facts.Name, c.Facts.Username)
}

func toConnected(c connect.Channel) connectedTo {
	return connectedTo{AccountID: c.ID, Name: accountName(c), Username: c.Facts.Username, Platform: platformWord(c.Platform)}
}

func toRenamed(c connect.Channel) renamedJSON {
	return renamedJSON{ID: c.ID, Platform: platformWord(c.Platform), AccountName: accountName(c)}
}

func toHealth(r connect.HealthReport, now time.Time) healthJSON {
	status := statusWord(r.Channel.Health)
	told := healthJSON{
		ID: r.Channel.ID, Platform: platformWord(r.Channel.Platform), AccountName: accountName(r.Channel),
		Status: status, TokenExpired: status == "expired",
	}
	if !r.EndsAt.IsZero() {
		days := max(0, int(r.EndsAt.Sub(now)/(24*time.Hour)))
		told.ValidityDays = &days
	}
	return told
}

func statusWord(h connect.Health) string {
	switch h {
	case connect.HealthNeedsReauth:
		return "expired"
	case connect.HealthError:
		return "error"
	default:
		return "connected"
	}
}

func toGroup(g connect.Group) any {
	ids := g.ChannelIDs
	if ids == nil {
		ids = []int64{}
	}
	return groupJSON{ID: g.ID, Name: g.Name, AccountIDs: ids, CreatedAt: stamp(g.CreatedAt), UpdatedAt: stamp(g.UpdatedAt)}
}
