package crash_test

import (
	"fmt"
	"slices"
	"strings"
)

// violations judges a truth in which everything has come to rest and every person has
// arrived. It says what is wrong, and nothing when nothing is.
func violations(all truth) []string {
	var wrong []string
	for _, rule := range []func(truth) []string{
		codesGoOutOnce, appsAreRegistered, effectsHappenOnce, channelsHaveGrants, grantsAreUsed, numbersHaveNoGaps,
		channelsHaveEvents, sessionsHaveEvents, sessionsEnded, stepsAgree, confirmedFirst, pollsAgree,
	} {
		wrong = append(wrong, rule(all)...)
	}
	return wrong
}

// complaints collects what a rule finds.
type complaints []string

func (c *complaints) when(bad bool, format string, args ...any) {
	if bad {
		*c = append(*c, fmt.Sprintf(format, args...))
	}
}

// codesGoOutOnce: no code is posted twice, none is refused, and credentials come from
// codes that the platform redeemed.
func codesGoOutOnce(all truth) []string {
	var c complaints
	posted := 0
	for code, times := range all.Posts {
		posted += times
		c.when(times > 1, "code %s was posted %d times", code, times)
	}
	arrived, redeemed := 0, 0
	for _, call := range all.Calls {
		if call.Method != "POST" || !tokenEndpoint(call.Path) || call.Grant == "client_credentials" {
			continue
		}
		arrived++
		if call.Outcome == "ok" {
			redeemed++
		}
		c.when(call.Outcome != "ok", "%s refused a code: %s", call.Platform, call.Outcome)
	}
	c.when(arrived > posted, "the Lab saw %d codes and the gate %d", arrived, posted)
	stored := 0
	for _, s := range all.Sessions {
		for _, a := range s.Attempts {
			stored += a.count("credentials_stored")
		}
	}
	c.when(stored > redeemed, "credentials were stored %d times, codes redeemed %d times", stored, redeemed)
	return c
}

// channelsHaveGrants: every channel stands on a usable grant and on a target of it.
func channelsHaveGrants(all truth) []string {
	var c complaints
	grants, targets := map[int64]grantRow{}, map[int64]targetRow{}
	for _, g := range all.Rows.Grants {
		grants[g.ID] = g
	}
	for _, t := range all.Rows.Targets {
		targets[t.ID] = t
	}
	for _, row := range all.Rows.Channels {
		grant, found := grants[row.GrantID]
		c.when(!found, "channel %d has no grant", row.ID)
		c.when(found && (grant.State != "usable" || !grant.Sealed), "channel %d has grant %d, which is %s, sealed %t", row.ID, grant.ID, grant.State, grant.Sealed)
		target, found := targets[row.TargetID]
		c.when(!found || target.GrantID != row.GrantID, "channel %d has target %d of grant %d, want one of grant %d", row.ID, row.TargetID, target.GrantID, row.GrantID)
	}
	c.when(len(all.Channels) != len(all.Rows.Channels), "the API lists %d channels, the database has %d", len(all.Channels), len(all.Rows.Channels))
	return c
}

// grantsAreUsed: nothing that was stored on the way is left behind.
func grantsAreUsed(all truth) []string {
	var c complaints
	used := map[int64]bool{}
	for _, row := range all.Rows.Channels {
		used[row.GrantID] = true
	}
	for _, g := range all.Rows.Grants {
		c.when(g.State != "usable", "grant %d was left %s", g.ID, g.State)
		c.when(g.State == "usable" && !used[g.ID], "grant %d has no channel", g.ID)
	}
	created := count(all.Events, func(e event) bool { return e.Type == "grant.created" })
	erased := count(all.Events, func(e event) bool { return e.Type == "grant.erased" })
	c.when(created-erased != len(all.Rows.Grants), "%d grants have %d grant.created and %d grant.erased", len(all.Rows.Grants), created, erased)
	return c
}

// numbersHaveNoGaps: the log counts from 1 in steps of one, and so does each channel's
// part of it.
func numbersHaveNoGaps(all truth) []string {
	var c complaints
	ofChannel := map[int64]int64{}
	for i, e := range all.Events {
		c.when(e.Number != int64(i+1), "event %d stands at place %d", e.Number, i+1)
		if e.ChannelID == nil || e.ChannelSeq == nil {
			continue
		}
		ofChannel[*e.ChannelID]++
		c.when(*e.ChannelSeq != ofChannel[*e.ChannelID], "event %d of channel %d has sequence %d, want %d", e.Number, *e.ChannelID, *e.ChannelSeq, ofChannel[*e.ChannelID])
	}
	return c
}

// channelsHaveEvents: each channel was connected once, and reconnected by each later
// session that names it; no event tells of a channel that is not there.
func channelsHaveEvents(all truth) []string {
	var c complaints
	sessions := map[int64]int{}
	for _, s := range all.Sessions {
		for _, id := range s.ChannelIDs {
			sessions[id]++
		}
	}
	known := map[int64]bool{}
	for _, ch := range all.Channels {
		known[ch.ID] = true
		of := func(kind string) int {
			return count(all.Events, func(e event) bool { return e.Type == kind && e.ChannelID != nil && *e.ChannelID == ch.ID })
		}
		connected, reconnected := of("channel.connected"), of("channel.reconnected")
		c.when(connected != 1, "channel %d has %d channel.connected", ch.ID, connected)
		c.when(connected+reconnected != sessions[ch.ID], "channel %d: %d sessions name it, %d events tell of it", ch.ID, sessions[ch.ID], connected+reconnected)
	}
	for id := range sessions {
		c.when(!known[id], "a session names channel %d, which is not there", id)
	}
	for _, e := range all.Events {
		c.when(e.ChannelID != nil && !known[*e.ChannelID], "event %d tells of channel %d, which is not there", e.Number, value(e.ChannelID))
	}
	return c
}

// sessionsHaveEvents: each session was created once and ended once as it should, last.
func sessionsHaveEvents(all truth) []string {
	var c complaints
	for _, s := range all.Sessions {
		var log []string
		for _, e := range all.Events {
			if strings.HasPrefix(e.Type, "session.") && e.SessionID != nil && *e.SessionID == s.ID {
				log = append(log, strings.TrimPrefix(e.Type, "session."))
			}
		}
		bad := len(log) < 2 || log[0] != "created" || log[len(log)-1] != s.Want
		failed := 0
		for i, word := range log {
			bad = bad || i > 0 && i < len(log)-1 && word != "failed"
			if word == "failed" {
				failed++
			}
		}
		c.when(bad, "session %d has the events %v, want created, any failed, %s", s.ID, log, s.Want)
		ended := 0
		for _, a := range s.Attempts {
			if slices.Contains([]string{"failed", "denied", "interrupted", "expired"}, a.Status) {
				ended++
			}
		}
		c.when(failed > ended, "session %d has %d session.failed for %d attempts that failed", s.ID, failed, ended)
	}
	created := count(all.Events, func(e event) bool { return e.Type == "session.created" })
	c.when(created != len(all.Sessions), "%d sessions have %d session.created", len(all.Sessions), created)
	return c
}

// sessionsEnded: a session stands as the application was told. In one that succeeded one
// attempt made the channels; in others none did; all attempts are over.
func sessionsEnded(all truth) []string {
	var c complaints
	for _, s := range all.Sessions {
		good := s.Want == "succeeded"
		c.when(s.Status != s.Want, "session %d is %s, the application was told %s", s.ID, s.Status, s.Want)
		c.when(s.EndedAt == nil, "session %d is %s and not over", s.ID, s.Status)
		c.when(good != (len(s.ChannelIDs) > 0), "session %d is %s with %d channels", s.ID, s.Status, len(s.ChannelIDs))
		c.when(len(slices.Compact(slices.Sorted(slices.Values(s.ChannelIDs)))) != len(s.ChannelIDs), "session %d names a channel twice: %v", s.ID, s.ChannelIDs)
		succeeded := 0
		for _, a := range s.Attempts {
			switch a.Status {
			case "succeeded":
				succeeded++
			case "away", "exchanging", "verifying", "choosing", "warned", "confirming":
				c.when(true, "attempt %d of session %d was left %s", a.ID, s.ID, a.Status)
			}
		}
		c.when(good != (succeeded == 1), "session %d, %s, has %d attempts that succeeded", s.ID, s.Want, succeeded)
	}
	return c
}

// stepsAgree: the timeline begins at the beginning, has no gap, passes each commit at
// most once, and ends where the attempt stands.
func stepsAgree(all truth) []string {
	var c complaints
	for _, s := range all.Sessions {
		for _, a := range s.Attempts {
			names := a.names()
			c.when(len(names) == 0 || names[0] != "begun" || names[len(names)-1] != a.Status, "attempt %d is %s after %v", a.ID, a.Status, names)
			for i, st := range a.Steps {
				c.when(st.Number != i+1, "attempt %d has step %d at place %d", a.ID, st.Number, i+1)
			}
			for _, name := range []string{"begun", "exchanging", "credentials_stored", "choosing", "warned", "confirming", a.Status} {
				c.when(a.count(name) > 1, "attempt %d was %s %d times", a.ID, name, a.count(name))
			}
			c.when(a.Status == "succeeded" && a.count("credentials_stored") != 1, "attempt %d succeeded without credentials: %v", a.ID, names)
			c.when(a.Status == "interrupted" && (a.count("exchanging") != 1 || a.count("credentials_stored") != 0), "attempt %d was interrupted after %v", a.ID, names)
		}
	}
	return c
}

// pollsAgree: the polling application sees what the native API tells.
func pollsAgree(all truth) []string {
	var c complaints
	words := map[string]string{"pending": "pending", "succeeded": "success", "failed": "failed", "canceled": "failed"}
	for _, s := range all.Sessions {
		if s.Poll == nil {
			continue
		}
		c.when(s.Poll.ConnectStatus != words[s.Status], "session %d is %s, connect-status says %s", s.ID, s.Status, s.Poll.ConnectStatus)
		told := s.Poll.ChannelIDs
		if s.Poll.ChannelID != nil {
			told = append(told, *s.Poll.ChannelID)
		}
		c.when(!slices.Equal(told, s.ChannelIDs), "session %d has channels %v, connect-status says %v", s.ID, s.ChannelIDs, told)
	}
	return c
}
