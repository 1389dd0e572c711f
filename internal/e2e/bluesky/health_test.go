package bluesky_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// report is how a channel's health is explained.
type report struct {
	Health    string
	Reason    string
	Sentence  string
	Act       string
	Todo      string
	Lifecycle string
	Wanted    []string  `json:"scopes_wanted"`
	Granted   []string  `json:"scopes_granted"`
	ProvenAt  time.Time `json:"proven_at"`
	Checked   bool      `json:"checked_now"`
}

var wanted = []string{"atproto", "transition:generic"}

func healthy() report {
	return report{Health: "healthy", Act: "nobody", Lifecycle: "active", Wanted: wanted, Granted: wanted}
}

// over is a consent that only the person can mend.
func over(reason string) report {
	return report{Health: "needs_reauth", Reason: reason, Act: "person", Lifecycle: "active", Wanted: wanted, Granted: wanted}
}

func (r report) checked() report {
	r.Checked = true
	return r
}

func (k *kept) health(t *testing.T) report {
	t.Helper()
	return call[report](t, k.world, http.MethodGet, fmt.Sprintf("/v1/channels/%d/health", k.channel), "")
}

func (k *kept) check(t *testing.T) report {
	t.Helper()
	return call[report](t, k.world, http.MethodPost, fmt.Sprintf("/v1/channels/%d/check", k.channel), "")
}

// explains compares a report, and wants words for people in it.
func (k *kept) explains(t *testing.T, when string, got, want report) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(report{}, "Sentence", "Todo", "ProvenAt")); diff != "" {
		t.Errorf("%s: health (-want +got):\n%s", when, diff)
	}
	if got.Sentence == "" || (got.Todo == "") != (got.Health == "healthy") || got.ProvenAt.IsZero() {
		t.Errorf("%s: got %q, to do: %q, proven at %v; want words and a time", when, got.Sentence, got.Todo, got.ProvenAt)
	}
}

// told compares all events of the channel so far, with their reasons.
func (k *kept) told(t *testing.T, want ...string) {
	t.Helper()
	type event struct {
		Type      string
		ChannelID int64 `json:"channel_id"`
		Data      struct{ Reason string }
	}
	var got []string
	for _, e := range call[struct{ Data []event }](t, k.world, http.MethodGet, "/v1/events?limit=200", "").Data {
		if e.ChannelID == k.channel && strings.HasPrefix(e.Type, "channel.") {
			got = append(got, strings.TrimSpace(e.Type+" "+e.Data.Reason))
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events of the channel (-want +got):\n%s", diff)
	}
}
