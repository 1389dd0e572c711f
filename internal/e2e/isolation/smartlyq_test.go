package isolation_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"patchbay/internal/connect"
	"patchbay/internal/httpx"
)

// socialCase is what a route of SmartlyQ's interface may be asked: a body that its victim
// could send, and the scope without which nobody may.
type socialCase struct {
	scope connect.Scope
	body  func(w *world) any
	ids   string // the table of the id in the path; empty: none
}

func nobody(*world) any { return nil }

func says(body any) func(*world) any { return func(*world) any { return body } }

var socialCases = map[string]socialCase{
	"GET /v1/social/accounts":                      {connect.ScopeChannelsRead, nobody, ""},
	"GET /v1/social/accounts/health":               {connect.ScopeChannelsRead, nobody, ""},
	"GET /v1/social/accounts/{id}/health":          {connect.ScopeChannelsRead, nobody, "channels"},
	"GET /v1/social/accounts/{id}/reconnect-url":   {connect.ScopeChannelsRead, nobody, "channels"},
	"GET /v1/social/accounts/{id}/connect-options": {connect.ScopeChannelsRead, nobody, "channels"},
	"POST /v1/social/accounts/{id}/connect-select": {connect.ScopeChannelsWrite, says(map[string]any{"target_id": "x"}), "channels"},
	"POST /v1/social/accounts/{id}/pause":          {connect.ScopeChannelsWrite, nobody, "channels"},
	"POST /v1/social/accounts/{id}/resume":         {connect.ScopeChannelsWrite, nobody, "channels"},
	"POST /v1/social/accounts/{id}/move":           {connect.ScopeChannelsWrite, says(map[string]any{"profile_id": 0}), "channels"},
	"PATCH /v1/social/accounts/{id}":               {connect.ScopeChannelsWrite, says(map[string]any{"account_name": "Mine"}), "channels"},
	"DELETE /v1/social/accounts/{id}":              {connect.ScopeChannelsWrite, nobody, "channels"},
	"POST /v1/social/connect/{platform}":           {connect.ScopeSessionsWrite, nobody, ""},
	"GET /v1/social/connect/{state_token}":         {connect.ScopeSessionsRead, nobody, "states"},
	"GET /v1/social/account-groups":                {connect.ScopeChannelsRead, nobody, ""},
	"POST /v1/social/account-groups":               {connect.ScopeChannelsWrite, says(map[string]any{"name": "Mine", "account_ids": []int64{}}), ""},
	"GET /v1/social/account-groups/{group_id}":     {connect.ScopeChannelsRead, nobody, "channel_groups"},
	"PUT /v1/social/account-groups/{group_id}":     {connect.ScopeChannelsWrite, says(map[string]any{"name": "Mine"}), "channel_groups"},
	"DELETE /v1/social/account-groups/{group_id}":  {connect.ScopeChannelsWrite, nobody, "channel_groups"},
}

// social is what of the victim's can be named there.
type social struct {
	owner    int64
	accounts []int64
	group    int64
	state    string
}

// makeSocial connects nothing new: the victim's channels are its accounts, with a group of
// them and a link.
func (w *world) makeSocial(t *testing.T) {
	t.Helper()
	owners := w.list(t, `SELECT id FROM owners WHERE external_id = 'external-victim' AND workspace_id = $1`, w.Workspace.ID)
	w.social.owner = owners[0]
	w.social.accounts = w.list(t, `SELECT id FROM channels WHERE owner_id = $1 AND grant_id IS NOT NULL`, w.social.owner)
	as := http.Header{"X-Profile-Id": {strconv.FormatInt(w.social.owner, 10)}, "X-Idempotency-Key": {"the-same-key"}}
	var group struct{ Data struct{ ID int64 } }
	w.ask(t, w.Key, http.MethodPost, "/v1/social/account-groups", map[string]any{"name": "Group of victim", "account_ids": w.social.accounts}, as).want(t, http.StatusCreated).into(t, &group)
	var link struct {
		Data struct {
			ConnectURL string `json:"connect_url"`
		}
	}
	w.ask(t, w.Key, http.MethodPost, "/v1/social/connect/facebook", nil, as).want(t, http.StatusCreated).into(t, &link)
	u, err := url.Parse(link.Data.ConnectURL)
	if err != nil {
		t.Fatal(err)
	}
	w.social.group, w.social.state = group.Data.ID, u.Query().Get("state")
}

// ask is send with further headers.
func (w *world) ask(t *testing.T, key, method, path string, body any, headers http.Header) answer {
	t.Helper()
	var sent bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&sent).Encode(body); err != nil {
			t.Fatal(err)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), method, w.URL+path, &sent)
	if err != nil {
		t.Fatal(err)
	}
	req.Header = headers.Clone()
	if req.Header == nil {
		req.Header = http.Header{}
	}
	req.Header.Set("Authorization", "Bearer "+key)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{
		status: resp.StatusCode, replayed: resp.Header.Get("Idempotent-Replayed"),
		text: resp.Header.Get("Content-Type") + "\n" + requestID.ReplaceAllString(string(text), `"request_id":""`),
	}
}

var inPath = regexp.MustCompile(`\{[a-z_]+\}`)

// socialCheck: whatever an intruder names of the victim's is answered as what nobody has,
// and nothing changes; a key that lacks the scope or has ended may do nothing.
func socialCheck(t *testing.T, w *world, r httpx.Route, intruders, dead []intruder) {
	c := socialCases[r.Pattern()]
	body := c.body(w)
	for _, in := range intruders {
		w.socialByPath(t, r, c, in)
		w.socialByProfile(t, r, c, in)
		w.socialByMember(t, r, in)
	}
	own := strings.NewReplacer("{id}", fmt.Sprint(w.social.accounts[0]), "{group_id}", fmt.Sprint(w.social.group), "{platform}", "facebook", "{state_token}", w.social.state).Replace(r.Path)
	as := w.asVictim()
	got := w.ask(t, w.less[string(c.scope)], r.Method, own, body, as)
	if none := w.ask(t, w.less[string(c.scope)], r.Method, inPath.ReplaceAllString(r.Path, fmt.Sprint(absent)), body, as); got.status != http.StatusForbidden || got != none {
		t.Errorf("%s without %s: got %d %s, want 403 whatever it names", r.Pattern(), c.scope, got.status, got.text)
	}
	if got := w.ask(t, w.less[string(connect.ScopeOwnersWrite)], r.Method, own, body, as); got.status != http.StatusForbidden || !strings.Contains(got.text, `"required_scope":"profiles:manage"`) {
		t.Errorf("%s for a profile without profiles:manage: got %d %s, want 403", r.Pattern(), got.status, got.text)
	}
	for _, in := range dead {
		if got := w.ask(t, in.key, r.Method, own, body, as); got.status != http.StatusUnauthorized {
			t.Errorf("%s by %s: got %d %s, want 401", r.Pattern(), in.name, got.status, got.text)
		}
	}
	w.unchanged(t, r.Pattern()+" by keys that may not")
}

func (w *world) asVictim() http.Header {
	return http.Header{"X-Profile-Id": {strconv.FormatInt(w.social.owner, 10)}}
}

// socialByPath: an id of the victim's, or a state, is one that does not exist.
func (w *world) socialByPath(t *testing.T, r httpx.Route, c socialCase, in intruder) {
	t.Helper()
	if c.ids == "" {
		got := w.ask(t, in.key, r.Method, strings.Replace(r.Path, "{platform}", "mastodon", 1), nil, nil)
		mustNotTell(t, r.Pattern()+" by "+in.name, got.text, append(w.marks(w.victim), w.social.state))
		w.unharmed(t, r.Pattern()+" by "+in.name, in, got.status >= 400)
		return
	}
	body := c.body(w)
	at := func(value string) answer {
		return w.ask(t, in.key, r.Method, inPath.ReplaceAllString(r.Path, value), body, nil)
	}
	none := at(fmt.Sprint(absent)).want(t, http.StatusNotFound)
	values := []string{w.social.state}
	for _, id := range append(w.foreignIDs(in, "channels"), w.social.group) {
		values = append(values, strconv.FormatInt(id, 10))
	}
	for _, value := range values {
		if got := at(value); got != none {
			t.Errorf("%s with %s by %s: got %d %s, want as for nothing: %s", r.Pattern(), value, in.name, got.status, got.text, none.text)
		}
	}
	w.unchanged(t, r.Pattern()+" by "+in.name)
}

// socialByProfile: the victim is no profile of an intruder's.
func (w *world) socialByProfile(t *testing.T, r httpx.Route, c socialCase, in intruder) {
	t.Helper()
	own := strings.NewReplacer("{id}", fmt.Sprint(w.social.accounts[0]), "{group_id}", fmt.Sprint(w.social.group), "{platform}", "facebook", "{state_token}", w.social.state).Replace(r.Path)
	as := func(profile int64) answer {
		return w.ask(t, in.key, r.Method, own, c.body(w), http.Header{"X-Profile-Id": {strconv.FormatInt(profile, 10)}, "X-Idempotency-Key": {"the-same-key"}})
	}
	none := as(absent).want(t, http.StatusNotFound)
	for _, owner := range append([]int64{w.social.owner}, w.victim.ids["owners"]...) {
		if got := as(owner); got != none {
			t.Errorf("%s as the victim by %s: got %d %s, want as for no profile: %s", r.Pattern(), in.name, got.status, got.text, none.text)
		}
	}
	w.unchanged(t, r.Pattern()+" by "+in.name)
}

// socialByMember: an account is not given to the victim, nor one of the victim's taken
// into a group.
func (w *world) socialByMember(t *testing.T, r httpx.Route, in intruder) {
	t.Helper()
	var body func(id int64) any
	path, id := r.Path, w.social.accounts[0]
	switch r.Pattern() {
	case "POST /v1/social/accounts/{id}/move":
		path, id = strings.Replace(path, "{id}", strconv.FormatInt(in.own.ids["channels"][0], 10), 1), w.social.owner
		body = func(id int64) any { return map[string]any{"profile_id": id} }
	case "POST /v1/social/account-groups":
		body = func(id int64) any { return map[string]any{"name": "Mine", "account_ids": []int64{id}} }
	default:
		return
	}
	as := http.Header{"X-Profile-Id": {strconv.FormatInt(in.own.ids["owners"][0], 10)}}
	none := w.ask(t, in.key, r.Method, path, body(absent), as)
	if got := w.ask(t, in.key, r.Method, path, body(id), as); got != none || got.status < 400 {
		t.Errorf("%s with %d by %s: got %d %s, want as for nothing: %d %s", r.Pattern(), id, in.name, got.status, got.text, none.status, none.text)
	}
	w.unchanged(t, r.Pattern()+" by "+in.name)
}
