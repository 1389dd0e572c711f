package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"
)

// Answer is what an API call came back with.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Call calls an API of the program with the world's key. body is marshalled as JSON
// unless it is nil.
func (w *World) Call(t testing.TB, method, path string, body any) Answer {
	t.Helper()
	return w.CallAs(t, w.Key, method, path, body)
}

// CallAs is Call with another key; an empty one sends none.
func (w *World) CallAs(t testing.TB, key, method, path string, body any) Answer {
	t.Helper()
	var sent io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		sent = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, w.URL+path, sent)
	if err != nil {
		t.Fatal(err)
	}
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return Answer{Status: resp.StatusCode, Header: resp.Header, Body: text}
}

// Into decodes the answer, which must have the status.
func (a Answer) Into(t testing.TB, status int, out any) {
	t.Helper()
	if a.Status != status {
		t.Fatalf("got status %d, want %d: %s", a.Status, status, a.Body)
	}
	if err := json.Unmarshal(a.Body, out); err != nil {
		t.Fatalf("%v: %s", err, a.Body)
	}
}

// Link is a MarketingBlocks connect link.
type Link struct {
	URL   string `json:"connect_url"`
	Token string `json:"connect_token"`
}

// NewLink asks MarketingBlocks' connect-channel for a link of a user; redirectURL
// may be empty.
func (w *World) NewLink(t testing.TB, userID, redirectURL string) Link {
	t.Helper()
	body := map[string]string{"userId": userID}
	if redirectURL != "" {
		body["redirectUrl"] = redirectURL
	}
	var l Link
	w.Call(t, http.MethodPost, "/api/v1/social-sparks/connect-channel", body).Into(t, http.StatusOK, &l)
	return l
}

// NewNative asks the native API for a link of an owner and answers its address.
func (w *World) NewNative(t testing.TB, owner string) string {
	t.Helper()
	var made struct {
		ConnectURL string `json:"connect_url"`
	}
	w.Call(t, http.MethodPost, "/v1/sessions", map[string]any{"owner": map[string]string{"external_id": owner}}).
		Into(t, http.StatusCreated, &made)
	return made.ConnectURL
}

// Status is what connect-status says of a link.
type Status struct {
	HTTP          int     `json:"-"`
	ConnectStatus string  `json:"connect_status"`
	Platform      *string `json:"platform"`
	ChannelID     *int64  `json:"channel_id"`
	ChannelIDs    []int64 `json:"channel_ids"`
	AccountName   *string `json:"account_name"`
	Message       *string `json:"message"`
}

// LinkStatus polls MarketingBlocks' connect-status once.
func (w *World) LinkStatus(t testing.TB, l Link) Status {
	t.Helper()
	a := w.Call(t, http.MethodGet, "/api/v1/social-sparks/connect-status?connect_token="+l.Token, nil)
	s := Status{HTTP: a.Status}
	if err := json.Unmarshal(a.Body, &s); err != nil {
		t.Fatalf("%v: %s", err, a.Body)
	}
	return s
}

// Event is one line of the native event log.
type Event struct {
	Number    int64  `json:"number"`
	Type      string `json:"type"`
	ChannelID *int64 `json:"channel_id"`
	SessionID *int64 `json:"session_id"`
}

// Events reads the whole log of the world's workspace.
func (w *World) Events(t testing.TB) []Event {
	t.Helper()
	var page struct {
		Data []Event `json:"data"`
	}
	w.Call(t, http.MethodGet, "/v1/events?limit=200", nil).Into(t, http.StatusOK, &page)
	return page.Data
}

// Channel is a channel as the native API lists it, as far as journeys look.
type Channel struct {
	ID         int64  `json:"id"`
	Platform   string `json:"platform"`
	Name       string `json:"name"`
	ExternalID string `json:"external_id"`
	Lifecycle  string `json:"lifecycle"`
}

// Channels lists the workspace's channels.
func (w *World) Channels(t testing.TB) []Channel {
	t.Helper()
	var page struct {
		Data []Channel `json:"data"`
	}
	w.Call(t, http.MethodGet, "/v1/channels?limit=200", nil).Into(t, http.StatusOK, &page)
	return page.Data
}
