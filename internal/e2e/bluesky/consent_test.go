package bluesky_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"patchbay/internal/e2e"
	"patchbay/internal/testkit"
)

// connect does the main job without a browser, which takes a fraction of the time, and
// reads the session afterwards. Where the pages themselves are looked at, a person with a
// browser goes through them.
func (w world) connect(t *testing.T, who testkit.AtprotoAccount) sessionJSON {
	t.Helper()
	made := w.newSession(t)
	p, away := w.leaves(t, made.ConnectURL, who)
	back := p.Open(w.authorize(t, away, who))
	if got, want := back.URL.String(), fmt.Sprintf("%s?session_id=%d&status=succeeded", w.Receiver.URL, made.ID); got != want {
		t.Errorf("return: got %s, want %s", got, want)
	}
	return w.session(t, made.ID)
}

// consents is connect, of which the channel is all that is of interest.
func (w world) consents(t *testing.T, who testkit.AtprotoAccount) int64 {
	t.Helper()
	return w.connected(t, w.connect(t, who))
}

// leaves chooses Bluesky and types the handle, which leads away to the server.
func (w world) leaves(t *testing.T, connectURL string, who testkit.AtprotoAccount) (p *e2e.Person, away string) {
	t.Helper()
	p = e2e.NewPerson(t)
	choice := p.Form(p.Open(connectURL), "/platform", "platform=bluesky")
	asked := p.Form(p.Submit(choice, url.Values{"platform": {"bluesky"}}), "", "")
	page := p.Fetch(asked.Method, asked.Action, asked.With(url.Values{"input": {who.Handle}}))
	if page.Redirect == "" {
		t.Fatalf("handle %s: got %d and no redirect: %s", who.Handle, page.Status, e2e.Text(page))
	}
	return p, page.Redirect
}

// signsIn is consents by an app password.
func (w world) signsIn(t *testing.T, who testkit.AtprotoAccount, password string) int64 {
	t.Helper()
	made := w.newSession(t)
	p := e2e.NewPerson(t)
	page := p.Open(made.ConnectURL + "/platform/bluesky/password")
	p.Submit(p.Form(page, "", ""), url.Values{"account": {who.Handle}, "password": {password}})
	return w.connected(t, w.session(t, made.ID))
}

func (w world) connected(t *testing.T, got sessionJSON) int64 {
	t.Helper()
	if got.Status != "succeeded" || len(got.ChannelIDs) != 1 {
		t.Fatalf("session: got %s %q with the channels %v, want one: %v", got.Status, got.Reason, got.ChannelIDs, w.timeline(t, got.ID))
	}
	return got.ChannelIDs[0]
}

// authorize signs in at the server and consents, with the requests of its own pages, and
// answers the address of the callback.
// https://github.com/bluesky-social/atproto/tree/main/packages/oauth/oauth-provider/src/router
func (w world) authorize(t *testing.T, address string, who testkit.AtprotoAccount) string {
	t.Helper()
	tab := &serverTab{t: t, origin: w.servers.PDS, cookies: map[string]string{}}
	tab.open(address, "cross-site")
	tab.page = address
	var signedIn struct {
		Token string `json:"ephemeralToken"`
	}
	tab.post("/sign-in", "", map[string]any{"locale": "en", "username": who.Handle, "password": who.Password, "remember": false}, &signedIn)
	var agreed struct{ URL string }
	tab.post("/consent", signedIn.Token, map[string]any{"did": who.DID}, &agreed)
	callback := tab.open(agreed.URL, "same-origin").Get("Location")
	if !strings.Contains(callback, "code=") {
		t.Fatalf("consent of %s: got no code", who.Handle)
	}
	return callback
}

// serverTab is what a browser's tab is to the server. net/http's own cookie jar keeps the
// server's from it: they are Secure, which browsers overlook on localhost.
type serverTab struct {
	t       *testing.T
	origin  string
	cookies map[string]string
	page    string // where it is, for Referer
}

func (tab *serverTab) open(address, from string) http.Header {
	tab.t.Helper()
	header, _ := tab.send(http.MethodGet, address, "", map[string]string{
		"Sec-Fetch-Site": from, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Accept": "text/html",
	})
	return header
}

func (tab *serverTab) post(path, token string, in, out any) {
	tab.t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		tab.t.Fatal(err)
	}
	header := map[string]string{
		"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "same-origin", "Sec-Fetch-Dest": "empty", "Origin": tab.origin,
		"Content-Type": "application/json", "Accept": "application/json", "X-Csrf-Token": tab.cookies["csrf-token"],
	}
	if token != "" {
		header["Authorization"] = "Bearer " + token
	}
	_, answer := tab.send(http.MethodPost, tab.origin+"/@atproto/oauth-provider/~api"+path, string(body), header)
	if err := json.Unmarshal(answer, out); err != nil {
		tab.t.Fatalf("%s: %v: %s", path, err, answer)
	}
}

func (tab *serverTab) send(method, address, body string, header map[string]string) (http.Header, []byte) {
	tab.t.Helper()
	req, err := http.NewRequestWithContext(tab.t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		tab.t.Fatal(err)
	}
	for name, value := range header {
		req.Header.Set(name, value)
	}
	if tab.page != "" {
		req.Header.Set("Referer", tab.page)
	}
	for name, value := range tab.cookies {
		req.Header.Add("Cookie", fmt.Sprintf("%s=%s", name, value))
	}
	resp, err := http.DefaultTransport.RoundTrip(req) // redirects are not followed
	if err != nil {
		tab.t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= http.StatusBadRequest {
		tab.t.Fatalf("%s %s: got %s %v, want success\n%.300s", method, req.URL.Path, resp.Status, err, answer)
	}
	for _, c := range resp.Cookies() {
		tab.cookies[c.Name] = c.Value
	}
	return resp.Header, answer
}
