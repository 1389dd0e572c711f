package crash_test

import (
	"strings"
	"testing"

	"patchbay/internal/lab"
)

// sound is a small truth with nothing wrong: one person, interrupted once.
func sound() truth {
	ended, session1, channel1, first := "2026-03-01T09:31:12.480Z", int64(1), int64(1), int64(1)
	redeemed := lab.Call{Platform: "x", Method: "POST", Path: "/2/oauth2/token", Grant: "authorization_code", Outcome: "ok"}
	return truth{
		Posts: map[string]int{"a": 1, "b": 1},
		Calls: []lab.Call{redeemed, redeemed},
		Sessions: []session{{
			ID: 1, Status: "succeeded", ChannelIDs: []int64{1}, EndedAt: &ended,
			Poll: poll{ConnectStatus: "success", ChannelID: &channel1},
			Attempts: []attempt{
				{ID: 1, Status: "interrupted", Steps: steps("begun", "exchanging", "interrupted")},
				{ID: 2, Status: "succeeded", Steps: steps("begun", "exchanging", "credentials_stored", "succeeded")},
			},
		}},
		Channels: []channel{{ID: 1}},
		Events: []event{
			{Number: 1, Type: "session.created", SessionID: &session1},
			{Number: 2, Type: "session.failed", SessionID: &session1},
			{Number: 3, Type: "grant.created", SessionID: &session1},
			{Number: 4, Type: "channel.connected", SessionID: &session1, ChannelID: &channel1, ChannelSeq: &first},
			{Number: 5, Type: "session.succeeded", SessionID: &session1},
		},
		Rows: rows{
			Grants:   []grantRow{{ID: 1, State: "usable", Sealed: true}},
			Targets:  []targetRow{{ID: 1, GrantID: 1}},
			Channels: []channelRow{{ID: 1, GrantID: 1, TargetID: 1}},
		},
	}
}

func steps(names ...string) []step {
	var all []step
	for i, name := range names {
		all = append(all, step{Number: i + 1, Name: name})
	}
	return all
}

func TestViolationsFindWhatIsWrong(t *testing.T) {
	t.Parallel()
	if got := violations(sound()); len(got) != 0 {
		t.Fatalf("got %q of a sound truth, want nothing", got)
	}
	for _, c := range []struct {
		name  string
		spoil func(*truth)
		want  string
	}{
		{"a code posted twice", func(a *truth) { a.Posts["a"]++ }, "posted 2 times"},
		{"a code refused", func(a *truth) { a.Calls[1].Outcome = "invalid_request" }, "refused a code"},
		{"credentials from nowhere", func(a *truth) { a.Calls = nil }, "credentials were stored"},
		{"a channel without its grant", func(a *truth) { a.Rows.Channels[0].GrantID = 7 }, "has no grant"},
		{"a channel on an unverified grant", func(a *truth) { a.Rows.Grants[0].State = "unverified" }, "which is unverified"},
		{"a channel on a grant without credentials", func(a *truth) { a.Rows.Grants[0].Sealed = false }, "sealed false"},
		{"a channel with another grant's target", func(a *truth) { a.Rows.Targets[0].GrantID = 7 }, "want one of grant 1"},
		{"a channel that the API does not list", func(a *truth) { a.Channels = nil }, "the database has 1"},
		{"a grant left behind", func(a *truth) { a.Rows.Grants = append(a.Rows.Grants, grantRow{2, "unverified", true}) }, "was left unverified"},
		{"a grant without a channel", func(a *truth) { a.Rows.Grants = append(a.Rows.Grants, grantRow{2, "usable", true}) }, "has no channel"},
		{"a gap in the log", func(a *truth) { a.Events[4].Number++ }, "stands at place"},
		{"a gap in a channel's log", func(a *truth) { *a.Events[3].ChannelSeq++ }, "has sequence 2"},
		{"a channel without its event", func(a *truth) { a.Events[3].Type = "other" }, "0 channel.connected"},
		{"a channel told twice", func(a *truth) { a.Events = append(a.Events, a.Events[3]) }, "2 channel.connected"},
		{"an event without its channel", func(a *truth) { a.Channels = nil }, "tells of channel 1"},
		{"a channel that no session names", func(a *truth) { a.Sessions[0].ChannelIDs = nil }, "0 sessions name it"},
		{"a session named a channel twice", func(a *truth) { a.Sessions[0].ChannelIDs = []int64{1, 1} }, "names a channel twice"},
		{"a session without its success", func(a *truth) { a.Events = a.Events[:4] }, "want created, any failed, succeeded"},
		{"a session that succeeded twice", func(a *truth) { a.Events[1].Type = "session.succeeded" }, "want created, any failed, succeeded"},
		{"a failure told twice", func(a *truth) { a.Events[2].Type = "session.failed" }, "2 session.failed for 1 attempts"},
		{"a session that is not over", func(a *truth) { a.Sessions[0].EndedAt = nil }, "is succeeded with"},
		{"an attempt left open", func(a *truth) { a.Sessions[0].Attempts[0].Status = "verifying" }, "was left verifying"},
		{"two attempts that succeeded", func(a *truth) { a.Sessions[0].Attempts[0] = a.Sessions[0].Attempts[1] }, "2 attempts that succeeded"},
		{"a gap in the timeline", func(a *truth) { a.Sessions[0].Attempts[1].Steps[2].Number = 7 }, "has step 7"},
		{"a timeline that ends elsewhere", func(a *truth) { a.Sessions[0].Attempts[0].Status = "failed" }, "is failed after"},
		{"a state consumed twice", func(a *truth) {
			a.Sessions[0].Attempts[1].Steps = steps("begun", "exchanging", "exchanging", "credentials_stored", "succeeded")
		}, "was exchanging 2 times"},
		{"an interruption that threw credentials away", func(a *truth) {
			a.Sessions[0].Attempts[0].Steps = steps("begun", "exchanging", "credentials_stored", "interrupted")
		}, "was interrupted after"},
		{"a poll that disagrees", func(a *truth) { a.Sessions[0].Poll.ConnectStatus = "pending" }, "connect-status says pending"},
		{"a poll with another channel", func(a *truth) { a.Sessions[0].Poll.ChannelID = new(int64(9)) }, "connect-status says [9]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			all := sound()
			c.spoil(&all)
			if got := strings.Join(violations(all), "\n"); !strings.Contains(got, c.want) {
				t.Errorf("got %q, want a line with %q", got, c.want)
			}
		})
	}
}
