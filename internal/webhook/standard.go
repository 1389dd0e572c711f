package webhook

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"patchbay/internal/connect"
)

// standard is Standard Webhooks 1.0.0 (https://www.standardwebhooks.com), symmetric
// signatures.
type standard struct{ version string }

func (standard) Name() string { return SchemeStandard }

// Hears knows the core's own words: a type, a family such as "channel.*", and "*".
func (standard) Hears(word string) ([]string, bool) {
	if word == "" || word == "*" {
		return []string{"*"}, true
	}
	family, isFamily := strings.CutSuffix(word, "*")
	known := slices.ContainsFunc(connect.EventTypes(), func(t string) bool {
		return t == word || (isFamily && strings.HasSuffix(family, ".") && strings.HasPrefix(t, family))
	})
	return []string{word}, known
}

// standardBody is the payload structure that the specification recommends.
type standardBody struct {
	Type      string    `json:"type"`
	Timestamp string    `json:"timestamp"`
	Data      EventJSON `json:"data"`
}

func (standard) Encode(n Notice) (body []byte, kind string, ok bool, err error) {
	body, err = EncodeJSON(standardBody{Type: n.Event.Type, Timestamp: stamp(n.Event.At), Data: ToJSON(n.Event)})
	return body, n.Event.Type, true, err
}

// eventOnly tells that Encode looks at nothing but the event.
func (standard) eventOnly() {}

func (s standard) Sign(m Signing) http.Header {
	var signatures []string
	for _, secret := range m.Secrets {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret.Reveal(), secretPrefix))
		if err != nil {
			continue // none of ours: newSecret makes them
		}
		if w, err := standardwebhooks.NewWebhookRaw(key); err == nil {
			if signature, err := w.Sign(m.ID, m.At, m.Body); err == nil {
				signatures = append(signatures, signature)
			}
		}
	}
	h := http.Header{}
	h.Set("Content-Type", "application/json")
	h.Set("User-Agent", "Patchbay/"+s.version)
	h.Set(standardwebhooks.HeaderWebhookID, m.ID)
	h.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(m.At.Unix(), 10))
	h.Set(standardwebhooks.HeaderWebhookSignature, strings.Join(signatures, " "))
	return h
}

// Accept takes any 2xx for received and a 410 for "send nothing more", as the
// specification has it. A redirect is a failure.
func (standard) Accept(r Reply) Verdict {
	switch {
	case r.Status/100 == 2:
		return VerdictDelivered
	case r.Status == http.StatusGone:
		return VerdictDisable
	default:
		return VerdictRetry
	}
}

// Schedule is ten attempts over 75 hours and 35 minutes.
func (standard) Schedule() []time.Duration {
	return []time.Duration{
		5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
	}
}

// Patience is five days of nothing but failure: longer than one delivery is tried.
func (standard) Patience() Patience { return Patience{For: 5 * 24 * time.Hour, Failures: 2} }

func (standard) LongestRetryAfter() time.Duration { return time.Hour }
