package linkedin_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

const (
	introspect = "/oauth/v2/introspectToken"
	token      = "/oauth/v2/accessToken"
	active     = `{"active":true,"status":"active","client_id":"app","scope":"openid,profile,w_member_social,rw_organization_admin","expires_at":1800000000,"auth_type":"3L"}`
)

func organizations(ids ...string) []platform.Target {
	targets := []platform.Target{{Kind: "profile", ExternalID: "m1"}}
	for _, id := range ids {
		targets = append(targets, platform.Target{Kind: "organization", ExternalID: id})
	}
	return targets
}

func TestProbe(t *testing.T) {
	t.Parallel()
	key := func(id string) platform.TargetKey { return platform.TargetKey{Kind: "organization", ExternalID: id} }
	for _, c := range []struct {
		name   string
		answer string
		asked  []string
		want   map[platform.TargetKey]string
		calls  int
	}{
		{"the member alone", active, nil, nil, 1},
		{"organizations", active, []string{"1", "2"}, map[platform.TargetKey]string{}, 3},
		{"one is gone, in one the role shrank", active, []string{"1", "3", "9"}, map[platform.TargetKey]string{key("3"): "target_permission", key("9"): "target_gone"}, 3},
		{"the organizations' scope is gone", `{"active":true,"status":"active","scope":"openid,profile,w_member_social"}`, []string{"1"}, map[platform.TargetKey]string{key("1"): "scopes_missing"}, 1},
		{"scopes in names that are not ours", `{"active":true,"scope":"r_liteprofile"}`, []string{"1"}, map[platform.TargetKey]string{}, 3},
	} {
		s := &standIn{answers: answers()}
		s.answers[introspect] = c.answer
		proof, err := platform.Probe(t.Context(), at202607(), s.client(t), organizations(c.asked...))
		if err != nil || len(s.calls) != c.calls {
			t.Errorf("%s: %v after %q, want %d calls", c.name, err, s.calls, c.calls)
		}
		if d := cmp.Diff(c.want, proof.Broken); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
	}
}

func TestProbeTellsTheEnd(t *testing.T) {
	t.Parallel()
	s := &standIn{answers: map[string]string{introspect: active}}
	c := s.client(t)
	proof, err := platform.Probe(t.Context(), at202607(), c, organizations())
	if want := time.Unix(1800000000, 0); err != nil || !proof.EndsAt.Equal(want) || !slices.Contains(proof.Scopes, "w_member_social") {
		t.Errorf("got %+v, %v; want the end %v and the scopes", proof, err, want)
	}
	c.Credentials.Refresh = vault.NewSecret("R")
	if proof, err := platform.Probe(t.Context(), at202607(), c, organizations()); err != nil || !proof.EndsAt.IsZero() {
		t.Errorf("with a refresh token: got %v, %v; the end of the access token is not that of the consent", proof.EndsAt, err)
	}
}

func TestProbeRefusals(t *testing.T) {
	t.Parallel()
	type result struct {
		Class  platform.Class
		Reason string
	}
	for _, c := range []struct {
		name          string
		answer        string
		status        int
		roles, member int // statuses of the other addresses
		refreshable   bool
		want          result
	}{
		{name: "revoked", answer: `{"active":false,"status":"revoked"}`, want: result{platform.ClassPermanent, "revoked"}},
		{name: "expired, and nothing renews it", answer: `{"active":false,"status":"expired"}`, want: result{platform.ClassPermanent, "consent_expired"}},
		{name: "expired, and a refresh may mend it", answer: `{"active":false,"status":"expired"}`, refreshable: true, want: result{platform.ClassPermanent, "token_refused"}},
		{name: "not active, nobody knows why", answer: `{"active":false}`, want: result{platform.ClassPermanent, "token_refused"}},
		{name: "no answer at all", answer: `{}`, want: result{platform.ClassTransient, ""}},
		{name: "a page", answer: `<html>`, want: result{platform.ClassTransient, ""}},
		{name: "wrong secret", answer: `{"error":"invalid_client","error_description":"canary"}`, status: 401, want: result{platform.ClassConfiguration, ""}},
		{name: "in trouble", answer: ``, status: 502, want: result{platform.ClassTransient, ""}},
		{name: "the API does not believe what introspection says", answer: active, roles: 401, want: result{platform.ClassTransient, ""}},
		{name: "one member's roles are refused", answer: active, roles: 403, want: result{platform.ClassTransient, ""}},
		{name: "one member's roles are not found", answer: active, roles: 404, want: result{platform.ClassTransient, ""}},
		{name: "one member's roles cannot be asked for", answer: active, roles: 400, want: result{platform.ClassTransient, ""}},
		{name: "the version has ended", answer: active, roles: 426, want: result{platform.ClassConfiguration, ""}},
		{name: "no such endpoint", answer: ``, status: 404, roles: 0},
		{name: "no such endpoint, and the member is refused", answer: ``, status: 404, member: 403, want: result{platform.ClassTransient, ""}},
		{name: "no such endpoint, dead token", answer: ``, status: 404, member: 401, want: result{platform.ClassPermanent, "token_refused"}},
	} {
		s := &standIn{answers: answers(), status: map[string]int{introspect: c.status, acls + "0": c.roles, userinfo: c.member}}
		s.answers[introspect] = c.answer
		client := s.client(t)
		if c.refreshable {
			client.Credentials.Refresh = vault.NewSecret("R")
		}
		_, err := platform.Probe(t.Context(), at202607(), client, organizations("1"))
		got := result{}
		if no := platform.RefusalOf(err); no != nil {
			got = result{no.Class, no.Reason}
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %v (-want +got):\n%s", c.name, err, d)
		}
	}
}

// TestProbeLimits: a limit of one member holds up no other one.
func TestProbeLimits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		message string
		class   platform.Class
		after   time.Duration
	}{
		{"Resource level throttle APPLICATION_AND_MEMBER DAY limit for calls to this resource is reached.", platform.ClassTransient, 90 * time.Minute},
		{"Resource level throttle APPLICATION DAY limit for calls to this resource is reached.", platform.ClassRateLimited, 0},
		{"", platform.ClassRateLimited, 0},
	} {
		s := &standIn{answers: answers(), status: map[string]int{acls + "0": 429}}
		s.answers[introspect] = active
		s.answers[acls+"0"] = `{"status":429,"serviceErrorCode":101,"code":"TOO_MANY_REQUESTS","message":"` + c.message + `"}`
		client := s.client(t)
		client.Now = func() time.Time { return time.Date(2026, 11, 22, 22, 30, 0, 0, time.UTC) }
		_, err := platform.Probe(t.Context(), at202607(), client, organizations("1"))
		if no := platform.RefusalOf(err); no == nil || no.Class != c.class || no.RetryAfter != c.after {
			t.Errorf("%q: got %+v, want %s after %v", c.message, no, c.class, c.after)
		}
	}
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	old := platform.Credentials{Refresh: vault.NewSecret("R"), RefreshExpiresAt: time.Date(2027, 9, 1, 0, 0, 0, 0, time.UTC)}
	for _, c := range []struct {
		name, answer string
		end          time.Time
	}{
		{"as documented: what is left of the year", `{"access_token":"A","expires_in":5184000,"refresh_token":"R","refresh_token_expires_in":` + strconv.Itoa(306*86400) + `}`, time.Now().Add(306 * 24 * time.Hour)},
		{"the refresh token stays", `{"access_token":"A","expires_in":5184000}`, old.RefreshExpiresAt},
		{"it comes back without its end", `{"access_token":"A","expires_in":5184000,"refresh_token":"R"}`, old.RefreshExpiresAt},
	} {
		s := &standIn{answers: map[string]string{token: c.answer}}
		got, err := platform.Refresh(t.Context(), s.env(t), at202607(), platform.RefreshRequest{Credentials: old})
		if err != nil || got.Credentials.Refresh.Reveal() != "R" || got.Credentials.RefreshExpiresAt.Sub(c.end).Abs() > time.Minute {
			t.Errorf("%s: got the end %v, %v; want %v", c.name, got.Credentials.RefreshExpiresAt, err, c.end)
		}
	}
}

func TestRefreshRefusals(t *testing.T) {
	t.Parallel()
	const dead = "The provided authorization grant or refresh token is invalid, expired or revoked"
	for _, c := range []struct {
		name, answer string
		status       int
		class        platform.Class
	}{
		{"one word", `{"error":"invalid_grant","error_description":"` + dead + `."}`, 400, platform.ClassPermanent},
		{"the other", `{"error":"invalid_request","error_description":"` + dead + `."}`, 400, platform.ClassPermanent},
		{"the other, without a full stop", `{"error":"invalid_request","error_description":"` + dead + `"}`, 400, platform.ClassPermanent},
		{"about our request", `{"error":"invalid_request","error_description":"A required parameter is missing"}`, 400, platform.ClassTransient},
		{"wrong secret", `{"error":"invalid_client"}`, 401, platform.ClassConfiguration},
	} {
		s := &standIn{answers: map[string]string{token: c.answer}, status: map[string]int{token: c.status}}
		_, err := platform.Refresh(t.Context(), s.env(t), at202607(), platform.RefreshRequest{Credentials: platform.Credentials{Refresh: vault.NewSecret("R")}})
		if no := platform.RefusalOf(err); no == nil || no.Class != c.class || len(s.calls) != 1 {
			t.Errorf("%s: got %+v after %q, want %s", c.name, no, s.calls, c.class)
		}
	}
}

// TestTheRefreshTokensEndIsFixed: without a word from LinkedIn it is a year from now.
func TestTheRefreshTokensEndIsFixed(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]time.Duration{
		`{"access_token":"A","refresh_token":"R"}`:                               365 * 24 * time.Hour,
		`{"access_token":"A","refresh_token":"R","refresh_token_expires_in":60}`: time.Minute,

		`{"access_token":"A"}`: 0,
	} {
		s := &standIn{answers: map[string]string{token: body}}
		got, err := platform.Exchange(t.Context(), s.env(t), at202607(), platform.ExchangeRequest{Code: vault.NewSecret("c")})
		end := got.Credentials.RefreshExpiresAt
		if err != nil || want == 0 && !end.IsZero() || want != 0 && (time.Until(end)-want).Abs() > time.Minute/2 {
			t.Errorf("%s: got %v, %v; want %v from now", body, end, err, want)
		}
	}
}

func TestRevokeEndsBothTokens(t *testing.T) {
	t.Parallel()
	const revoke = "/oauth/v2/revoke"
	for _, c := range []struct {
		c     platform.Credentials
		calls int
	}{
		{platform.Credentials{Access: vault.NewSecret("A")}, 1},
		{platform.Credentials{Access: vault.NewSecret("A"), Refresh: vault.NewSecret("R")}, 2},
	} {
		s := &standIn{answers: map[string]string{revoke: `{}`}}
		err := platform.Revoke(t.Context(), s.env(t), at202607(), platform.RevokeRequest{Credentials: c.c})
		if err != nil || len(s.calls) != c.calls {
			t.Errorf("got %v after %q, want %d calls", err, s.calls, c.calls)
		}
	}
}
