package linkedin_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/fault"
	"patchbay/internal/httpx"
	"patchbay/internal/platform"
	"patchbay/internal/platform/platformtest"
	"patchbay/internal/platforms/linkedin"
	"patchbay/internal/vault"
)

// standIn plays both hosts by a table from path and query to an answer.
type standIn struct {
	answers map[string]string
	status  map[string]int // where it is not 200

	mu    sync.Mutex
	calls []string
}

func (s *standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	if r.URL.RawQuery != "" {
		path += "?" + r.URL.RawQuery
	}
	s.mu.Lock()
	s.calls = append(s.calls, path)
	s.mu.Unlock()
	rest := strings.HasPrefix(path, "/rest/")
	if rest && (r.Header.Get("LinkedIn-Version") != "202607" || r.Header.Get("X-Restli-Protocol-Version") != "2.0.0" || r.Header.Get("Authorization") != "Bearer T") {
		w.WriteHeader(http.StatusTeapot)
		return
	}
	body, ok := s.answers[path]
	if status := s.status[path]; status != 0 {
		w.WriteHeader(status)
	} else if !ok {
		w.WriteHeader(http.StatusNotFound)
	}
	_, _ = w.Write([]byte(body))
}

func (s *standIn) env(t *testing.T) platform.Env {
	t.Helper()
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	client := httpx.NewClient(httpx.ClientConfig{Origins: map[string]string{"https://api.linkedin.com": srv.URL, "https://www.linkedin.com": srv.URL}})
	t.Cleanup(client.CloseIdle)
	return platform.Env{Now: time.Now, HTTP: client}
}

func (s *standIn) client(t *testing.T, scopes ...string) *platform.Client {
	t.Helper()
	return &platform.Client{Env: s.env(t), Credentials: platform.Credentials{Access: vault.NewSecret("T")}, Scopes: scopes}
}

func at202607() platform.Platform { return linkedin.New(linkedin.Config{Version: "202607"}) }

const (
	userinfo = "/v2/userinfo"
	acls     = "/rest/organizationAcls?q=roleAssignee&state=APPROVED&count=20&start="
)

// answers is a member with six roles on two pages, in the fields of old and new versions.
func answers() map[string]string {
	return map[string]string{
		userinfo: `{"sub":"m1","name":"Somebody","picture":"https://pictures.example/m1"}`,
		acls + "0": `{"elements":[
			{"role":"ANALYST","state":"APPROVED","organization":"urn:li:organization:1"},
			{"role":"CONTENT_ADMINISTRATOR","organization":"urn:li:organization:2"},
			{"role":"ANALYST","organizationTarget":"urn:li:organization:3"}],
			"paging":{"start":0,"count":3,"links":[{"rel":"prev","href":"?start=9"},{"rel":"next","href":"/rest/organizationAcls?q=roleAssignee&start=20&count=20"}]}}`,
		acls + "20": `{"elements":[
			{"role":"ADMINISTRATOR","organization":"urn:li:organization:1"},
			{"role":"ADMINISTRATOR","organization":"urn:li:organizationBrand:4"},
			{"role":"ADMINISTRATOR","organization":"urn:li:school:5"}],
			"paging":{"links":[{"rel":"next","href":"/rest/organizationAcls?start=20"}]}}`,
		"/rest/organizations?ids=List(1,4)": `{"results":{"1":{"localizedName":"One","vanityName":"one","logoV2":{"original":"urn:li:digitalmediaAsset:A1"}}},
			"statuses":{"1":200,"4":403},"errors":{"4":{"status":403}}}`,
		"/rest/organizationsLookup?ids=List(2,3)":                            `{"results":{"2":{"localizedName":"Two","vanityName":"two","logoV2":{"cropped":"urn:li:digitalmediaAsset:A2","original":"urn:li:digitalmediaAsset:B2"}},"3":{"localizedName":"Three"}}}`,
		"/rest/images?ids=List(urn%3Ali%3Aimage%3AA1,urn%3Ali%3Aimage%3AA2)": `{"results":{"urn:li:image:A1":{"downloadUrl":"https://pictures.example/1"},"urn:li:image:A2":{"downloadUrl":"https://pictures.example/2"}}}`,
	}
}

func TestOrganizations(t *testing.T) {
	t.Parallel()
	s := &standIn{answers: answers()}
	id, targets, err := at202607().Targets(t.Context(), s.client(t))
	if err != nil {
		t.Fatal(err)
	}
	me := platform.Facts{Name: "Somebody", AvatarURL: "https://pictures.example/m1"}
	if d := cmp.Diff(platform.Identity{Subject: "m1", Facts: me}, id); d != "" {
		t.Errorf("identity (-want +got):\n%s", d)
	}
	organization := func(id, blocked string, f platform.Facts) platform.Target {
		return platform.Target{Kind: "organization", Role: platform.RoleAccount, ExternalID: id, Blocked: blocked, Facts: f}
	}
	want := []platform.Target{
		{Kind: "profile", Role: platform.RoleAccount, ExternalID: "m1", Facts: me},
		organization("1", "", platform.Facts{Name: "One", Username: "one", URL: "https://www.linkedin.com/company/one", AvatarURL: "https://pictures.example/1"}),
		organization("2", "", platform.Facts{Name: "Two", Username: "two", URL: "https://www.linkedin.com/company/two", AvatarURL: "https://pictures.example/2"}),
		organization("3", "no_task", platform.Facts{Name: "Three"}),
		organization("4", "", platform.Facts{Name: "4"}), // its details are refused: better without a name than missing
	}
	if d := cmp.Diff(want, targets, cmp.AllowUnexported(vault.Secret{})); d != "" {
		t.Errorf("targets (-want +got):\n%s", d)
	}
	if len(s.calls) != 6 { // the link to the page itself is not followed
		t.Errorf("calls: got %q", s.calls)
	}
}

func TestManyOrganizationsAreAskedForInParts(t *testing.T) {
	t.Parallel()
	var rows, first, rest []string
	for i := range 60 {
		id := strconv.Itoa(100 + i)
		rows = append(rows, `{"role":"ADMINISTRATOR","organization":"urn:li:organization:`+id+`"}`)
		if i < 50 {
			first = append(first, id)
		} else {
			rest = append(rest, id)
		}
	}
	s := &standIn{answers: map[string]string{
		userinfo:   `{"sub":"m1","name":"Somebody"}`,
		acls + "0": `{"elements":[` + strings.Join(rows, ",") + `]}`,
		"/rest/organizations?ids=List(" + strings.Join(first, ",") + ")": `{"results":{"100":{"localizedName":"First"}}}`,
		"/rest/organizations?ids=List(" + strings.Join(rest, ",") + ")":  `{"results":{"159":{"localizedName":"Last"}}}`,
	}}
	_, targets, err := at202607().Targets(t.Context(), s.client(t))
	if err != nil || len(targets) != 61 || targets[1].Name != "First" || targets[60].Name != "Last" {
		t.Errorf("got %d targets, %v; want the profile and 60 organizations", len(targets), err)
	}
}

func TestARoleListThatNeverEnds(t *testing.T) {
	t.Parallel()
	s := &standIn{answers: map[string]string{userinfo: `{"sub":"m1"}`}}
	for i := range 100 {
		s.answers[acls+strconv.Itoa(i)] = `{"elements":[],"paging":{"links":[{"rel":"next","href":"?start=` + strconv.Itoa(i+1) + `"}]}}`
	}
	_, targets, err := at202607().Targets(t.Context(), s.client(t))
	if err != nil || len(targets) != 1 || len(s.calls) != 51 {
		t.Errorf("got %d targets after %d calls, %v; want an end after 50 pages", len(targets), len(s.calls), err)
	}
}

func TestPicturesAreNoReasonToFail(t *testing.T) {
	t.Parallel()
	const images = "/rest/images?ids=List(urn%3Ali%3Aimage%3AA1,urn%3Ali%3Aimage%3AA2)"
	for status, want := range map[int]string{400: "", 403: "", 404: "", 401: "consent_ended", 429: "platform_unavailable", 500: "platform_unavailable"} {
		s := &standIn{answers: answers(), status: map[string]int{images: status}}
		_, targets, err := at202607().Targets(t.Context(), s.client(t))
		if got := fault.ReasonOf(err); got != want {
			t.Errorf("status %d: got %q, want %q", status, got, want)
		}
		if want == "" && (len(targets) != 5 || targets[1].AvatarURL != "") {
			t.Errorf("status %d: got %+v", status, targets)
		}
	}
}

func TestWithoutOrganizations(t *testing.T) {
	t.Parallel()
	off := linkedin.New(linkedin.Config{Version: "202607", MembersOnly: true})
	if got := strings.Join(off.Spec().ScopeNames(), " "); got != "openid profile w_member_social" {
		t.Errorf("scopes: got %q", got)
	}
	if got := off.Spec(); len(got.Targets) != 1 || got.Targets[0].Kind != "profile" || got.Pick != platform.PickOne {
		t.Errorf("targets: got %+v, pick %s", got.Targets, got.Pick)
	}
	for name, c := range map[string]struct {
		p      platform.Platform
		scopes []string
	}{
		"switched off":     {off, nil},
		"scope not given":  {at202607(), []string{"openid", "profile", "w_member_social"}},
		"told and nothing": {at202607(), []string{}},
	} {
		s := &standIn{answers: answers()}
		client := s.client(t)
		client.Scopes = c.scopes
		_, targets, err := c.p.Targets(t.Context(), client)
		if err != nil || len(targets) != 1 || targets[0].Kind != "profile" || !slices.Equal(s.calls, []string{userinfo}) {
			t.Errorf("%s: got %+v, %v after %q; want the profile after one call", name, targets, err, s.calls)
		}
	}
}

// TestMembersOnlyConformance: the other form of the platform passes the same checks.
func TestMembersOnlyConformance(t *testing.T) {
	t.Parallel()
	platformtest.Run(t, linkedin.New(linkedin.Config{MembersOnly: true}), platformtest.Harness{
		Creator: "creator", Targets: 1, AllOrNothing: true, SubjectUntold: true, TellsApp: true,
	})
}

// https://learn.microsoft.com/en-us/linkedin/shared/api-guide/concepts/error-handling
func TestAPIErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name         string
		path         string
		status       int
		body         string
		reason, hint string
	}{
		{"expired", userinfo, 401, `{"status":401,"serviceErrorCode":65602,"code":"EXPIRED_ACCESS_TOKEN","message":"canary"}`, "consent_ended", ""},
		{"revoked", acls + "0", 401, `{"status":401,"serviceErrorCode":65601,"code":"REVOKED_ACCESS_TOKEN"}`, "consent_ended", ""},
		{"without a code", userinfo, 401, `{"message":"canary"}`, "consent_ended", ""},
		{"product missing", acls + "0", 403, `{"status":403,"serviceErrorCode":100,"code":"ACCESS_DENIED","message":"canary"}`, "platform_rejected", "PATCHBAY_LINKEDIN_ORGANIZATIONS"},
		{"version ended", acls + "0", 426, `{"status":426,"code":"NONEXISTENT_VERSION","message":"canary"}`, "platform_rejected", "PATCHBAY_LINKEDIN_VERSION"},
		{"version ended, by status alone", acls + "0", 426, ``, "platform_rejected", "202607"},
		{"version missing", acls + "0", 400, `{"code":"VERSION_MISSING"}`, "platform_rejected", "PATCHBAY_LINKEDIN_VERSION"},
		{"our request is wrong", acls + "0", 400, `{"code":"ILLEGAL_ARGUMENT"}`, "platform_rejected", ""},
		{"rate limit", userinfo, 429, `{"status":429,"code":"TOO_MANY_REQUESTS"}`, "platform_unavailable", ""},
		{"in trouble", acls + "20", 503, `<html>canary`, "platform_unavailable", ""},
		{"no subject", userinfo, 200, `{"name":"canary"}`, "platform_unavailable", ""},
		{"no elements", acls + "0", 200, `{"paging":{}}`, "platform_unavailable", ""},
		{"no results", "/rest/organizations?ids=List(1,4)", 200, `{"errors":{}}`, "platform_unavailable", ""},
	} {
		s := &standIn{answers: answers(), status: map[string]int{c.path: c.status}}
		s.answers[c.path] = c.body
		id, targets, err := at202607().Targets(t.Context(), s.client(t))
		if got := fault.ReasonOf(err); got != c.reason || id.Subject != "" || len(targets) != 0 {
			t.Errorf("%s: got %q (%v) and %d targets, want %q", c.name, got, err, len(targets), c.reason)
		}
		if err != nil && (strings.Contains(err.Error(), "canary") || !strings.Contains(err.Error(), c.hint)) {
			t.Errorf("%s: got %v, want the hint %q and nothing of the answer", c.name, err, c.hint)
		}
	}
}

func TestExchange(t *testing.T) {
	t.Parallel()
	const dead = "Unable to retrieve access token: appid/redirect uri/code verifier does not match authorization code. Or authorization code expired. Or external member binding exists"
	refusal := func(word, description string) string {
		return `{"error":"` + word + `","error_description":"` + description + `"}`
	}
	for _, c := range []struct {
		name   string
		status int
		body   string
		reason string
		scopes []string
	}{
		{"scopes by comma", 200, `{"access_token":"T","expires_in":5184000,"scope":"openid,profile,w_member_social","token_type":"Bearer"}`, "", []string{"openid", "profile", "w_member_social"}},
		{"scopes by space, a partner's", 200, `{"access_token":"T","expires_in":5184000,"refresh_token":"R","refresh_token_expires_in":31536000,"scope":"openid profile"}`, "", []string{"openid", "profile"}},
		{"code used or too old", 400, refusal("invalid_request", dead), "code_expired", nil},
		{"the same with another word", 400, refusal("invalid_redirect_uri", dead), "code_expired", nil},
		{"in the RFC's word", 400, refusal("invalid_grant", ""), "code_expired", nil},
		{"something missing", 400, refusal("invalid_request", "A required parameter \\\"code\\\" is missing"), "platform_rejected", nil},
		{"wrong secret", 401, refusal("invalid_client", "Client authentication failed"), "platform_rejected", nil},
		{"in trouble", 503, refusal("invalid_request", dead), "platform_unavailable", nil},
	} {
		const path = "/oauth/v2/accessToken"
		s := &standIn{answers: map[string]string{path: c.body}, status: map[string]int{path: c.status}}
		token, err := platform.Exchange(t.Context(), s.env(t), at202607(), platform.ExchangeRequest{Code: vault.NewSecret("c"), Verifier: platform.NewVerifier()})
		if got := fault.ReasonOf(err); got != c.reason {
			t.Errorf("%s: got %q (%v), want %q", c.name, got, err, c.reason)
		}
		if d := cmp.Diff(c.scopes, token.Scopes); d != "" {
			t.Errorf("%s: scopes (-want +got):\n%s", c.name, d)
		}
		if len(s.calls) != 1 {
			t.Errorf("%s: the code was posted %d times", c.name, len(s.calls))
		}
	}
}

func TestDenialHasTwoWords(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]bool{
		"user_cancelled_login": true, "user_cancelled_authorize": true,
		"access_denied": false, "unauthorized_scope_error": false, "invalid_scope_error": false, // the app's fault, not the person's will
	} {
		if got := platform.Denied(at202607().Spec(), word); got != want {
			t.Errorf("%s: got %t, want %t", word, got, want)
		}
	}
}

func TestValidVersion(t *testing.T) {
	t.Parallel()
	for v, want := range map[string]bool{"202608": true, "203012": true, "": false, "202600": false, "202613": false, "20260801": false, "2026-08": false, "v25.0": false, "199912": false, "202608\n": false} {
		if got := linkedin.ValidVersion(v); got != want {
			t.Errorf("%q: got %t, want %t", v, got, want)
		}
	}
	if got := linkedin.New(linkedin.Config{}).Spec(); got.Version != linkedin.DefaultVersion || !linkedin.ValidVersion(got.Version) {
		t.Errorf("by default: got %q", got.Version)
	}
}
