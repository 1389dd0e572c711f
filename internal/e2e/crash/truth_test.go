package crash_test

import (
	"cmp"
	"database/sql"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"patchbay/internal/lab"
)

// truth is everything that is known after all came to rest: what the gate and the Lab
// saw, what the APIs tell, what the database holds.
type truth struct {
	Posts    map[string]int
	Calls    []lab.Call
	Sessions []session
	Onces    []answers
	Channels []channel
	Events   []event
	Rows     rows
}

// session is what the native API and connect-status tell of one.
type session struct {
	ID         int64   `json:"id"`
	Status     string  `json:"status"`
	ChannelIDs []int64 `json:"channel_ids"`
	UpdatedAt  string  `json:"updated_at"`
	EndedAt    *string `json:"ended_at"`
	Attempts   []attempt
	Poll       *poll  // nil of a session that is not MarketingBlocks'
	Check      string `json:"initiator_check"`
	Want       string // how it must have ended, by what the application was told: succeeded, canceled, or failed since nobody confirmed
}

// answers is what a request with an Idempotency-Key was answered, each time it was sent.
type answers struct {
	Path   string
	Bodies []string
}

type attempt struct {
	ID     int64   `json:"id"`
	Status string  `json:"status"`
	Reason *string `json:"reason"`
	Steps  []step  `json:"steps"`
}

type step struct {
	Number int    `json:"number"`
	Name   string `json:"name"`
}

// poll is what MarketingBlocks' connect-status tells.
type poll struct {
	ConnectStatus string  `json:"connect_status"`
	ChannelID     *int64  `json:"channel_id"`
	ChannelIDs    []int64 `json:"channel_ids"`
}

type channel struct {
	ID int64 `json:"id"`
}

type event struct {
	Number     int64  `json:"number"`
	Type       string `json:"type"`
	SessionID  *int64 `json:"session_id"`
	ChannelID  *int64 `json:"channel_id"`
	ChannelSeq *int64 `json:"channel_seq"`
}

// rows is what no API tells.
type rows struct {
	Apps     []appRow
	Grants   []grantRow
	Targets  []targetRow
	Channels []channelRow
}

type appRow struct {
	ID, WorkspaceID  int64 // 0: the instance's
	Platform, Server string
	ClientID         string
	Sealed, Retired  bool
}

type grantRow struct {
	ID, AppID int64
	State     string
	Sealed    bool
}

type targetRow struct{ ID, GrantID int64 }

type channelRow struct{ ID, GrantID, TargetID int64 }

// truth gathers all of the world's.
func (w *world) truth(t testing.TB) truth {
	t.Helper()
	all := truth{Calls: w.lab.Calls(), Posts: w.gate.Posts(), Channels: w.channels(t), Events: w.events(t), Rows: w.rows(t)}
	for _, v := range w.visits {
		all.Sessions = append(all.Sessions, v.session(t))
	}
	for _, o := range w.onces {
		all.Onces = append(all.Onces, answers{o.path, append(o.answers, o.insist(t))})
	}
	return all
}

func (w *world) channels(t testing.TB) []channel {
	t.Helper()
	var all []channel
	for cursor := ""; ; {
		var page struct {
			Data       []channel `json:"data"`
			NextCursor *string   `json:"next_cursor"`
		}
		w.get(t, "/v1/channels?limit=200&cursor="+url.QueryEscape(cursor), &page)
		all = append(all, page.Data...)
		if page.NextCursor == nil {
			return all
		}
		cursor = *page.NextCursor
	}
}

func (w *world) events(t testing.TB) []event {
	t.Helper()
	var all []event
	for after := int64(0); ; {
		var page struct {
			Data []event `json:"data"`
			Next int64   `json:"next"`
		}
		w.get(t, fmt.Sprintf("/v1/events?limit=200&after=%d", after), &page)
		if len(page.Data) == 0 {
			return all
		}
		all, after = append(all, page.Data...), page.Next
	}
}

func (w *world) rows(t testing.TB) (r rows) {
	t.Helper()
	read(t, w.db, `SELECT id, COALESCE(workspace_id, 0), platform, server, client_id, sealed IS NOT NULL, retired_at IS NOT NULL FROM apps`, func(s *sql.Rows) error {
		var a appRow
		err := s.Scan(&a.ID, &a.WorkspaceID, &a.Platform, &a.Server, &a.ClientID, &a.Sealed, &a.Retired)
		r.Apps = append(r.Apps, a)
		return err
	})
	read(t, w.db, `SELECT id, app_id, state, sealed IS NOT NULL FROM grants`, func(s *sql.Rows) error {
		var g grantRow
		err := s.Scan(&g.ID, &g.AppID, &g.State, &g.Sealed)
		r.Grants = append(r.Grants, g)
		return err
	})
	read(t, w.db, `SELECT id, grant_id FROM targets`, func(s *sql.Rows) error {
		var row targetRow
		err := s.Scan(&row.ID, &row.GrantID)
		r.Targets = append(r.Targets, row)
		return err
	})
	read(t, w.db, `SELECT id, COALESCE(grant_id, 0), COALESCE(target_id, 0) FROM channels`, func(s *sql.Rows) error {
		var row channelRow
		err := s.Scan(&row.ID, &row.GrantID, &row.TargetID)
		r.Channels = append(r.Channels, row)
		return err
	})
	return r
}

func read(t testing.TB, db *sql.DB, query string, each func(*sql.Rows) error) {
	t.Helper()
	found, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer found.Close()
	for found.Next() {
		if err := each(found); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
	}
	if err := found.Err(); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// session reads the session, its timeline and what the polling application sees, all
// of one moment.
func (v *visit) session(t testing.TB) session {
	t.Helper()
	for {
		var first, again session
		var timeline struct {
			Data []attempt `json:"data"`
		}
		v.w.get(t, v.path(""), &first)
		v.w.get(t, v.path("/attempts"), &timeline)
		first.Poll = v.poll(t)
		v.w.get(t, v.path(""), &again)
		if again.UpdatedAt == first.UpdatedAt {
			first.Attempts, first.Want = timeline.Data, cmp.Or(v.told, "succeeded")
			return first
		}
	}
}

func (v *visit) poll(t testing.TB) *poll {
	t.Helper()
	if v.native {
		return nil
	}
	p := &poll{}
	if status := v.w.call(t, http.MethodGet, "/api/v1/social-sparks/connect-status?connect_token="+v.link.Token, nil, p); status != http.StatusOK {
		t.Fatalf("connect-status: got %d, want 200", status)
	}
	return p
}
