package browser

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"patchbay/internal/e2e"
)

// places bounds how many tests have tabs open at one time: a page that waits for a
// processor looks like a page that is slow.
var places = make(chan struct{}, 3)

// place is a running program, seen by the application that uses it.
type place struct {
	*e2e.World
	t testing.TB
}

func begin(t testing.TB, opt e2e.Options) *place {
	t.Helper()
	places <- struct{}{}
	t.Cleanup(func() { <-places })
	return &place{World: e2e.Start(t, opt), t: t}
}

// link is a connect link as MarketingBlocks' interface gives it.
type link struct {
	URL   string `json:"connect_url"`
	Token string `json:"connect_token"`
}

// newLink asks for a link whose person returns to the receiver.
func (w *place) newLink() link {
	w.t.Helper()
	return w.connectChannel(map[string]string{"userId": "customer-7", "redirectUrl": w.Receiver.URL})
}

// newLinkWithoutReturn asks for one that ends on a page of ours.
func (w *place) newLinkWithoutReturn() link {
	w.t.Helper()
	return w.connectChannel(map[string]string{"userId": "customer-7"})
}

func (w *place) connectChannel(body map[string]string) link {
	w.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		w.t.Fatal(err)
	}
	var l link
	w.call(http.MethodPost, "/api/v1/social-sparks/connect-channel", string(raw), &l)
	return l
}

// status is what connect-status tells.
type status struct {
	Status        bool
	Expired       bool
	ConnectStatus string  `json:"connect_status"`
	Platform      string  `json:"platform"`
	ChannelID     int64   `json:"channel_id"`
	ChannelIDs    []int64 `json:"channel_ids"`
	AccountName   string  `json:"account_name"`
	Message       string  `json:"message"`
	UpdatedAt     string  `json:"updated_at"`
}

func (w *place) status(l link) status {
	w.t.Helper()
	var s status
	w.call(http.MethodGet, "/api/v1/social-sparks/connect-status?connect_token="+l.Token, "", &s)
	return s
}

// channel is what /v1/channels tells, as far as it matters here.
type channel struct {
	ID       int64
	Platform string
	Name     string
}

func (w *place) channels() []channel {
	w.t.Helper()
	var page struct{ Data []channel }
	w.call(http.MethodGet, "/v1/channels", "", &page)
	return page.Data
}

// events are the types of all events so far, oldest first.
func (w *place) events() []string {
	w.t.Helper()
	var page struct{ Data []struct{ Type string } }
	w.call(http.MethodGet, "/v1/events", "", &page)
	types := make([]string, len(page.Data))
	for i, e := range page.Data {
		types[i] = e.Type
	}
	return types
}

// codesPosted counts the authorization codes that reached a token address.
func (w *place) codesPosted() int {
	n := 0
	for _, c := range w.App.Lab.Calls() {
		token := strings.HasSuffix(c.Path, "/oauth/access_token") || strings.HasSuffix(c.Path, "/oauth2/token")
		if token && c.Grant != "fb_exchange_token" && c.Grant != "refresh_token" {
			n++
		}
	}
	return n
}

func (w *place) call(method, path, body string, answer any) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.URL+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+w.Key)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode/100 != 2 {
		w.t.Fatalf("%s %s: got %d %s (%v), want a success", method, path, resp.StatusCode, raw, err)
	}
	if err := json.Unmarshal(raw, answer); err != nil {
		w.t.Fatalf("%s %s: %v in %s", method, path, err, raw)
	}
}
