package facebook_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/fault"
	"patchbay/internal/httpx"
	"patchbay/internal/platform"
	"patchbay/internal/platforms/facebook"
	"patchbay/internal/vault"
)

// found is what a refusal amounts to.
type found struct {
	Class  platform.Class
	Reason string
}

func refusalOf(err error) found {
	if no := platform.RefusalOf(err); no != nil {
		return found{no.Class, no.Reason}
	}
	return found{}
}

// The codes of https://developers.facebook.com/docs/graph-api/guides/error-handling, as an
// exchange of tokens answers with them.
func TestRefreshRefusals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status, code, subcode int
		want                  found
	}{
		{400, 190, 458, found{platform.ClassPermanent, "revoked"}},
		{400, 190, 459, found{platform.ClassPermanent, "checkpoint"}},
		{400, 190, 460, found{platform.ClassPermanent, "password_changed"}},
		{400, 190, 463, found{platform.ClassPermanent, "consent_expired"}},
		{400, 190, 464, found{platform.ClassPermanent, "checkpoint"}},
		{400, 190, 467, found{platform.ClassPermanent, "revoked"}},
		{400, 190, 490, found{platform.ClassPermanent, "checkpoint"}},
		{400, 190, 0, found{platform.ClassPermanent, "revoked"}},
		{400, 190, 4900, found{platform.ClassPermanent, "revoked"}},
		{401, 102, 460, found{platform.ClassPermanent, "password_changed"}},
		{400, 102, 0, found{platform.ClassPermanent, "revoked"}},
		{400, 4, 0, found{platform.ClassRateLimited, ""}},
		{400, 17, 0, found{platform.ClassTransient, ""}}, // of one person, page or business object
		{400, 32, 0, found{platform.ClassTransient, ""}}, // of one person, page or business object
		{429, 17, 0, found{platform.ClassTransient, ""}},
		{429, 4, 0, found{platform.ClassRateLimited, ""}},
		{400, 341, 0, found{platform.ClassRateLimited, ""}},
		{400, 613, 0, found{platform.ClassRateLimited, ""}},
		{400, 80001, 0, found{platform.ClassTransient, ""}}, // of one person, page or business object
		{400, 1, 0, found{platform.ClassConfiguration, ""}}, // a wrong secret
		{500, 1, 0, found{platform.ClassTransient, ""}},
		{500, 190, 460, found{platform.ClassTransient, ""}},
		{400, 2, 0, found{platform.ClassTransient, ""}},
		{400, 368, 0, found{platform.ClassTransient, ""}},
		{400, 101, 0, found{platform.ClassConfiguration, ""}},
		{400, 200, 0, found{platform.ClassConfiguration, ""}}, // an exchange needs no permission: the app is blocked
		{400, 10, 0, found{platform.ClassConfiguration, ""}},
		{400, 4711, 0, found{platform.ClassTransient, ""}},
	} {
		g := newGraph()
		g.answers["/oauth/access_token"], g.status["/oauth/access_token"] = graphError(c.code, c.subcode), c.status
		client := g.client(t)
		_, err := platform.Refresh(t.Context(), client.Env, facebook.New(""), platform.RefreshRequest{App: client.App, Credentials: client.Credentials})
		if got := refusalOf(err); got != c.want || len(g.calls) != 1 {
			t.Errorf("%d/%d with %d: got %v after %q, want %v", c.code, c.subcode, c.status, got, g.calls, c.want)
		}
	}
}

// What debug_token says of the kind of a token that somebody brings.
func TestWhoseKindATokenIs(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]error{
		"USER": nil, "SYSTEM_USER": nil, "": nil, "PAGE": platform.ErrPageToken, "APP": platform.ErrTokenKind,
	} {
		g := newGraph()
		client := g.client(t)
		g.answers["/debug_token?user-token"] = `{"data":{"app_id":"` + client.App.ClientID + `","type":"` + kind + `","is_valid":true}}`
		ours, known, err := platform.IssuedTo(t.Context(), facebook.New(""), client)
		if !ours || !known || !errors.Is(err, want) {
			t.Errorf("%q: got ours %t, known %t, %v, want %v", kind, ours, known, err, want)
		}
		g.answers["/debug_token?user-token"] = `{"data":{"app_id":"4711","type":"` + kind + `","is_valid":true}}`
		if ours, known, err := platform.IssuedTo(t.Context(), facebook.New(""), client); ours || !known || err != nil {
			t.Errorf("%q of another app: got ours %t, known %t, %v", kind, ours, known, err)
		}
	}
}

func TestMetaSaysThatItPasses(t *testing.T) {
	t.Parallel()
	g := newGraph()
	g.answers["/oauth/access_token"], g.status["/oauth/access_token"] = `{"error":{"code":1,"is_transient":true}}`, 400
	client := g.client(t)
	_, err := platform.Refresh(t.Context(), client.Env, facebook.New(""), platform.RefreshRequest{App: client.App, Credentials: client.Credentials})
	if got := refusalOf(err); got != (found{platform.ClassTransient, ""}) {
		t.Errorf("got %v (%v)", got, err)
	}
}

func TestRefreshTellsTheTrueEnd(t *testing.T) {
	t.Parallel()
	now := time.Now()
	old := platform.Credentials{Access: vault.NewSecret("old"), ExpiresAt: now.Add(10 * 24 * time.Hour)}
	for _, c := range []struct {
		name, answer string
		end          time.Time
	}{
		{"it gained time", `{"access_token":"new","token_type":"bearer","expires_in":5184000}`, now.Add(60 * 24 * time.Hour)},
		{"it gained none", `{"access_token":"new","expires_in":864000}`, old.ExpiresAt},
		{"the same token, and not a word", `{"access_token":"old"}`, old.ExpiresAt},
		{"another token, and not a word", `{"access_token":"new"}`, now.Add(60 * 24 * time.Hour)},
	} {
		g := newGraph()
		g.answers["/oauth/access_token"] = c.answer
		client := g.client(t)
		got, err := platform.Refresh(t.Context(), client.Env, facebook.New(""), platform.RefreshRequest{App: client.App, Credentials: old})
		if err != nil || got.Credentials.ExpiresAt.Sub(c.end).Abs() > time.Minute || got.Scopes != nil {
			t.Errorf("%s: got %v, %v; want %v", c.name, got.Credentials.ExpiresAt, err, c.end)
		}
		if q := g.queries[0]; len(g.calls) != 1 || q.Get("grant_type") != "fb_exchange_token" || q.Get("fb_exchange_token") != "old" {
			t.Errorf("%s: asked %q with %v", c.name, g.calls, q)
		}
	}
}

func page(id string) platform.Target {
	return platform.Target{Kind: "page", ExternalID: id, Credentials: platform.Credentials{Access: vault.NewSecret("token-" + id)}}
}

// living is a person who consented and whose page 1 works.
func living() *graph {
	g := newGraph()
	g.answers["/debug_token?user-token"] = `{"data":{"type":"USER","is_valid":true,"user_id":"7","data_access_expires_at":1800000000}}`
	g.answers["/debug_token?token-1"] = `{"data":{"type":"PAGE","is_valid":true,"profile_id":"1"}}`
	g.answers["/me/accounts"] = `{"data":[{"id":"1","tasks":["MANAGE"]}]}`
	return g
}

func dead(code, subcode string) string {
	return `{"data":{"is_valid":false,"type":"PAGE","error":{"code":` + code + `,"subcode":` + subcode + `,"message":"canary"}}}`
}

func TestProbeOfPages(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*graph)
		want   string // of page 1
	}{
		{"well", func(*graph) {}, ""},
		{"seen through a portfolio alone", func(g *graph) {
			g.answers["/me/accounts"], g.answers["/me/businesses"] = `{"data":[]}`, `{"data":[{"id":"b"}]}`
			g.answers["/b/owned_pages"], g.answers["/b/client_pages"] = `{"data":[{"id":"1"}]}`, `{"data":[]}`
		}, ""},
		{"seen through one portfolio, and another is deleted", func(g *graph) { // which answers 100/33
			g.answers["/me/accounts"], g.answers["/me/businesses"] = `{"data":[]}`, `{"data":[{"id":"deleted"},{"id":"b"}]}`
			g.answers["/b/owned_pages"], g.answers["/b/client_pages"] = `{"data":[{"id":"1"}]}`, `{"data":[]}`
		}, ""},
		{"listed nowhere, and it answers", func(g *graph) { g.answers["/me/accounts"], g.answers["/1"] = `{"data":[]}`, `{"id":"1"}` }, ""},
		{"gone", func(g *graph) { g.answers["/me/accounts"] = `{"data":[]}` }, "target_gone"},
		{"another page answers in its place", func(g *graph) { g.answers["/me/accounts"], g.answers["/1"] = `{"data":[]}`, `{"id":"2"}` }, "target_gone"},
		{"not listed, and it refuses", func(g *graph) {
			g.answers["/me/accounts"], g.answers["/1"], g.status["/1"] = `{"data":[]}`, graphError(10, 0), 403
		}, "target_permission"},
		{"the task is gone", func(g *graph) { g.answers["/me/accounts"] = `{"data":[{"id":"1","tasks":["ANALYZE"]}]}` }, "target_permission"},
		{"the role is gone", func(g *graph) {
			g.answers["/me/accounts"], g.answers["/debug_token?token-1"] = `{"data":[]}`, dead("190", "492")
		}, "target_permission"},
		{"a user's token in the page's place", func(g *graph) {
			g.answers["/debug_token?token-1"] = `{"data":{"type":"USER","is_valid":true,"user_id":"7"}}`
		}, "token_kind"},
		{"another page's token", func(g *graph) {
			g.answers["/debug_token?token-1"] = `{"data":{"type":"PAGE","is_valid":true,"profile_id":"2"}}`
		}, "token_kind"},
		{"the page's token alone is dead", func(g *graph) { g.answers["/debug_token?token-1"] = dead("190", "460") }, "token_refused"},
	} {
		g := living()
		c.change(g)
		client := g.client(t)
		client.Subject = "7"
		proof, err := platform.Probe(t.Context(), facebook.New(""), client, []platform.Target{page("1")})
		want := map[platform.TargetKey]string{}
		if c.want != "" {
			want[platform.TargetKey{Kind: "page", ExternalID: "1"}] = c.want
		}
		if d := cmp.Diff(want, proof.Broken); err != nil || d != "" {
			t.Errorf("%s: %v after %q (-want +got):\n%s", c.name, err, g.calls, d)
		}
		if !proof.EndsAt.Equal(time.Unix(1800000000, 0)) || len(proof.Scopes) != 4 {
			t.Errorf("%s: got the end %v and scopes %q", c.name, proof.EndsAt, proof.Scopes)
		}
	}
}

// crowd is a person with n pages that work, and their targets.
func crowd(n int) (*graph, []platform.Target) {
	g, rows, targets := living(), []string{}, []platform.Target{}
	for i := 1; i <= n; i++ {
		id := strconv.Itoa(i)
		rows, targets = append(rows, `{"id":"`+id+`","tasks":["MANAGE"]}`), append(targets, page(id))
		g.answers["/debug_token?token-"+id] = `{"data":{"type":"PAGE","is_valid":true,"profile_id":"` + id + `"}}`
	}
	g.answers["/me/accounts"] = `{"data":[` + strings.Join(rows, ",") + `]}`
	return g, targets
}

// TestProbeOfManyPages: some are judged each time, and which they are differs.
func TestProbeOfManyPages(t *testing.T) {
	t.Parallel()
	g, targets := crowd(200)
	client, judged := g.client(t), map[platform.TargetKey]bool{}
	for range 6 {
		g.calls = nil
		proof, err := platform.Probe(t.Context(), facebook.New(""), client, targets)
		if err != nil || len(proof.Unasked) != 175 || len(proof.Broken) != 0 || len(g.calls) != 25+3 {
			t.Fatalf("got %v, %d unasked, broken %v after %d calls; want 175 unasked after 28", err, len(proof.Unasked), proof.Broken, len(g.calls))
		}
		for _, target := range targets {
			key := platform.TargetKey{Kind: target.Kind, ExternalID: target.ExternalID}
			judged[key] = judged[key] || !proof.Unasked[key]
		}
	}
	seen := 0
	for _, was := range judged {
		if was {
			seen++
		}
	}
	if seen <= 25 {
		t.Errorf("six probes judged the same %d pages", seen)
	}
	g.answers["/me/accounts"] = strings.ReplaceAll(g.answers["/me/accounts"], "MANAGE", "ANALYZE")
	if proof, err := platform.Probe(t.Context(), facebook.New(""), client, targets); err != nil || len(proof.Broken) != 200 || len(proof.Unasked) != 0 {
		t.Errorf("the list itself tells that the tasks are gone: got %v, %d broken", err, len(proof.Broken))
	}
}

// TestProbeKeepsWhatItKnows: trouble with one page leaves that one unasked.
func TestProbeKeepsWhatItKnows(t *testing.T) {
	t.Parallel()
	two := platform.TargetKey{Kind: "page", ExternalID: "2"}
	for _, c := range []struct {
		name   string
		change func(*graph)
	}{
		{"5xx", func(g *graph) { g.status["/debug_token?token-2"] = 500 }},
		{"the page's own limit", func(g *graph) {
			g.answers["/debug_token?token-2"], g.status["/debug_token?token-2"] = graphError(32, 0), 400
		}},
		{"portfolios in trouble", func(g *graph) {
			g.answers["/me/accounts"] = `{"data":[{"id":"1","tasks":["MANAGE"]},{"id":"3","tasks":["ANALYZE"]}]}`
			g.answers["/me/businesses"], g.status["/me/businesses"] = graphError(2, 0), 500
		}},
	} {
		g, targets := crowd(3)
		g.answers["/me/accounts"] = strings.Replace(g.answers["/me/accounts"], `"3","tasks":["MANAGE"]`, `"3","tasks":["ANALYZE"]`, 1)
		c.change(g)
		proof, err := platform.Probe(t.Context(), facebook.New(""), g.client(t), targets)
		if d := cmp.Diff(map[platform.TargetKey]bool{two: true}, proof.Unasked); err != nil || d != "" {
			t.Errorf("%s: %v, unasked (-want +got):\n%s", c.name, err, d)
		}
		if d := cmp.Diff(map[platform.TargetKey]string{{Kind: "page", ExternalID: "3"}: "target_permission"}, proof.Broken); d != "" {
			t.Errorf("%s: broken (-want +got):\n%s", c.name, d)
		}
	}
}

// TestAPersonsLimitTellsWhenItEnds: by the header of Meta's, in minutes.
func TestAPersonsLimitTellsWhenItEnds(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Business-Use-Case-Usage", `{"1":[{"type":"pages","estimated_time_to_regain_access":7}]}`)
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(graphError(80001, 0)))
	}))
	t.Cleanup(srv.Close)
	client := living().client(t)
	client.HTTP = httpx.NewClient(httpx.ClientConfig{Origins: map[string]string{"https://graph.facebook.com": srv.URL}})
	_, err := platform.Probe(t.Context(), facebook.New(""), client, []platform.Target{page("1")})
	if no := platform.RefusalOf(err); no == nil || no.Class != platform.ClassTransient || no.RetryAfter != 7*time.Minute {
		t.Errorf("got %+v, want it to pass in 7 minutes", no)
	}
}

func TestProbeWithoutItsToken(t *testing.T) {
	t.Parallel()
	client := living().client(t)
	proof, err := platform.Probe(t.Context(), facebook.New(""), client, []platform.Target{{Kind: "page", ExternalID: "1"}})
	if d := cmp.Diff(map[platform.TargetKey]string{{Kind: "page", ExternalID: "1"}: "token_kind"}, proof.Broken); err != nil || d != "" {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
}

func TestProbeOfTheConsent(t *testing.T) {
	t.Parallel()
	const me = "/debug_token?user-token"
	for _, c := range []struct {
		name   string
		change func(*graph)
		want   found
	}{
		{"removed the app", func(g *graph) { g.answers[me] = dead("190", "458") }, found{platform.ClassPermanent, "revoked"}},
		{"changed the password", func(g *graph) { g.answers[me] = dead("190", "460") }, found{platform.ClassPermanent, "password_changed"}},
		{"over", func(g *graph) { g.answers[me] = dead("190", "463") }, found{platform.ClassPermanent, "consent_expired"}},
		{"not valid, and not a word", func(g *graph) { g.answers[me] = `{"data":{"is_valid":false}}` }, found{platform.ClassPermanent, "revoked"}},
		{"not valid, but it passes", func(g *graph) { g.answers[me] = dead("2", "0") }, found{platform.ClassTransient, ""}},
		{"a page's token", func(g *graph) { g.answers[me] = `{"data":{"is_valid":true,"type":"PAGE"}}` }, found{platform.ClassPermanent, "token_kind"}},
		{"somebody else's", func(g *graph) { g.answers[me] = `{"data":{"is_valid":true,"type":"USER","user_id":"8"}}` }, found{platform.ClassPermanent, "token_kind"}},
		{"the app's own token is refused", func(g *graph) { g.answers[me], g.status[me] = graphError(190, 0), 400 }, found{platform.ClassConfiguration, ""}},
		{"the app is blocked", func(g *graph) { g.answers["/me/permissions"], g.status["/me/permissions"] = graphError(200, 0), 400 }, found{platform.ClassConfiguration, ""}},
		{"nothing there", func(g *graph) { g.answers[me] = `{"data":{}}` }, found{platform.ClassTransient, ""}},
		{"a page of something between", func(g *graph) { g.answers[me], g.status[me] = `<html>canary`, 401 }, found{platform.ClassTransient, ""}},
		{"too often", func(g *graph) { g.answers["/me/accounts"], g.status["/me/accounts"] = graphError(4, 0), 400 }, found{platform.ClassRateLimited, ""}},
		{"too often for this person", func(g *graph) { g.answers["/me/accounts"], g.status["/me/accounts"] = graphError(17, 0), 400 }, found{platform.ClassTransient, ""}},
		{"too often, told with a page", func(g *graph) {
			g.answers["/debug_token?token-1"], g.status["/debug_token?token-1"] = graphError(4, 0), 400
		}, found{platform.ClassRateLimited, ""}},
		{"a page's token that cannot be asked about", func(g *graph) {
			g.answers["/debug_token?token-1"], g.status["/debug_token?token-1"] = graphError(100, 0), 400
		}, found{platform.ClassTransient, ""}},
		{"trouble with one page", func(g *graph) {
			g.answers["/debug_token?token-1"], g.status["/debug_token?token-1"] = graphError(2, 0), 500
		}, found{platform.ClassTransient, ""}},
		{"a required permission is withdrawn", func(g *graph) {
			g.answers["/me/permissions"] = `{"data":[{"permission":"pages_show_list","status":"granted"},{"permission":"pages_manage_posts","status":"declined"}]}`
		}, found{platform.ClassPermanent, "scopes_missing"}},
	} {
		g := living()
		c.change(g)
		client := g.client(t)
		client.Subject = "7"
		_, err := platform.Probe(t.Context(), facebook.New(""), client, []platform.Target{page("1")})
		if got := refusalOf(err); got != c.want {
			t.Errorf("%s: got %v (%v), want %v", c.name, got, err, c.want)
		}
	}
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, subject, path, answer string
		status                      int
		want                        string
	}{
		{"by the person's id", "7", "/7/permissions", `{"success":true}`, 200, ""},
		{"without it", "", "/me/permissions", `{"success":true}`, 200, ""},
		{"over already", "7", "/7/permissions", graphError(190, 458), 400, ""},
		{"in trouble", "7", "/7/permissions", graphError(2, 0), 500, "platform_unavailable"},
		{"a page of something between", "7", "/7/permissions", "<html>", 403, "platform_unavailable"},
	} {
		g := newGraph()
		g.answers[c.path], g.status[c.path] = c.answer, c.status
		client := g.client(t)
		err := platform.Revoke(t.Context(), client.Env, facebook.New(""), platform.RevokeRequest{App: client.App, Credentials: client.Credentials, Subject: c.subject})
		if got := fault.ReasonOf(err); got != c.want {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
		if d := cmp.Diff([]string{"DELETE " + c.path}, g.calls); d != "" || g.queries[0].Get("appsecret_proof") == "" {
			t.Errorf("%s: calls with %v (-want +got):\n%s", c.name, g.queries, d)
		}
	}
}
