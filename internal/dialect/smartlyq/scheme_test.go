package smartlyq

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
	"patchbay/internal/webhook"
)

var (
	happened = time.Date(2026, 7, 26, 14, 30, 0, 999, time.UTC)
	acme     = &connect.Channel{
		ID: 12345, Platform: "x", GrantID: 1, Lifecycle: connect.LifecycleActive, Review: connect.ReviewNone,
		Label: "Acme & Co", Facts: facts("Acme", "acme"),
	}
	own      = &connect.Owner{ID: 1, Default: true}
	customer = &connect.Owner{ID: 77}
)

func facts(name, username string) platform.Facts {
	return platform.Facts{Name: name, Username: username}
}

func notice(kind, data string, c *connect.Channel, o *connect.Owner) webhook.Notice {
	return webhook.Notice{ID: "evt_9_4", Event: connect.Event{Type: kind, ChannelID: 12345, Data: []byte(data), At: happened}, Channel: c, Owner: o}
}

// erased is of a channel that is gone, and so is its owner unless it is the default one.
func erased(data string, o *connect.Owner) webhook.Notice {
	return webhook.Notice{ID: "evt_9_4", Event: connect.Event{Type: connect.EventChannelErased, OwnerID: 77, Data: []byte(data), At: happened}, Owner: o}
}

func TestEnvelopes(t *testing.T) {
	t.Parallel()
	const head, tail = `{"id":"evt_9_4","event":"`, `","created_at":"2026-07-26T14:30:00Z","data":{"account_id":12345,"platform":"twitter","account_name":"Acme & Co"`
	pending := *acme
	pending.Review = connect.ReviewPending
	moved := notice(connect.EventChannelDisconnected, `{"platform":"x","name":"Before","reason":"requested"}`, nil, &connect.Owner{ID: 76})
	for name, c := range map[string]struct {
		notice webhook.Notice
		want   string // empty: nothing is told
	}{
		"new":             {notice(connect.EventChannelConnected, `{"platform":"x"}`, acme, own), head + "account.connected" + tail + `,"account_username":"acme"}}`},
		"revived":         {notice(connect.EventChannelReconnected, `{"platform":"x","before":"disconnected"}`, acme, own), head + "account.connected" + tail + `,"account_username":"acme"}}`},
		"was active":      {notice(connect.EventChannelReconnected, `{"platform":"x","before":"active"}`, acme, own), ""},
		"was paused":      {notice(connect.EventChannelReconnected, `{"platform":"x","before":"paused"}`, acme, own), ""},
		"reviewed":        {notice(connect.EventChannelConnected, `{"platform":"x"}`, &pending, own), ""},
		"of a profile":    {notice(connect.EventChannelConnected, `{"platform":"x"}`, acme, customer), head + "account.connected" + tail + `,"account_username":"acme","profile_id":77,"profile_workspace_id":77}}`},
		"gone by now":     {notice(connect.EventChannelConnected, `{"platform":"x","name":"Acme & Co"}`, nil, nil), head + "account.connected" + tail + `,"account_username":""}}`},
		"erased":          {erased(`{"channel_id":"12345","platform":"x","reason":"owner_erased"}`, nil), `{"id":"evt_9_4","event":"account.disconnected","created_at":"2026-07-26T14:30:00Z","data":{"account_id":12345,"platform":"twitter","account_name":"","account_username":"","reason":"owner_erased","profile_id":77,"profile_workspace_id":77}}`},
		"erased, default": {erased(`{"channel_id":"12345","platform":"x","reason":"owner_erased"}`, own), `{"id":"evt_9_4","event":"account.disconnected","created_at":"2026-07-26T14:30:00Z","data":{"account_id":12345,"platform":"twitter","account_name":"","account_username":"","reason":"owner_erased"}}`},
		"erased again":    {erased(`{}`, own), ""},
		"moved since":     {moved, `{"id":"evt_9_4","event":"account.disconnected","created_at":"2026-07-26T14:30:00Z","data":{"account_id":12345,"platform":"twitter","account_name":"Before","account_username":"","reason":"requested","profile_id":76,"profile_workspace_id":76}}`},
		"disconnected":    {notice(connect.EventChannelDisconnected, `{"platform":"x","reason":"requested"}`, acme, own), head + "account.disconnected" + tail + `,"account_username":"acme","reason":"requested"}}`},
		"token expired":   {notice(connect.EventChannelNeedsReauth, `{"platform":"x","before":"healthy","reason":"revoked"}`, acme, own), head + "account.token_expired" + tail + `,"account_username":"acme","reason":"revoked"}}`},
		"for another":     {notice(connect.EventChannelNeedsReauth, `{"platform":"x","before":"needs_reauth","reason":"consent_expired"}`, acme, own), ""},
		// Its owner is being erased: what the events told is gone, the channel is not yet.
		"blank, connected":    {notice(connect.EventChannelConnected, `{}`, acme, own), ""},
		"blank, reconnected":  {notice(connect.EventChannelReconnected, `{}`, acme, own), ""},
		"blank, token":        {notice(connect.EventChannelNeedsReauth, `{}`, acme, own), ""},
		"blank, disconnected": {notice(connect.EventChannelDisconnected, `{}`, acme, own), ""},
		"a test":              {notice(webhook.EventTest, ``, nil, nil), `{"id":"evt_9_4","event":"webhook.test","created_at":"2026-07-26T14:30:00Z","data":{"message":"This is a test delivery."}}`},
		"another event":       {notice(connect.EventChannelRenamed, `{"platform":"x"}`, acme, own), ""},
		"odd event data":      {notice(connect.EventChannelDisconnected, `{"platform":"x","reason":5}`, acme, own), head + "account.disconnected" + tail + `,"account_username":"acme","reason":""}}`},
	} {
		body, kind, ok, err := Scheme{}.Encode(c.notice)
		if err != nil || ok != (c.want != "") || string(body) != c.want || (ok && !strings.Contains(c.want, `"event":"`+kind+`"`)) {
			t.Errorf("%s:\n got %s %s, %v, %v\nwant %s", name, kind, body, ok, err, c.want)
		}
	}
}

// verify is the guide's own verifySignature: of two v1 the last one counts.
func verify(body, header, secret string) bool {
	parts := map[string]string{}
	for _, kv := range strings.Split(header, ",") {
		name, value, _ := strings.Cut(kv, "=")
		parts[name] = value
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(parts["t"] + "." + body))
	return hmac.Equal([]byte(parts["v1"]), []byte(hex.EncodeToString(mac.Sum(nil))))
}

func TestSignatureAsTheGuideVerifiesIt(t *testing.T) {
	t.Parallel()
	const body = `{"id":"evt_1_1"}`
	s := webhook.Signing{ID: "evt_1_1", Type: "account.connected", Body: []byte(body), At: happened, Secrets: []vault.Secret{vault.NewSecret("whsec_new")}}
	h := Scheme{}.Sign(s)
	for name, want := range map[string]string{
		"Content-Type": "application/json", "User-Agent": "SmartlyQ-Webhook/1.0", "X-SmartlyQ-Event": "account.connected", "X-SmartlyQ-Event-Id": "evt_1_1",
	} {
		if got := h.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	header := h.Get("X-SmartlyQ-Signature")
	if !strings.HasPrefix(header, "t=1785076200,v1=") || !verify(body, header, "whsec_new") || verify(body+" ", header, "whsec_new") || verify(body, header, "whsec_old") {
		t.Errorf("got %q", header)
	}
	s.Secrets = append(s.Secrets, vault.NewSecret("whsec_old"))
	both := Scheme{}.Sign(s).Get("X-SmartlyQ-Signature")
	if !strings.HasPrefix(both, header+",v1=") || !verify(body, both, "whsec_old") {
		t.Errorf("while secrets overlap: got %q, want the new one's v1 and then the old one's", both)
	}
}

func TestRetriesAsTheGuideHasThem(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]webhook.Verdict{
		0: webhook.VerdictRetry, 200: webhook.VerdictDelivered, 204: webhook.VerdictDelivered, 299: webhook.VerdictDelivered, 199: webhook.VerdictRetry,
		301: webhook.VerdictRetry, 410: webhook.VerdictRetry, 429: webhook.VerdictRetry, 500: webhook.VerdictRetry,
	} {
		if got := (Scheme{}).Accept(webhook.Reply{Status: status}); got != want {
			t.Errorf("%d: got %s, want %s", status, got, want)
		}
	}
	minutes := []time.Duration{2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 16 * time.Minute, 32 * time.Minute}
	if got := (Scheme{}).Schedule(); !slices.Equal(got, minutes) {
		t.Errorf("got %v, want %v", got, minutes)
	}
	if got := (Scheme{}).Patience(); got != (webhook.Patience{Failures: 10}) || (Scheme{}).LongestRetryAfter() != time.Hour {
		t.Errorf("got %+v and %s", got, (Scheme{}).LongestRetryAfter())
	}
}

func TestTenActiveEndpoints(t *testing.T) {
	t.Parallel()
	if got := (Scheme{}).MostActive(); got != 10 {
		t.Errorf("got %d, want 10", got)
	}
}

func TestHears(t *testing.T) {
	t.Parallel()
	for word, want := range map[string][]string{
		"account.connected":     {"channel.connected", "channel.reconnected"},
		"account.disconnected":  {"channel.disconnected", "channel.erased"},
		"account.token_expired": {"channel.needs_reauth"},
		"":                      {"channel.connected", "channel.reconnected", "channel.disconnected", "channel.erased", "channel.needs_reauth"},
	} {
		if got, ok := (Scheme{}).Hears(word); !ok || !slices.Equal(got, want) {
			t.Errorf("%q: got %v, %v, want %v", word, got, ok, want)
		}
	}
	if _, ok := (Scheme{}).Hears("webhook.test"); !ok {
		t.Error("webhook.test is of the catalog")
	}
	for _, word := range []string{"post.published", "channel.connected", "account.*", "*"} {
		if _, ok := (Scheme{}).Hears(word); ok {
			t.Errorf("%s: got ok, want an unknown word", word)
		}
	}
}
