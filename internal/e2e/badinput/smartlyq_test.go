package badinput_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"patchbay/internal/httpx"
)

// smartlyq tries a route of SmartlyQ's interface: keys, ids of the path, headers, and for
// what changes something the body, of which these are the members. valid is a body that
// nothing is wrong with.
func smartlyq(valid map[string]any, members ...field) entry {
	return func(w *world, r httpx.Route) (all []attempt) {
		body, _ := json.Marshal(valid)
		if r.Method == http.MethodGet {
			body = nil
		}
		at := attempt{method: r.Method, target: w.smartlyqAddress(r), header: w.bearer(w.bound), body: body}
		for what, key := range w.dead {
			a := at
			a.what, a.header, a.want, a.secrets = "a key that is "+what, w.bearer(key), http.StatusUnauthorized, []string{key}
			all = append(all, a)
		}
		all = append(all, w.smartlyqPaths(r, at)...)
		for _, profile := range []string{nobody, "-1", "abc", "1.5", "9223372036854775808", "%00", "\xff", strings.Repeat("9", 3000), strconv.FormatInt(w.owner2, 10)} {
			a := at
			a.what, a.want = "the profile "+cut(profile), http.StatusNotFound
			all = append(all, a.with("X-Profile-Id", profile))
		}
		if r.Method == http.MethodGet {
			return all
		}
		for _, header := range []string{"X-Idempotency-Key", "Idempotency-Key", "X-Request-Id"} {
			for _, key := range []string{"", " ", "a b", "a/b", "k\x00", "schlüssel", "\xff\xfe", strings.Repeat("k", 65), strings.Repeat("k", 20_000)} {
				if strings.Contains(key, "\x00") {
					continue // no client of Go's sends it
				}
				a := at
				a.what = fmt.Sprintf("%s %.80q", header, key)
				all = append(all, a.with(header, key))
			}
		}
		return append(all, smartlyqBodies(at, valid, members)...)
	}
}

// smartlyqAddress is the route's address of something that is there and the caller's own.
func (w *world) smartlyqAddress(r httpx.Route) string {
	return strings.NewReplacer("{id}", strconv.FormatInt(w.ownAccount, 10), "{group_id}", strconv.FormatInt(w.ownGroup, 10),
		"{platform}", "bluesky", "{state_token}", w.ownState).Replace(r.Path)
}

// smartlyqPaths are values of the path that nothing of the caller's has.
func (w *world) smartlyqPaths(r httpx.Route, at attempt) (all []attempt) {
	if !placeholder.MatchString(r.Path) {
		return nil
	}
	for _, value := range junk {
		a := at
		a.what, a.target = "a path value that is "+cut(value), address(r, value)
		all = append(all, a)
	}
	want := http.StatusNotFound
	if strings.Contains(r.Path, "{platform}") {
		want = http.StatusUnprocessableEntity
	}
	for what, value := range map[string]string{
		"of another workspace": strconv.FormatInt(w.foreignAccount, 10), "of nobody": nobody, "a platform": "facebook", "a link of another interface": w.pending.link, "a state": w.away.state,
	} {
		if value == "facebook" && want != http.StatusNotFound {
			continue
		}
		a := at
		a.what, a.target, a.want = "what is "+what, address(r, url.PathEscape(value)), want
		all = append(all, a)
	}
	return all
}

func smartlyqBodies(at attempt, valid map[string]any, members []field) (all []attempt) {
	add := func(what string, body []byte, want int) *attempt {
		a := at
		a.what, a.body, a.want, a.secrets = what, body, want, []string{"canary-app-password"}
		all = append(all, a)
		return &all[len(all)-1]
	}
	whole, _ := json.Marshal(put(valid, []string{"x_unknown"}, 1))
	for what, body := range brokenBodies(whole) {
		add("a body that is "+what, body, http.StatusBadRequest)
	}
	for what, value := range brokenMembers {
		add("a body with "+what, verbatim(put(valid, []string{"x_unknown"}, "VERBATIM"), value), http.StatusBadRequest)
	}
	large := verbatim(put(valid, []string{"x_unknown"}, "VERBATIM"), `"`+strings.Repeat("a", httpx.MaxBody)+`"`)
	add("a body over 1 MiB", large, http.StatusRequestEntityTooLarge)
	add("a body over 1 MiB of no told length", large, http.StatusRequestEntityTooLarge).stream = true
	for _, f := range members {
		for what, value := range f.wrong() {
			add(f.name()+" "+what, verbatim(put(valid, f.path, "VERBATIM"), value), 0)
		}
		if f.required {
			text, _ := json.Marshal(put(valid, f.path, gone))
			add(f.name()+" missing", text, http.StatusUnprocessableEntity)
		}
		if f.name() == "return_url" {
			for _, hostile := range hostileRedirects {
				text, _ := json.Marshal(put(valid, f.path, hostile))
				add(fmt.Sprintf("return_url %.80q", hostile), text, http.StatusUnprocessableEntity)
			}
		}
	}
	return all
}

func member(name, kind string, required bool) field {
	longest := 255
	s := &schema{Type: kind}
	if kind == "string" && name != "return_url" {
		s.MaxLength = &longest
	}
	return field{path: []string{name}, schema: s, required: required}
}

// smartlyqEntries are the routes below /v1/social. What takes no body, or none of what it
// could be given, is asked with one all the same.
var smartlyqEntries = map[string]entry{
	"GET /v1/social/accounts":                      smartlyq(nil),
	"GET /v1/social/accounts/health":               smartlyq(nil),
	"GET /v1/social/accounts/{id}/health":          smartlyq(nil),
	"GET /v1/social/accounts/{id}/reconnect-url":   smartlyq(nil),
	"GET /v1/social/accounts/{id}/connect-options": smartlyq(nil),
	"POST /v1/social/accounts/{id}/connect-select": smartlyq(map[string]any{"target_id": "x"}, member("target_id", "string", true)),
	"POST /v1/social/accounts/{id}/pause":          smartlyq(map[string]any{}),
	"POST /v1/social/accounts/{id}/resume":         smartlyq(map[string]any{}),
	"POST /v1/social/accounts/{id}/move":           smartlyq(map[string]any{"profile_id": 1}, member("profile_id", "integer", true)),
	"PATCH /v1/social/accounts/{id}":               smartlyq(map[string]any{"account_name": "Ours"}, member("account_name", "string", true)),
	"DELETE /v1/social/accounts/{id}":              smartlyq(map[string]any{}),
	"POST /v1/social/connect/{platform}":           smartlyq(map[string]any{"identifier": "a b", "app_password": "canary-app-password"}, member("identifier", "string", true), member("app_password", "string", true), member("return_url", "string", false)),
	"GET /v1/social/connect/{state_token}":         smartlyq(nil),
	"GET /v1/social/account-groups":                smartlyq(nil),
	"GET /v1/social/account-groups/{group_id}":     smartlyq(nil),
	"POST /v1/social/account-groups":               smartlyq(map[string]any{"name": "a", "account_ids": []int64{}}, member("name", "string", true), member("account_ids", "array", true)),
	"PUT /v1/social/account-groups/{group_id}":     smartlyq(map[string]any{"name": "a"}, member("name", "string", false), member("account_ids", "array", false)),
	"DELETE /v1/social/account-groups/{group_id}":  smartlyq(map[string]any{}),
	"/v1/social":  nothing,
	"/v1/social/": straySmartlyQ,
}

func straySmartlyQ(w *world, _ httpx.Route) (all []attempt) {
	for _, rest := range []string{"", "/", "/nothing", "/accounts/", "/accounts/1", "/accounts/1/pause/", "/connect", "/connect/", "/ACCOUNTS", "/accounts%2f1", "/accounts/1/nothing", "/posts", "/\xff", "/%00", "/" + strings.Repeat("a/", 2000)} {
		for _, method := range []string{"GET", "PUT", "OPTIONS", "FOO"} {
			all = append(all, attempt{what: "a stray address", method: method, target: "/v1/social" + rest, header: w.bearer(w.Key), secrets: []string{w.Key}})
		}
	}
	return all
}

var errorCode = regexp.MustCompile(`^[A-Z]+(_[A-Z]+)+$`)

// socialEnvelope is SmartlyQ's error.
func socialEnvelope(got answer) error {
	var e struct {
		Success *bool
		Error   struct {
			Code, Message string
			Details       map[string]any
		}
		Meta struct {
			RequestID string `json:"request_id"`
			Timestamp string
		}
	}
	if err := json.Unmarshal([]byte(got.body), &e); err != nil {
		return fmt.Errorf("no envelope: %w", err)
	}
	switch {
	case got.header.Get("Content-Type") != "application/json" || e.Success == nil || *e.Success:
		return fmt.Errorf("not SmartlyQ's envelope")
	case !(errorCode.MatchString(e.Error.Code) || e.Error.Code == "CONFLICT") || e.Error.Message == "" || e.Error.Details == nil:
		return fmt.Errorf("an error that says too little")
	case e.Meta.RequestID == "" || e.Meta.Timestamp == "":
		return fmt.Errorf("an error without its meta")
	case e.Error.Code == "VALIDATION_ERROR" && !slices.Contains(keysOf(e.Error.Details), "fields"):
		return fmt.Errorf("an invalid field that is not named")
	}
	return nil
}

func keysOf(m map[string]any) (keys []string) {
	for key := range m {
		keys = append(keys, key)
	}
	return keys
}

// makeSmartlyQ makes what that interface can name: the accounts are of the visits.
func (w *world) makeSmartlyQ(t *testing.T) {
	t.Helper()
	accountsOf := `SELECT max(id) FROM channels WHERE workspace_id = `
	w.ownAccount = w.number(t, accountsOf+strconv.FormatInt(w.Workspace.ID, 10))
	w.foreignAccount = w.number(t, accountsOf+strconv.FormatInt(w.foreign.Workspace.ID, 10))
	var group struct{ Data struct{ ID int64 } }
	w.CallAs(t, w.bound, http.MethodPost, "/v1/social/account-groups", map[string]any{"name": "Own", "account_ids": []int64{w.ownAccount}}).Into(t, http.StatusCreated, &group)
	w.ownGroup = group.Data.ID
	var link struct {
		Data struct {
			ConnectURL string `json:"connect_url"`
		}
	}
	w.CallAs(t, w.bound, http.MethodPost, "/v1/social/connect/facebook", nil).Into(t, http.StatusCreated, &link)
	u, err := url.Parse(link.Data.ConnectURL)
	if err != nil {
		t.Fatal(err)
	}
	w.ownState = u.Query().Get("state")
}
