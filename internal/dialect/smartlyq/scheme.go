package smartlyq

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/vault"
	"patchbay/internal/webhook"
)

// SchemeName is what endpoints call this scheme.
const SchemeName = "smartlyq"

// Scheme is the vendor's webhooks, as its guide shows them: envelope, headers, signature
// and schedule. Of its catalog there are the account events and the test.
type Scheme struct{}

var _ webhook.Scheme = Scheme{}

// Name is SchemeName.
func (Scheme) Name() string { return SchemeName }

// The guide's events.
const (
	accountConnected    = "account.connected"
	accountDisconnected = "account.disconnected"
	accountTokenExpired = "account.token_expired"
	webhookTest         = "webhook.test"
)

// heard are the event types behind each of the guide's.
var heard = map[string][]string{
	accountConnected:    {connect.EventChannelConnected, connect.EventChannelReconnected},
	accountDisconnected: {connect.EventChannelDisconnected, connect.EventChannelErased},
	accountTokenExpired: {connect.EventChannelNeedsReauth},
	webhookTest:         {webhook.EventTest},
}

// Hears translates one of the guide's events; "" asks for all of them.
func (Scheme) Hears(word string) (types []string, ok bool) {
	if word != "" {
		types, ok = heard[word]
		return types, ok
	}
	for _, word := range []string{accountConnected, accountDisconnected, accountTokenExpired} {
		types = append(types, heard[word]...)
	}
	return types, true
}

// message is the delivery envelope.
type message struct {
	ID        string `json:"id"`
	Event     string `json:"event"`
	CreatedAt string `json:"created_at"`
	Data      any    `json:"data"`
}

// accountData tells of an account. All but account.connected have a reason too.
type accountData struct {
	AccountID          int64   `json:"account_id"`
	Platform           string  `json:"platform"`
	AccountName        string  `json:"account_name"`
	AccountUsername    string  `json:"account_username"` // empty where the platform has none
	Reason             *string `json:"reason,omitempty"`
	ProfileID          int64   `json:"profile_id,omitempty"`           // of a profile's account
	ProfileWorkspaceID int64   `json:"profile_workspace_id,omitempty"` // a profile is its own workspace here
}

// Encode writes the envelope. Nothing is told of an account that was there already when
// its person consented again, nor of a failure that was told before.
func (Scheme) Encode(n webhook.Notice) (body []byte, kind string, ok bool, err error) {
	said := map[string]string{}
	_ = json.Unmarshal(n.Event.Data, &said) // what is no text is not told
	if kind = kindOf(n.Event.Type, said["before"]); kind == "" || hidden(n.Channel) {
		return nil, "", false, nil
	}
	if kind != webhookTest && said["platform"] == "" { // whose it was has been erased, or is at this moment
		return nil, "", false, nil
	}
	var data any = dataOf(n, said, kind)
	if kind == webhookTest {
		data = map[string]string{"message": "This is a test delivery."}
	}
	body, err = plainJSON(message{ID: n.ID, Event: kind, CreatedAt: stamp(n.Event.At), Data: data})
	return body, kind, err == nil, err
}

// kindOf is the guide's word for an event; empty where it has none. before is how the
// channel stood until then.
func kindOf(event, before string) string {
	switch event {
	case connect.EventChannelConnected, connect.EventChannelReconnected:
		if before == "" || before == string(connect.LifecycleDisconnected) {
			return accountConnected
		}
	case connect.EventChannelDisconnected, connect.EventChannelErased:
		return accountDisconnected
	case connect.EventChannelNeedsReauth:
		if before != string(connect.HealthNeedsReauth) {
			return accountTokenExpired
		}
	case webhook.EventTest:
		return webhookTest
	}
	return ""
}

// hidden tells whether a channel is no account here, whatever its lifecycle.
func hidden(c *connect.Channel) bool {
	return c != nil && c.Review != connect.ReviewNone && c.Review != connect.ReviewAccepted
}

// dataOf tells of the account as it is now.
func dataOf(n webhook.Notice, said map[string]string, kind string) accountData {
	told := accountData{AccountID: accountOf(n.Event, said), Platform: platformWord(said["platform"]), AccountName: said["name"]}
	if n.Channel != nil {
		told.Platform = platformWord(n.Channel.Platform)
		told.AccountName, told.AccountUsername = cmp.Or(accountName(*n.Channel), told.AccountName), n.Channel.Facts.Username
	}
	if kind != accountConnected {
		reason := said["reason"]
		told.Reason = &reason
	}
	profile := n.Event.OwnerID // who was erased was not the default owner
	if n.Owner != nil {
		if profile = n.Owner.ID; n.Owner.Default {
			profile = 0
		}
	}
	told.ProfileID, told.ProfileWorkspaceID = profile, profile
	return told
}

// accountOf is the id of the account that an event is about: in its data where the account is
// no more.
func accountOf(e connect.Event, said map[string]string) int64 {
	if e.ChannelID != 0 {
		return e.ChannelID
	}
	id, _ := strconv.ParseInt(said["channel_id"], 10, 64) // ours
	return id
}

// Sign makes the documented headers. While two secrets overlap there are two v1: the
// guide's own code takes the last, so the secret that receivers have comes last.
func (Scheme) Sign(s webhook.Signing) http.Header {
	at := strconv.FormatInt(s.At.Unix(), 10)
	parts := []string{"t=" + at}
	for _, secret := range s.Secrets {
		parts = append(parts, "v1="+signature(secret, at, s.Body))
	}
	return http.Header{
		"Content-Type":         {"application/json"},
		"User-Agent":           {"SmartlyQ-Webhook/1.0"},
		"X-Smartlyq-Signature": {strings.Join(parts, ",")},
		"X-Smartlyq-Event":     {s.Type},
		"X-Smartlyq-Event-Id":  {s.ID},
	}
}

// signature is "the HMAC-SHA256 of <timestamp>.<raw-body> keyed with your webhook secret":
// the secret as it is shown, "whsec_" included.
func signature(secret vault.Secret, at string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret.Reveal()))
	mac.Write([]byte(at + "."))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

// Accept takes every 2xx; "non-2xx responses are retried".
func (Scheme) Accept(r webhook.Reply) webhook.Verdict {
	if r.Status >= 200 && r.Status < 300 {
		return webhook.VerdictDelivered
	}
	return webhook.VerdictRetry
}

// Schedule is "≈2, 4, 8, 16, 32 minutes".
func (Scheme) Schedule() []time.Duration {
	return []time.Duration{2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 16 * time.Minute, 32 * time.Minute}
}

// Patience is "10 consecutive failures flip the endpoint to failing".
func (Scheme) Patience() webhook.Patience { return webhook.Patience{Failures: 10} }

// MostActive is "10 active endpoints per workspace".
func (Scheme) MostActive() int { return 10 }

// LongestRetryAfter is "capped at 1 hour".
func (Scheme) LongestRetryAfter() time.Duration { return time.Hour }
