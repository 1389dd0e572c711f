package browser

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
)

// stand is everything that a page must not change unasked.
type stand struct {
	Channels []channel
	Events   []string
	Codes    int
	Status   status
	Arrivals []string
}

func (w *place) stand(l link) stand {
	w.t.Helper()
	return stand{w.channels(), w.events(), w.codesPosted(), w.status(l), w.Receiver.Arrivals()}
}

// wantUnchanged fails when anything has moved since.
func (w *place) wantUnchanged(l link, before stand) {
	w.t.Helper()
	if d := cmp.Diff(before, w.stand(l)); d != "" {
		w.t.Errorf("nothing should have changed (-before +now):\n%s", d)
	}
}

// wantConnected holds the session's end to what MarketingBlocks documents: the
// redirect, connect-status and the channels tell the same.
func (w *place) wantConnected(l link, platform string, names ...string) {
	w.t.Helper()
	ids := w.wantChannels(platform, names)
	word := map[string]string{"facebook": "facebook", "x": "twitter"}[platform]
	w.wantReturn("?" + idParam(ids) + "&platform=" + word + "&status=success&connect_token=" + l.Token)
	w.wantSuccess(l, word, ids, names)
}

// wantSuccess holds connect-status alone to a success.
func (w *place) wantSuccess(l link, word string, ids []int64, names []string) {
	w.t.Helper()
	want := status{
		Status: true, ConnectStatus: "success", Platform: word, AccountName: strings.Join(names, ", "), Message: "Connection successful",
	}
	if len(ids) == 1 {
		want.ChannelID = ids[0]
	} else {
		want.ChannelIDs = ids
	}
	got := w.status(l)
	got.UpdatedAt = ""
	if d := cmp.Diff(want, got); d != "" {
		w.t.Errorf("connect-status (-want +got):\n%s", d)
	}
}

// wantChannels compares /v1/channels and returns the ids.
func (w *place) wantChannels(platform string, names []string) []int64 {
	w.t.Helper()
	var ids []int64
	var want []channel
	got := w.channels()
	for i, name := range names {
		if i < len(got) {
			ids = append(ids, got[i].ID)
			want = append(want, channel{ID: got[i].ID, Platform: platform, Name: name})
		}
	}
	if d := cmp.Diff(want, got); d != "" || len(got) != len(names) {
		w.t.Errorf("channels: want %v at %s (-want +got):\n%s", names, platform, d)
	}
	return ids
}

// wantFailed holds an end without success to the contract. The platform's word is
// empty when none was begun.
func (w *place) wantFailed(l link, word, message string) {
	w.t.Helper()
	query := "?status=failed"
	if word != "" {
		query += "&platform=" + word
	}
	w.wantReturn(query + "&connect_token=" + l.Token + "&message=" + strings.ReplaceAll(message, " ", "+"))
	got := w.status(l)
	got.UpdatedAt = ""
	want := status{Status: true, ConnectStatus: "failed", Platform: word, Message: message}
	if d := cmp.Diff(want, got); d != "" {
		w.t.Errorf("connect-status (-want +got):\n%s", d)
	}
	if got := w.channels(); len(got) != 0 {
		w.t.Errorf("channels: got %v, want none", got)
	}
}

// wantReturn fails unless exactly one person came back, with this query. A browser without
// JavaScript may follow both answers to a double click, which lead to the same address.
func (w *place) wantReturn(query string) {
	w.t.Helper()
	if d := cmp.Diff([]string{"/callback" + query}, slices.Compact(w.Receiver.Arrivals())); d != "" {
		w.t.Errorf("redirects to the application (-want +got):\n%s", d)
	}
}

// wantTimes fails unless the event happened exactly so often.
func (w *place) wantTimes(n int, event string) {
	w.t.Helper()
	got := 0
	for _, e := range w.events() {
		if e == event {
			got++
		}
	}
	if got != n {
		w.t.Errorf("event %s: got %d times, want %d", event, got, n)
	}
}

func idParam(ids []int64) string {
	if len(ids) == 1 {
		return fmt.Sprintf("channel_id=%d", ids[0])
	}
	return "channel_ids=" + strings.Trim(strings.ReplaceAll(fmt.Sprint(ids), " ", ","), "[]")
}
