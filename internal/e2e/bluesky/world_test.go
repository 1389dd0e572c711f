// Package bluesky_test does the whole main job against the reference Bluesky servers:
// a link, a handle, consent on the server's own pages, a channel, and the stored
// session that reads the profile. What only the platform's code decides is tested
// there.
package bluesky_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"patchbay/internal/config"
	"patchbay/internal/e2e"
	"patchbay/internal/testkit"
)

// world is the running program beside the reference servers.
type world struct {
	*e2e.World
	servers    testkit.AtprotoServers
	alice, bob testkit.AtprotoAccount
}

func start(t *testing.T, engine string) world {
	t.Helper()
	servers := testkit.Atproto(t)
	w := world{servers: servers, alice: servers.Accounts[0], bob: servers.Accounts[1]}
	w.World = e2e.Start(t, e2e.Options{Engine: engine, Change: w.change})
	return w
}

func (w world) change(c *config.Config) {
	c.BlueskyPLC, c.BlueskyResolver = w.servers.PLC, w.servers.PDS
	c.TrustedOrigins = []string{w.servers.PLC, w.servers.PDS}
}

type ownerJSON struct {
	ExternalID string `json:"external_id"`
}

type sessionJSON struct {
	ID         int64         `json:"id"`
	Status     string        `json:"status"`
	ConnectURL string        `json:"connect_url"`
	Platform   string        `json:"platform"`
	Reason     string        `json:"reason"`
	ChannelIDs []int64       `json:"channel_ids"`
	Channels   []channelJSON `json:"channels"`
}

type channelJSON struct {
	ID         int64      `json:"id"`
	Owner      *ownerJSON `json:"owner"`
	Platform   string     `json:"platform"`
	Kind       string     `json:"kind"`
	ExternalID string     `json:"external_id"`
	Name       string     `json:"name"`
	Username   string     `json:"username"`
	URL        string     `json:"url"`
	Lifecycle  string     `json:"lifecycle"`
	Health     struct {
		Status string `json:"status"`
	} `json:"health"`
}

type attemptJSON struct {
	ID     int64  `json:"id"`
	Status string `json:"status"`
	Reason string `json:"reason"`
	Steps  []struct {
		Name string `json:"name"`
	} `json:"steps"`
}

type eventJSON struct {
	Type      string `json:"type"`
	SessionID int64  `json:"session_id"`
	ChannelID int64  `json:"channel_id"`
}

// newSession is what an application asks for: a link for its user u1.
func (w world) newSession(t *testing.T) sessionJSON {
	t.Helper()
	body := fmt.Sprintf(`{"owner":{"external_id":"u1"},"platforms":["bluesky"],"redirect_url":%q}`, w.Receiver.URL)
	return call[sessionJSON](t, w, http.MethodPost, "/v1/sessions", body)
}

func (w world) session(t *testing.T, id int64) sessionJSON {
	t.Helper()
	return call[sessionJSON](t, w, http.MethodGet, fmt.Sprintf("/v1/sessions/%d?wait=5", id), "")
}

func (w world) channels(t *testing.T) []channelJSON {
	t.Helper()
	return call[struct{ Data []channelJSON }](t, w, http.MethodGet, "/v1/channels?owner=u1", "").Data
}

func (w world) attempts(t *testing.T, session int64) []attemptJSON {
	t.Helper()
	return call[struct{ Data []attemptJSON }](t, w, http.MethodGet, fmt.Sprintf("/v1/sessions/%d/attempts", session), "").Data
}

// events are those of one session, by type, in order.
func (w world) events(t *testing.T, session int64) []string {
	t.Helper()
	var types []string
	for _, e := range call[struct{ Data []eventJSON }](t, w, http.MethodGet, "/v1/events?limit=200", "").Data {
		if e.SessionID == session {
			types = append(types, e.Type)
		}
	}
	return types
}

// timeline writes attempts as "succeeded: begun exchanging …", with the reason of a failure.
func (w world) timeline(t *testing.T, session int64) []string {
	t.Helper()
	var lines []string
	for _, a := range w.attempts(t, session) {
		line := a.Status
		if a.Reason != "" {
			line += " (" + a.Reason + ")"
		}
		line += ":"
		for _, s := range a.Steps {
			line += " " + s.Name
		}
		lines = append(lines, line)
	}
	return lines
}

func call[T any](t *testing.T, w world, method, path, body string) T {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, w.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+w.Key)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode > 299 {
		t.Fatalf("%s %s: got %s, want success\n%s", method, path, resp.Status, answer)
	}
	var out T
	if err := json.Unmarshal(answer, &out); err != nil {
		t.Fatalf("%s %s: %v\n%s", method, path, err, answer)
	}
	return out
}
