package crash_test

import (
	"encoding/json"
	"slices"
	"strings"
)

// appsAreRegistered: a platform has at most one live app for each that consents there,
// with its secret; those at servers are registrations that a server gave, each kept once;
// grants stand on apps that were registered.
func appsAreRegistered(all truth) []string {
	var c complaints
	type place struct {
		workspace        int64
		platform, server string
	}
	live, kept, known := map[place]int{}, map[string]int{}, map[int64]appRow{}
	for _, a := range all.Rows.Apps {
		known[a.ID] = a
		if !a.Retired {
			live[place{a.WorkspaceID, a.Platform, a.Server}]++
		}
		c.when(a.ClientID == "", "app %d at %s was left without a registration", a.ID, a.Server)
		c.when(a.ClientID != "" && !a.Sealed && (a.WorkspaceID != 0 || a.Server != ""), "app %d has no secret", a.ID)
		if a.Server != "" {
			kept[a.ClientID]++
			c.when(kept[a.ClientID] > 1, "app %d is a registration that another one has", a.ID)
		}
	}
	for at, n := range live {
		c.when(n > 1, "workspace %d has %d live apps at %s %s", at.workspace, n, at.platform, at.server)
	}
	given := 0
	for _, call := range all.Calls {
		if call.Method == "POST" && call.Path == "/api/v1/apps" && call.Outcome == "ok" {
			given++
		}
	}
	c.when(len(kept) > given, "%d registrations are kept, servers gave %d", len(kept), given)
	for _, g := range all.Rows.Grants {
		c.when(known[g.AppID].ClientID == "", "grant %d stands on app %d, which was not registered", g.ID, g.AppID)
	}
	return c
}

// effectsHappenOnce: a request with an Idempotency-Key is answered with the same bytes
// each time it is sent, and no two requests made the same thing; there is nothing that
// none of them made.
func effectsHappenOnce(all truth) []string {
	var c complaints
	made := map[string][]int64{}
	for _, o := range all.Onces {
		var thing struct{ ID int64 }
		err := json.Unmarshal([]byte(o.Bodies[0]), &thing)
		c.when(err != nil || thing.ID == 0, "%s was answered %s", o.Path, o.Bodies[0])
		c.when(len(slices.Compact(slices.Sorted(slices.Values(o.Bodies)))) > 1, "%s was answered in different ways: %s", o.Path, strings.Join(o.Bodies, " "))
		c.when(slices.Contains(made[o.Path], thing.ID), "%s made %d twice", o.Path, thing.ID)
		made[o.Path] = append(made[o.Path], thing.ID)
	}
	for _, a := range all.Rows.Apps {
		c.when(a.WorkspaceID != 0 && !slices.Contains(made["/v1/apps"], a.ID), "app %d was made by a request that was told of another", a.ID)
	}
	return c
}

// confirmedFirst: where the application confirms, what it did not confirm was not
// connected, and ended as not confirmed.
func confirmedFirst(all truth) []string {
	var c complaints
	for _, s := range all.Sessions {
		for _, a := range s.Attempts {
			waited := a.count("confirming") > 0
			c.when(waited && s.Check != "confirm", "attempt %d waited for the application, which does not confirm", a.ID)
			c.when(s.Check == "confirm" && a.Status == "succeeded" && !waited, "attempt %d succeeded before the application confirmed", a.ID)
			late := a.Reason != nil && *a.Reason == "not_confirmed"
			c.when(waited && a.Status == "failed" && !late, "attempt %d failed after it waited for the application: %s", a.ID, reasonOf(a))
			c.when(late && !waited, "attempt %d was not confirmed and did not wait", a.ID)
		}
	}
	return c
}

func reasonOf(a attempt) string {
	if a.Reason == nil {
		return ""
	}
	return *a.Reason
}

func (a attempt) names() []string {
	var names []string
	for _, s := range a.Steps {
		names = append(names, s.Name)
	}
	return names
}

func (a attempt) count(name string) int {
	return len(slices.DeleteFunc(a.names(), func(n string) bool { return n != name }))
}

func count(events []event, is func(event) bool) int {
	n := 0
	for _, e := range events {
		if is(e) {
			n++
		}
	}
	return n
}

func value(id *int64) int64 {
	if id == nil {
		return 0
	}
	return *id
}
