package cli_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// report is a health as the API answers it, with members that differ.
func report(members string) string {
	return `{"channel_id":5,"health":"healthy","reason":null,"sentence":"The channel works.","act":"nobody","todo":null,"scopes_wanted":["tweet.read","tweet.write"],
		"scopes_granted":["tweet.read","tweet.write"],"proven_at":null,"token_expires_at":null,"ends_at":null,"lifecycle":"active"` + strings.TrimSuffix(","+members, ",") + `}`
}

const revoked = `"health":"needs_reauth","reason":"revoked","sentence":"The platform no longer accepts the consent.","act":"person","todo":"Send the person a connect link.","scopes_granted":["tweet.read"]`

func answering(body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
}

func TestChannelsHealth(t *testing.T) {
	t.Parallel()
	at := func(d time.Duration) string { return time.Now().Add(d).UTC().Format("2006-01-02T15:04:05.000Z") }
	times := fmt.Sprintf(`"proven_at":%q,"token_expires_at":%q,"ends_at":%q`, at(-5*time.Hour), at(2*time.Hour), at(14*24*time.Hour))
	tests := map[string]struct {
		answer string
		want   []string
	}{
		"healthy":            {report(""), []string{"Channel 5 healthy\n", "The channel works.", "nobody has to", "nothing", "never yet", "token ends    not by itself", "tweet.write  yes"}},
		"revoked":            {report(revoked), []string{"needs_reauth (revoked)", "no longer accepts", "the person who connected", "Send the person a connect link.", "tweet.read   yes", "tweet.write  missing"}},
		"times":              {report(times), []string{"5 hours ago (", "in 2 hours (", "in 14 days ("}},
		"scopes not told":    {report(`"scopes_granted":null`), []string{"tweet.read   not told"}},
		"somebody new":       {report(`"act":"regulator"`), []string{"regulator"}},
		"a hostile sentence": {report(`"sentence":"Bad\u001b[31m"`), []string{"Bad"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFakeAPI(t)
			f.handler["GET /v1/channels/5/health"] = answering(tt.answer)
			got := f.run(t, "channels", "health", "5")
			if got.code != 0 || got.stderr != "" {
				t.Errorf("got exit %d and %q on stderr, want 0 and nothing: reading is no finding", got.code, got.stderr)
			}
			wantContains(t, "stdout", got.stdout, tt.want...)
			wantLacks(t, "stdout", got.stdout, "\x1b")
			if raw := f.run(t, "channels", "health", "5", "--json").stdout; !json.Valid([]byte(raw)) || strings.Count(raw, "\n") != 1 {
				t.Errorf("JSON: got %s, want one line", raw)
			}
		})
	}
}

func TestChannelsCheckEndsAsTheChannelStands(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		answer http.Handler
		code   int
		stderr string
	}{
		"works":              {answering(report(`"checked_now":true`)), 0, ""},
		"the person":         {answering(report(revoked)), 8, "channel 5 needs the person who connected the account — Send the person a connect link."},
		"expiring":           {answering(report(`"health":"expiring","act":"person"`)), 8, "needs the person"},
		"the platform":       {answering(report(`"health":"error","act":"platform"`)), 8, "it passes by itself"},
		"disconnected":       {refuse(409, `"code":"conflict","reason":"channel_disconnected","detail":"This channel is disconnected."`), 1, "This channel is disconnected"},
		"platform away":      {refuse(503, `"code":"platform_unavailable","detail":"The platform did not answer."`), 1, "try again in a moment"},
		"app refused":        {refuse(502, `"code":"platform_rejected","detail":"The platform refuses the app."`), 1, "patchbay doctor"},
		"key without scope":  {refuse(403, `"code":"forbidden","reason":"scope_missing","detail":"This key lacks the scope channels:write."`), 6, "channels:write"},
		"unknown to the key": {refuse(404, `"code":"not_found","detail":"There is no such channel."`), 1, "there is no channel 5"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFakeAPI(t)
			f.handler["POST /v1/channels/5/check"] = tt.answer
			got := f.run(t, "channels", "check", "5")
			if got.code != tt.code {
				t.Errorf("exit code: got %d, want %d", got.code, tt.code)
			}
			wantContains(t, "stderr", got.stderr, tt.stderr)
		})
	}
}

const lent = `{"channel_id":5,"access_token":"secret-token","token_type":"DPoP","server":"https://pds.example","dpop_key":{"kty":"EC","d":"secret-key"},"expires_at":null,"version":8}`

func TestChannelsTokenIsPrintedWhereItIsSafe(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	var asked []string
	f.handler["POST /v1/channels/5/token"] = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked = append(asked, string(body))
		_, _ = io.WriteString(w, lent)
	})
	got := f.run(t, "channels", "token", "5", "--min-lifetime", "10m", "--newer-than", "7")
	if got.stdout != "secret-token\n" || got.code != 0 {
		t.Errorf("into a pipe: got exit %d and %q, want the bare token", got.code, got.stdout)
	}
	wantContains(t, "stderr", got.stderr, "DPoP", "https://pds.example", "version 8", "--json")
	wantLacks(t, "stderr", got.stderr, "secret-token", "secret-key")
	if want := `{"min_lifetime_s":600,"newer_than":7}`; asked[0] != want {
		t.Errorf("request: got %s, want %s", asked[0], want)
	}
	if got := f.run(t, "channels", "token", "5", "--json"); !strings.Contains(got.stdout, `"dpop_key":{"kty":"EC"`) || asked[1] != "{}" {
		t.Errorf("JSON: got %s for %s, want the key too", got.stdout, asked[1])
	}
	for _, args := range [][]string{{"channels", "token", "5"}, {"channels", "token", "5", "--json"}} {
		got := f.runOn(t, t.Context(), terminal{columns: 80}, args...)
		if got.code != 2 || got.stdout != "" || len(asked) != 2 {
			t.Errorf("on a terminal: got exit %d, %q and %d leases, want 2, nothing and no lease", got.code, got.stdout, len(asked)-2)
		}
		wantContains(t, "stderr", got.stderr, "--show", "$(patchbay channels token 5)")
	}
	if got := f.runOn(t, t.Context(), terminal{columns: 80}, "channels", "token", "5", "--show"); got.stdout != "secret-token\n" {
		t.Errorf("--show: got %q, want the token", got.stdout)
	}
}

func TestChannelsTokenThatIsNotToBeHad(t *testing.T) {
	t.Parallel()
	for want, answer := range map[string]http.Handler{
		"8 patchbay channels health 5":   refuse(409, `"code":"reauth_required","reason":"revoked","detail":"The consent is over."`),
		"1 `patchbay channels resume 5`": refuse(409, `"code":"conflict","reason":"channel_paused","detail":"This channel is paused."`),
		"7 holds no token":               answering(`{"access_token":7,"secret":"secret-token"}`),
	} {
		f := newFakeAPI(t)
		f.handler["POST /v1/channels/5/token"] = answer
		got := f.run(t, "channels", "token", "5")
		code, text, _ := strings.Cut(want, " ")
		if fmt.Sprint(got.code) != code || got.stdout != "" {
			t.Errorf("%s: got exit %d and %q on stdout", want, got.code, got.stdout)
		}
		wantContains(t, "stderr", got.stderr, text)
		wantLacks(t, "stderr", got.stderr, "secret-token")
	}
}
