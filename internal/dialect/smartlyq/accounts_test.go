package smartlyq_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"patchbay/internal/connect"
)

// everyCall is each call about one account, with a body that is fine.
var everyCall = []struct{ method, path, body string }{
	{http.MethodGet, "/accounts/%d/health", ""},
	{http.MethodGet, "/accounts/%d/reconnect-url", ""},
	{http.MethodGet, "/accounts/%d/connect-options", ""},
	{http.MethodPost, "/accounts/%d/connect-select", `{"target_id":"x"}`},
	{http.MethodPost, "/accounts/%d/pause", ""},
	{http.MethodPost, "/accounts/%d/resume", ""},
	{http.MethodPost, "/accounts/%d/move", `{"profile_id":0}`},
	{http.MethodPatch, "/accounts/%d", `{"account_name":"Mine"}`},
	{http.MethodDelete, "/accounts/%d", ""},
}

// What is no account of the caller's is not there, whatever is asked of it.
func TestWhatIsNoAccountIsNotThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	customer := w.newOwner("customer")
	ids := map[string]int64{
		"of a profile": w.connected("twitter", "x", "X-Profile-Id", at("%d", customer)),
		"disconnected": w.connected("instagram", "instagram"),
		"not reviewed": w.connected("linkedin", "linkedin"),
		"unknown":      999,
	}
	w.call(http.MethodDelete, at("/accounts/%d", ids["disconnected"]), "").wants(t, http.StatusOK, `null`)
	w.review(ids["not reviewed"], connect.ReviewPending)
	ids["without a consent"] = w.bare()
	w.call(http.MethodGet, "/accounts", "").wants(t, http.StatusOK, `[]`)
	for what, id := range ids {
		for _, c := range everyCall {
			got := w.call(c.method, fmt.Sprintf(c.path, id), c.body)
			if got.Status != http.StatusNotFound || got.Error.Code != notFound {
				t.Errorf("%s %s of one that is %s: got %d %s, want 404", c.method, c.path, what, got.Status, got.Body)
			}
		}
	}
	for _, id := range []string{"0", "-1", "abc", "1.5", "99999999999999999999", "%00"} {
		w.call(http.MethodGet, "/accounts/"+id+"/health", "").refuses(t, http.StatusNotFound, notFound, `{}`)
	}
	w.call(http.MethodGet, "/accounts", "", "X-Profile-Id", at("%d", customer)).
		wants(t, http.StatusOK, fmt.Sprintf(`[{"id":%d,"platform":"twitter","name":"Acme"}]`, ids["of a profile"]))
}

func TestEveryCallAsksForItsScope(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.connected("twitter", "x")
	w.link("facebook", "")
	calls := append(everyCall[:len(everyCall):len(everyCall)], []struct{ method, path, body string }{
		{http.MethodGet, "/accounts", ""},
		{http.MethodGet, "/accounts/health", ""},
		{http.MethodPost, "/connect/facebook", ""},
		{http.MethodGet, "/connect/" + w.state.Reveal(), ""},
		{http.MethodGet, "/account-groups", ""},
		{http.MethodPost, "/account-groups", `{"name":"a","account_ids":[]}`},
		{http.MethodGet, "/account-groups/1", ""},
		{http.MethodPut, "/account-groups/1", `{}`},
		{http.MethodDelete, "/account-groups/1", ""},
	}...)
	scopes := map[bool][]connect.Scope{
		true:  {connect.ScopeChannelsRead, connect.ScopeSessionsRead},   // social:read
		false: {connect.ScopeChannelsWrite, connect.ScopeSessionsWrite}, // social:write
	}
	for _, c := range calls {
		path := strings.Replace(c.path, "%d", fmt.Sprint(id), 1)
		reads := c.method == http.MethodGet
		word, less := "social:write", w.newKey(connect.Key{WorkspaceID: w.workspace.ID, Scopes: scopes[!reads]})
		if reads {
			word = "social:read"
		}
		w.callAs(less, c.method, path, c.body).refuses(t, http.StatusForbidden, "INSUFFICIENT_SCOPE", `{"required_scope":"`+word+`"}`)
		enough := w.newKey(connect.Key{WorkspaceID: w.workspace.ID, Scopes: append(scopes[reads][:2:2], connect.ScopeOwnersWrite)})
		if got := w.callAs(enough, c.method, path, c.body); got.Status == http.StatusForbidden || got.Status == http.StatusUnauthorized {
			t.Errorf("%s %s with %s: got %d %s", c.method, path, word, got.Status, got.Body)
		}
		w.callAs("", c.method, path, c.body).refuses(t, http.StatusUnauthorized, "INVALID_API_KEY", `{}`)
	}
}

func TestProfilesAreOwners(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	customer, other := w.newOwner("customer"), w.newOwner("other")
	id := w.connected("twitter", "x", "X-Profile-Id", at("%d", customer))
	list := func(token string, headers ...string) answer {
		return w.callAs(token, http.MethodGet, "/accounts", "", headers...)
	}
	mine := fmt.Sprintf(`[{"id":%d,"platform":"twitter","name":"Acme"}]`, id)
	list(w.token, "X-Profile-Id", at("%d", customer)).wants(t, http.StatusOK, mine)
	list(w.token).wants(t, http.StatusOK, `[]`)
	list(w.token, "X-Profile-Id", "0").wants(t, http.StatusOK, `[]`)
	for _, unknown := range []string{"999", "-1", "customer", "1.0", " "} {
		list(w.token, "X-Profile-Id", unknown).refuses(t, http.StatusNotFound, notFound, `{}`)
	}
	unmanaged := w.newKey(connect.Key{WorkspaceID: w.workspace.ID, Scopes: []connect.Scope{connect.ScopeChannelsRead}})
	list(unmanaged, "X-Profile-Id", at("%d", customer)).refuses(t, http.StatusForbidden, "INSUFFICIENT_SCOPE", `{"required_scope":"profiles:manage"}`)

	bound := w.newKey(connect.Key{WorkspaceID: w.workspace.ID, OwnerID: customer, Scopes: connect.Scopes()})
	list(bound).wants(t, http.StatusOK, mine)
	list(bound, "X-Profile-Id", at("%d", customer)).wants(t, http.StatusOK, mine)
	list(bound, "X-Profile-Id", at("%d", other)).refuses(t, http.StatusNotFound, notFound, `{}`)
	w.callAs(bound, http.MethodPost, at("/accounts/%d/move", id), at(`{"profile_id":%d}`, other)).refuses(t, http.StatusNotFound, notFound, `{}`)

	foreign := w.newWorkspace(connect.Workspace{Name: "Foreign"})
	list(w.newKey(connect.Key{WorkspaceID: foreign.ID, Scopes: connect.Scopes()}), "X-Profile-Id", at("%d", customer)).refuses(t, http.StatusNotFound, notFound, `{}`)
}

func TestMoveRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	customer := w.newOwner("customer")
	id := w.connected("twitter", "x")
	move := func(body string) answer { return w.call(http.MethodPost, at("/accounts/%d/move", id), body) }
	move(``).refuses(t, 422, validation, `{"fields":{"profile_id":"is required"}}`)
	for _, bad := range []string{`"1"`, `1.5`, `-1`, `true`, `[1]`, `1e400`} {
		move(`{"profile_id":`+bad+`}`).refuses(t, 422, validation, `{"fields":{"profile_id":"must be a whole number, 0 or more"}}`)
	}
	move(`{"profile_id":999}`).refuses(t, http.StatusNotFound, notFound, `{}`)
	w.connected("twitter", "x", "X-Profile-Id", at("%d", customer))
	move(at(`{"profile_id":%d}`, customer)).refuses(t, http.StatusConflict, "CONFLICT", `{}`)
	move(`{"profile_id":0}`).wants(t, http.StatusOK, fmt.Sprintf(`{"id":%d,"platform":"twitter","account_name":"Acme","profile_id":0}`, id))
}

func TestRenameRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.connected("twitter", "x")
	for body, want := range map[string]string{
		``: "is required", `{"account_name":null}`: "is required", `{"account_name":" "}`: "is required", `{"account_name":5}`: "must be a string",
		`{"account_name":"` + strings.Repeat("ä", 256) + `"}`: "is too long", `{"account_name":"a\u0000"}`: "must not hold a NUL character",
	} {
		w.call(http.MethodPatch, at("/accounts/%d", id), body).refuses(t, 422, validation, `{"fields":{"account_name":"`+want+`"}}`)
	}
	w.call(http.MethodGet, "/accounts", "").wants(t, http.StatusOK, `[{"id":1,"platform":"twitter","name":"Acme"}]`)
}

// The list has no pages.
func TestListsEverything(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.connected("twitter", "x")
	w.copies(id, 1100)
	var list []struct{ ID int64 }
	w.call(http.MethodGet, "/accounts?page=2&per_page=1", "").into(t, http.StatusOK, &list)
	if len(list) != 1101 || list[0].ID != id {
		t.Errorf("got %d accounts from %d on, want all 1101", len(list), list[0].ID)
	}
}

func TestGroupsRefuse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	customer := w.newOwner("customer")
	id := w.connected("twitter", "x")
	theirs := w.connected("twitter", "x", "X-Profile-Id", at("%d", customer))
	post := func(body string) answer { return w.call(http.MethodPost, "/account-groups", body) }
	post(``).refuses(t, 422, validation, `{"fields":{"account_ids":"is required","name":"is required"}}`)
	for _, bad := range []string{`5`, `{}`, `["1"]`, `[null]`, `[1.5]`, `[[1]]`} {
		post(`{"name":"a","account_ids":`+bad+`}`).refuses(t, 422, validation, `{"fields":{"account_ids":"must be an array of account ids"}}`)
	}
	for _, unknown := range []int64{theirs, 999, 0, -1} {
		if got := post(fmt.Sprintf(`{"name":"a","account_ids":[%d,%d]}`, id, unknown)); got.Status != 422 || got.Error.Details["fields"].(map[string]any)["account_ids"] == nil {
			t.Errorf("with account %d: got %d %s, want 422", unknown, got.Status, got.Body)
		}
	}
	made := post(at(`{"name":"a","account_ids":[%d]}`, id))
	if made.Status != http.StatusCreated {
		t.Fatalf("got %d %s", made.Status, made.Body)
	}
	w.call(http.MethodPut, "/account-groups/1", `{"name":"  "}`).refuses(t, 422, validation, `{"fields":{"name":"is required"}}`)
	w.call(http.MethodPut, "/account-groups/1", `{}`).wants(t, http.StatusOK, made.Data)
	for _, headers := range [][]string{{"X-Profile-Id", at("%d", customer)}} {
		w.call(http.MethodGet, "/account-groups", "", headers...).wants(t, http.StatusOK, `[]`)
		for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
			w.call(method, "/account-groups/1", "", headers...).refuses(t, http.StatusNotFound, notFound, `{}`)
		}
	}
	for range connect.MaxGroups - 1 {
		post(`{"name":"a","account_ids":[]}`)
	}
	post(`{"name":"a","account_ids":[]}`).refuses(t, http.StatusForbidden, "LIMIT_REACHED", `{}`)
}

func TestAddressesThatAreNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, c := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{http.MethodPut, "/accounts", 405, "GET, HEAD"},
		{http.MethodPost, "/accounts/1", 405, "PATCH, DELETE"},
		{http.MethodGet, "/accounts/1/pause", 405, "POST"},
		{http.MethodDelete, "/connect/facebook", 405, "GET, HEAD, POST"},
		{http.MethodPatch, "/account-groups/1", 405, "GET, HEAD, PUT, DELETE"},
		{http.MethodGet, "", 404, ""},
		{http.MethodPost, "", 404, ""},
		{http.MethodGet, "/", 404, ""},
		{http.MethodPost, "/posts", 404, ""},
		{http.MethodGet, "/accounts/", 404, ""},
		{http.MethodGet, "/Accounts", 404, ""},
		{http.MethodGet, "/accounts/1/follower-stats", 404, ""},
	} {
		code := notFound
		if c.status == 405 {
			code = "METHOD_NOT_ALLOWED"
		}
		got := w.callAs("", c.method, c.path, "")
		got.refuses(t, c.status, code, `{}`)
		if allow := got.Header.Get("Allow"); allow != c.allow {
			t.Errorf("%s %s: got Allow %q, want %q", c.method, c.path, allow, c.allow)
		}
	}
}

// A link is made by asking for it, not by asking whether there is one: nothing happens.
func TestAskingForTheHeadOfALinkMakesNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.connected("twitter", "x")
	audited := func() (n int) {
		if err := w.db.QueryRowContext(t.Context(), `SELECT count(*) FROM audit`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	events, entries := w.events(), audited()
	for path, want := range map[string]int{at("/accounts/%d/reconnect-url", id): http.StatusOK, "/accounts/999/reconnect-url": http.StatusNotFound} {
		req := httptest.NewRequest(http.MethodHead, social+path, nil)
		req.Header.Set("Authorization", "Bearer "+w.token)
		recorded := httptest.NewRecorder()
		w.ServeHTTP(recorded, req)
		if recorded.Code != want {
			t.Errorf("HEAD %s: got %d, want %d", path, recorded.Code, want)
		}
	}
	if w.events() != events || audited() != entries {
		t.Errorf("got %d events and %d audit entries, want the %d and %d of before", w.events(), audited(), events, entries)
	}
}
