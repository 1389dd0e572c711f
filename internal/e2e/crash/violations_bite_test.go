package crash_test

import (
	"slices"
	"strings"
	"testing"

	"patchbay/internal/lab"
)

// sound is a small truth with nothing wrong: one person was interrupted once, the second
// was canceled, the third confirmed, the fourth never confirmed.
func sound() truth {
	ended, session1, channel1, first := new("2026-03-01T09:31:12.480Z"), new(int64(1)), new(int64(1)), new(int64(1))
	session2, session3, session4, channel2, second := new(int64(2)), new(int64(3)), new(int64(4)), new(int64(2)), new(int64(1))
	redeemed := lab.Call{Platform: "x", Method: "POST", Path: "/2/oauth2/token", Grant: "authorization_code", Outcome: "ok"}
	return truth{
		Posts: map[string]int{"a": 1, "b": 1, "c": 1, "d": 1},
		Calls: []lab.Call{
			redeemed, redeemed, redeemed, redeemed,
			{Platform: "mastodon", Method: "POST", Path: "/api/v1/apps", Outcome: "ok"},
			{Platform: "mastodon", Method: "POST", Path: "/oauth/token", Grant: "client_credentials", Outcome: "invalid_client"},
		},
		Sessions: []session{
			{
				ID: 1, Status: "succeeded", Want: "succeeded", ChannelIDs: []int64{1}, EndedAt: ended,
				Poll: &poll{ConnectStatus: "success", ChannelID: new(*channel1)},
				Attempts: []attempt{
					{ID: 1, Status: "interrupted", Steps: steps("begun", "exchanging", "interrupted")},
					{ID: 2, Status: "succeeded", Steps: steps("begun", "exchanging", "credentials_stored", "succeeded")},
				},
			},
			{
				ID: 2, Status: "canceled", Want: "canceled", EndedAt: ended,
				Attempts: []attempt{{ID: 3, Status: "superseded", Steps: steps("begun", "exchanging", "credentials_stored", "superseded")}},
			},
			{
				ID: 3, Status: "succeeded", Want: "succeeded", Check: "confirm", ChannelIDs: []int64{2}, EndedAt: ended,
				Attempts: []attempt{{ID: 4, Status: "succeeded", Steps: steps("begun", "exchanging", "credentials_stored", "confirming", "succeeded")}},
			},
			{
				ID: 4, Status: "failed", Want: "failed", Check: "confirm", EndedAt: ended,
				Attempts: []attempt{{ID: 5, Status: "failed", Reason: new("not_confirmed"), Steps: steps("begun", "exchanging", "credentials_stored", "confirming", "failed")}},
			},
		},
		Onces: []answers{
			{"/v1/sessions", []string{`{"id":3}`, `{"id":3}`}},
			{"/v1/sessions", []string{`{"id":4}`}},
			{"/v1/apps", []string{`{"id":3}`}},
		},
		Channels: []channel{{ID: 1}, {ID: 2}},
		Events: []event{
			{Number: 1, Type: "session.created", SessionID: session1},
			{Number: 2, Type: "session.failed", SessionID: session1},
			{Number: 3, Type: "grant.created", SessionID: session1},
			{Number: 4, Type: "channel.connected", SessionID: session1, ChannelID: channel1, ChannelSeq: first},
			{Number: 5, Type: "session.succeeded", SessionID: session1},
			{Number: 6, Type: "session.created", SessionID: session2},
			{Number: 7, Type: "session.canceled", SessionID: session2},
			{Number: 8, Type: "session.created", SessionID: session3},
			{Number: 9, Type: "grant.created", SessionID: session3},
			{Number: 10, Type: "channel.connected", SessionID: session3, ChannelID: channel2, ChannelSeq: second},
			{Number: 11, Type: "session.succeeded", SessionID: session3},
			{Number: 12, Type: "session.created", SessionID: session4},
			{Number: 13, Type: "session.failed", SessionID: session4},
		},
		Rows: rows{
			Apps: []appRow{
				{ID: 1, Platform: "x", ClientID: "lab-x"},
				{ID: 2, Platform: "mastodon", Server: "https://mastodon.example", ClientID: "theirs", Sealed: true},
				{ID: 3, WorkspaceID: 1, Platform: "x", ClientID: "own", Sealed: true},
			},
			Grants:   []grantRow{{ID: 1, AppID: 1, State: "usable", Sealed: true}, {ID: 2, AppID: 2, State: "usable", Sealed: true}},
			Targets:  []targetRow{{ID: 1, GrantID: 1}, {ID: 2, GrantID: 2}},
			Channels: []channelRow{{ID: 1, GrantID: 1, TargetID: 1}, {ID: 2, GrantID: 2, TargetID: 2}},
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
		{"a channel that the API does not list", func(a *truth) { a.Channels = nil }, "the database has 2"},
		{"a grant left behind", func(a *truth) { a.Rows.Grants = append(a.Rows.Grants, grantRow{3, 1, "unverified", true}) }, "was left unverified"},
		{"a grant without a channel", func(a *truth) { a.Rows.Grants = append(a.Rows.Grants, grantRow{3, 1, "usable", true}) }, "has no channel"},
		{"a gap in the log", func(a *truth) { a.Events[4].Number++ }, "stands at place"},
		{"a gap in a channel's log", func(a *truth) { *a.Events[3].ChannelSeq++ }, "has sequence 2"},
		{"a channel without its event", func(a *truth) { a.Events[3].Type = "other" }, "0 channel.connected"},
		{"a channel told twice", func(a *truth) { a.Events = append(a.Events, a.Events[3]) }, "2 channel.connected"},
		{"an event without its channel", func(a *truth) { a.Channels = nil }, "tells of channel 1"},
		{"a channel that no session names", func(a *truth) { a.Sessions[0].ChannelIDs = nil }, "0 sessions name it"},
		{"a session named a channel twice", func(a *truth) { a.Sessions[0].ChannelIDs = []int64{1, 1} }, "names a channel twice"},
		{"a session without its success", func(a *truth) { a.Events = slices.Delete(a.Events, 4, 5) }, "want created, any failed, succeeded"},
		{"a session that succeeded twice", func(a *truth) { a.Events[1].Type = "session.succeeded" }, "want created, any failed, succeeded"},
		{"a failure told twice", func(a *truth) { a.Events[2].Type = "session.failed" }, "2 session.failed for 1 attempts"},
		{"a session that is not over", func(a *truth) { a.Sessions[0].EndedAt = nil }, "is succeeded and not over"},
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
		{"a canceled session that succeeded", func(a *truth) { a.Sessions[1].Status = "succeeded" }, "the application was told canceled"},
		{"a success of what was canceled", func(a *truth) { a.Events[6].Type = "session.succeeded" }, "want created, any failed, canceled"},
		{"a canceled session that goes on", func(a *truth) { a.Sessions[1].EndedAt = nil }, "is canceled and not over"},
		{"a canceled session with a channel", func(a *truth) { a.Sessions[1].ChannelIDs = []int64{1} }, "is canceled with 1 channels"},
		{"a canceled attempt that connected", func(a *truth) { a.Sessions[1].Attempts[0].Status = "succeeded" }, "canceled, has 1 attempts that succeeded"},
		{"a canceled attempt left open", func(a *truth) { a.Sessions[1].Attempts[0].Status = "away" }, "was left away"},
		{"connected before it was confirmed", func(a *truth) {
			a.Sessions[2].Attempts[0].Steps = steps("begun", "exchanging", "credentials_stored", "succeeded")
		}, "succeeded before the application confirmed"},
		{"confirmed twice", func(a *truth) {
			a.Sessions[2].Attempts[0].Steps = steps("begun", "exchanging", "credentials_stored", "confirming", "succeeded", "succeeded")
		}, "was succeeded 2 times"},
		{"a confirmation that nobody wanted", func(a *truth) { a.Sessions[2].Check = "same_browser" }, "which does not confirm"},
		{"a consent that nobody confirmed and that stays", func(a *truth) {
			a.Sessions[3].Attempts[0].Status, a.Rows.Grants = "confirming", append(a.Rows.Grants, grantRow{3, 1, "held", true})
		}, "attempt 5 of session 4 was left confirming"},
		{"a held grant left behind", func(a *truth) { a.Rows.Grants = append(a.Rows.Grants, grantRow{3, 1, "held", true}) }, "was left held"},
		{"an end for another reason", func(a *truth) { a.Sessions[3].Attempts[0].Reason = new("denied") }, "failed after it waited"},
		{"a grant erased in silence", func(a *truth) { a.Rows.Grants = a.Rows.Grants[:1] }, "1 grants have 2 grant.created"},
		{"two live apps", func(a *truth) {
			a.Rows.Apps = append(a.Rows.Apps, appRow{4, 0, "mastodon", "https://mastodon.example", "more", true, false})
		}, "2 live apps"},
		{"an app without a registration", func(a *truth) { a.Rows.Apps[1].ClientID = "" }, "left without a registration"},
		{"an app without its secret", func(a *truth) { a.Rows.Apps[2].Sealed = false }, "app 3 has no secret"},
		{"a registration kept twice", func(a *truth) {
			a.Rows.Apps = append(a.Rows.Apps, appRow{4, 0, "mastodon", "https://old.mastodon.example", "theirs", true, false})
		}, "that another one has"},
		{"a registration that no server gave", func(a *truth) { a.Calls = a.Calls[:4] }, "1 registrations are kept, servers gave 0"},
		{"a grant on no app", func(a *truth) { a.Rows.Grants[1].AppID = 9 }, "which was not registered"},
		{"another answer to the same request", func(a *truth) { a.Onces[0].Bodies[1] = `{"id":5}` }, "answered in different ways"},
		{"one effect of two requests", func(a *truth) { a.Onces[1].Bodies[0] = `{"id":3}` }, "made 3 twice"},
		{"no effect", func(a *truth) { a.Onces[0].Bodies = []string{`{}`} }, "was answered {}"},
		{"a session that nobody was told of", func(a *truth) {
			a.Events = append(a.Events, event{Number: 14, Type: "session.created", SessionID: new(int64(9))})
		}, "4 sessions have 5 session.created"},
		{"an app that nobody was told of", func(a *truth) { a.Onces = a.Onces[:2] }, "was told of another"},
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
