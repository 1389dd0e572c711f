package cli_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// cared is the channel of channelJSON with other members.
func cared(lifecycle string) string {
	return strings.Replace(channelJSON(5, healthy), `"lifecycle":"active"`, `"lifecycle":"`+lifecycle+`","label":"Main street"`, 1)
}

func TestChannelsCare(t *testing.T) {
	t.Parallel()
	for args, tt := range map[string]struct {
		route, body string
		said        []string
	}{
		"channels pause 5":                 {"POST /v1/channels/5/pause", `{}`, []string{"Channel 5, Main street (facebook page), is paused", "channels resume 5"}},
		"channels resume 5":                {"POST /v1/channels/5/resume", `{}`, []string{"is active", "health is healthy"}},
		"channels rename 5 Bakery":         {"PATCH /v1/channels/5", `{"label":"Bakery"}`, []string{"Main street", "The platform calls it Page 5"}},
		"channels move 5 --owner user_43":  {"POST /v1/channels/5/move", `{"owner":"user_43"}`, []string{"is Corner bakery (user_42)'s"}},
		"channels retarget 5 31":           {"POST /v1/channels/5/target", `{"target_id":31}`, []string{"stands for now"}},
		"channels disconnect 5 --yes":      {"POST /v1/channels/5/disconnect", `{}`, []string{"is paused."}},
		"channels disconnect 5 -y --url X": {"", "", nil},
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			f := newFakeAPI(t)
			if tt.route == "" {
				if got := f.run(t, strings.Fields(args)...); got.code != 2 {
					t.Errorf("got exit %d, want 2: the address is unusable", got.code)
				}
				return
			}
			calls := f.answer(tt.route, 200, cared("paused"))
			got := f.run(t, strings.Fields(args)...)
			if got.code != 0 {
				t.Errorf("exit code: got %d, want 0\n%s", got.code, got.stderr)
			}
			wantCall(t, calls, tt.body)
			wantContains(t, "stdout", got.stdout, tt.said...)
			wantLacks(t, "stdout", got.stdout, "\x1b")
			wantLine(t, f.run(t, append(strings.Fields(args), "--json")...))
			f.answer(tt.route, 404, `"code":"not_found","detail":"There is no such channel."`)
			if got := f.run(t, strings.Fields(args)...); got.code != 1 {
				t.Errorf("a channel that is not there: got exit %d, want 1", got.code)
			} else {
				wantContains(t, "stderr", got.stderr, "there is no channel 5", "channels list --all")
			}
			f.answer(tt.route, 409, `"code":"conflict","reason":"channel_disconnected","detail":"This channel is disconnected. Connect it again."`)
			if got := f.run(t, strings.Fields(args)...); got.code != 1 {
				t.Errorf("a channel that is disconnected: got exit %d, want 1", got.code)
			} else {
				wantContains(t, "stderr", got.stderr, "This channel is disconnected", "channels reconnect 5")
			}
		})
	}
}

func TestChannelsCareOfOthers(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	f.answer("POST /v1/channels/5/move", 404, `"code":"not_found","detail":"There is no such owner."`)
	wantContains(t, "stderr", f.run(t, "channels", "move", "5", "--owner", "nobody").stderr, "There is no such owner", "patchbay owners list")
	f.answer("POST /v1/channels/5/target", 422, `"code":"invalid","detail":"This cannot be chosen.","errors":[{"field":"target_id","message":"x"}]`)
	wantContains(t, "stderr", f.run(t, "channels", "retarget", "5", "99").stderr, "This cannot be chosen — `patchbay channels targets 5`")
	f.answer("POST /v1/channels/5/target", 404, `"code":"not_found","detail":"There is no such target."`)
	wantContains(t, "stderr", f.run(t, "channels", "retarget", "5", "99").stderr, "There is no such target", "patchbay channels targets 5")
}

func TestChannelsRenameToNothing(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	calls := f.answer("PATCH /v1/channels/5", 200, channelJSON(5, healthy))
	got := f.run(t, "channels", "rename", "5", "")
	wantCall(t, calls, `{"label":""}`)
	wantContains(t, "stdout", got.stdout, "the name that the platform gives it")
}

func TestChannelsDisconnectAsks(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		term terminal
		args string
		code int
		done bool
		said string
	}{
		"yes":                  {terminal{stdin: "y\n", interactive: true}, "", 0, true, "everything this person allowed your app at Facebook"},
		"yes in full":          {terminal{stdin: " Yes \n", interactive: true}, "", 0, true, "Corner bakery (user_42)"},
		"no":                   {terminal{stdin: "n\n", interactive: true}, "", 5, false, "nothing was done"},
		"nothing":              {terminal{stdin: "\n", interactive: true}, "", 5, false, "nothing was done"},
		"the end of the input": {terminal{interactive: true}, "", 5, false, "nothing was done"},
		"no terminal":          {terminal{stdin: "y\n"}, "", 2, false, "--yes"},
		"no terminal, --yes":   {terminal{}, "--yes", 0, true, "grant.revoked"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFakeAPI(t)
			f.answer("GET /v1/channels/5", 200, channelJSON(5, healthy))
			f.answer("GET /v1/platforms/facebook", 200, `{"id":"facebook","name":"Facebook","revocation_reach":"user_app"}`)
			calls := f.answer("POST /v1/channels/5/disconnect", 200, cared("disconnected"))
			got := f.runOn(t, t.Context(), tt.term, append([]string{"channels", "disconnect", "5"}, strings.Fields(tt.args)...)...)
			if got.code != tt.code || (len(*calls) == 1) != tt.done {
				t.Errorf("got exit %d after %d calls, want %d and done: %t\n%s", got.code, len(*calls), tt.code, tt.done, got.stderr)
			}
			wantContains(t, "stderr", got.stderr, tt.said)
		})
	}
}

func TestChannelsReconnect(t *testing.T) {
	t.Parallel()
	other := `"status":"failed","ended_at":null,"platform":"facebook","reason":"other_account","message":"The consent is another account's. Nothing was changed."`
	f := newFakeAPI(t, pending, other, success)
	var sent []byte
	f.handler["POST /v1/channels/5/reconnect"] = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent = make([]byte, r.ContentLength)
		_, _ = r.Body.Read(sent)
		w.WriteHeader(http.StatusCreated)
		writeSession(w, pending+`,"connect_url":"`+link+`"`)
	})
	got := f.run(t, "channels", "reconnect", "5", "--expires-in", "2h", "--redirect-url", "https://app.example/done")
	if got.code != 0 {
		t.Errorf("exit code: got %d, want 0\n%s", got.code, got.stderr)
	}
	wantCall(t, &[]asked{{body: string(sent)}}, `{"expires_in":7200,"redirect_url":"https://app.example/done"}`)
	wantContains(t, "stdout", got.stdout, link, "who connected channel 5 of Corner bakery (user_42)", "Only the same account", "Channel 5 is connected again")
	wantContains(t, "stderr", got.stderr, "another account's", "(other_account)", "may try again")

	f = newFakeAPI(t, other)
	f.answer("POST /v1/channels/5/reconnect", 201, fmt.Sprintf(`{"id":17,"owner":{"external_id":"user_42"},"expires_at":"2036-03-01T09:31:12.480Z","channels":[],"connect_url":%q,%s}`, link, pending))
	got = f.run(t, "channels", "reconnect", "5", "--fail-fast", "--json")
	if got.code != 3 || strings.Count(got.stdout, "\n") != 2 {
		t.Errorf("got exit %d and %q, want 3 and two lines", got.code, got.stdout)
	}
	f = newFakeAPI(t, `"status":"expired","ended_at":"2026-03-01T09:31:12.480Z"`)
	f.answer("POST /v1/channels/5/reconnect", 201, fmt.Sprintf(`{"id":17,"owner":{"external_id":"user_42"},"expires_at":"2036-03-01T09:31:12.480Z","channels":[],"connect_url":%q,%s}`, link, pending))
	got = f.run(t, "channels", "reconnect", "5")
	wantContains(t, "stderr", got.stderr, "`patchbay channels reconnect 5` makes a new link")
}

func TestChannelsReconnectInterrupted(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	f.answer("POST /v1/channels/5/reconnect", 201, fmt.Sprintf(`{"id":17,"owner":{"external_id":"user_42"},"expires_at":"2036-03-01T09:31:12.480Z","channels":[],"connect_url":%q,%s}`, link, pending))
	began := make(chan struct{}, 1)
	f.handler["GET /v1/sessions/17"] = hold(began)
	ctx, interrupt := context.WithCancel(t.Context())
	go func() {
		<-began
		interrupt()
	}()
	got := f.runOn(t, ctx, terminal{}, "channels", "reconnect", "5")
	if got.code != 130 {
		t.Errorf("exit code: got %d, want 130", got.code)
	}
	wantContains(t, "stderr", got.stderr, "stopped waiting", "stays open until")
}

func TestChannelsTargets(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	f.answer("GET /v1/channels/5/targets", 200, `{"data":[
		{"id":30,"kind":"page","external_id":"1082","name":"Corner \u001b[31mbakery","username":"corner","url":null,"blocked":null,"current":true},
		{"id":31,"kind":"page","external_id":"1083","name":"Night market","username":null,"url":null,"blocked":null,"current":false},
		{"id":32,"kind":"page","external_id":"1084","name":"Old mill","username":null,"url":null,"blocked":"no_publish_role","current":false}]}`)
	got := f.run(t, "channels", "targets", "5")
	wantContains(t, "stdout", got.stdout, "current", "can be chosen", "no_publish_role", "@corner", "1083")
	wantLacks(t, "stdout", got.stdout, "\x1b")
	wantContains(t, "stderr", got.stderr, "channels retarget 5 ID")
	wantLine(t, f.run(t, "channels", "targets", "5", "--json"))
	f.answer("GET /v1/channels/5/targets", 200, `{"data":[]}`)
	wantContains(t, "stderr", f.run(t, "channels", "targets", "5").stderr, "has no consent", "channels reconnect 5")
}

func TestChannelsShowLabel(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	f.answer("GET /v1/channels/5", 200, cared("active"))
	wantContains(t, "stdout", f.run(t, "channels", "show", "5").stdout, "Channel 5 Main street", "Page 5")
}
