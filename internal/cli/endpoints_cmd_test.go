package cli_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func endpointJSON(members string) string {
	return `{"id":2,"url":"https://app.example/hooks","types":["channel.*"],"scheme":"standard","description":"production","owner_id":null,"state":"active","reason":null,
		"failures":0,"failing_since":null,"succeeded_at":null,"failed_at":null,"created_at":"2026-03-01T09:30:00.000Z","updated_at":"2026-03-01T09:30:00.000Z"` + members + `}`
}

const whsec = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

func TestEndpointsAdd(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	calls := f.answer("POST /v1/endpoints", 201, endpointJSON(`,"secret":"`+whsec+`"`))
	got := f.run(t, "endpoints", "add", "--url", "https://app.example/hooks", "--type", "channel.*", "--type", "grant.revoked", "--scheme", "standard", "--description", "production", "--owner", "user_42")
	wantCall(t, calls, `{"url":"https://app.example/hooks","types":["channel.*","grant.revoked"],"scheme":"standard","description":"production","owner":"user_42"}`)
	wantContains(t, "stdout", got.stdout, "Endpoint 2 made", whsec, "shown this once", "patchbay endpoints test 2")
	if n := strings.Count(got.stdout+got.stderr, whsec); n != 1 {
		t.Errorf("the secret was shown %d times, want once", n)
	}
	calls = f.answer("POST /v1/endpoints", 201, endpointJSON(`,"secret":"`+whsec+`"`))
	wantLine(t, f.run(t, "endpoints", "add", "--url", "https://app.example/hooks", "--json"))
	wantCall(t, calls, `{"url":"https://app.example/hooks"}`)
	f.answer("POST /v1/endpoints", 422, `"code":"invalid","detail":"The address is inside a private network.","errors":[{"field":"url","message":"x"}]`)
	if got := f.run(t, "endpoints", "add", "--url", "https://10.0.0.1/"); got.code != 2 {
		t.Errorf("an address that is refused: got exit %d, want 2", got.code)
	} else {
		wantContains(t, "stderr", got.stderr, "inside a private network")
	}
}

func TestEndpointsStates(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		changes []string // member and its value, in pairs
		list    string
		show    []string
	}{
		"new":      {nil, "nothing sent yet", []string{"channel.*", "standard", "production"}},
		"works":    {[]string{`"succeeded_at":null`, `"succeeded_at":"2026-03-01T09:31:00Z"`}, "works", []string{"last success"}},
		"failing":  {[]string{`"failures":0`, `"failures":7`, `"failing_since":null`, `"failing_since":"2026-03-01T09:31:00Z"`}, "failing", []string{"7 in a row", "failing since"}},
		"gone":     {[]string{`"active"`, `"disabled"`, `"reason":null`, `"reason":"gone"`}, "disabled (gone)", []string{"410 Gone", "endpoints enable 2"}},
		"given up": {[]string{`"active"`, `"disabled"`, `"reason":null`, `"reason":"failing"`}, "disabled (failing)", []string{"Mend the receiver"}},
		"stopped":  {[]string{`"active"`, `"disabled"`, `"reason":null`, `"reason":"disabled"`}, "disabled\n", []string{"somebody asked for it"}},
		"all":      {[]string{`["channel.*"]`, `[]`}, "all", []string{"all"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFakeAPI(t)
			e := strings.NewReplacer(tt.changes...).Replace(endpointJSON(""))
			f.answer("GET /v1/endpoints", 200, `{"data":[`+e+`],"next_cursor":null}`)
			f.answer("GET /v1/endpoints/2", 200, e)
			wantContains(t, "list", f.run(t, "endpoints", "list").stdout, "https://app.example/hooks", tt.list)
			wantContains(t, "show", f.run(t, "endpoints", "show", "2").stdout, append(tt.show, strings.TrimSpace(tt.list), "Endpoint 2")...)
			wantLine(t, f.run(t, "endpoints", "show", "2", "--json"))
		})
	}
	f := newFakeAPI(t)
	f.answer("GET /v1/endpoints", 200, `{"data":[],"next_cursor":null}`)
	wantContains(t, "stderr", f.run(t, "endpoints", "list").stderr, "No endpoints yet", "patchbay listen")
}

func TestEndpointsChange(t *testing.T) {
	t.Parallel()
	for args, tt := range map[string]struct{ body, said string }{
		"change 2 --url https://app.example/v2":     {`{"url":"https://app.example/v2"}`, "Endpoint 2"},
		"change 2 --type a.b --type c.*":            {`{"types":["a.b","c.*"]}`, "Endpoint 2"},
		"change 2 --all-types --description=":       {`{"types":[],"description":""}`, "Endpoint 2"},
		"change 2 --description x --server-url URL": {`{"description":"x"}`, "Endpoint 2"},
		"enable 2":  {`{"state":"active"}`, "is active"},
		"disable 2": {`{"state":"disabled"}`, "is disabled"},
	} {
		f := newFakeAPI(t)
		calls := f.answer("PATCH /v1/endpoints/2", 200, endpointJSON(""))
		got := f.run(t, append([]string{"endpoints"}, strings.Fields(strings.ReplaceAll(args, "URL", f.URL))...)...)
		wantCall(t, calls, tt.body)
		wantContains(t, args, got.stdout, tt.said)
		if strings.Contains(args, "able") {
			wantLine(t, f.run(t, append([]string{"endpoints"}, strings.Fields(args+" --json")...)...))
		}
	}
	got := newFakeAPI(t).run(t, "endpoints", "enable", "99")
	wantContains(t, "stderr", got.stderr, "there is no endpoint 99", "endpoints list")
}

func TestEndpointsDelete(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		term  terminal
		args  []string
		code  int
		calls int
	}{
		"yes":   {terminal{stdin: "y\n", interactive: true}, nil, 0, 1},
		"no":    {terminal{stdin: "\n", interactive: true}, nil, 5, 0},
		"blind": {terminal{}, nil, 2, 0},
		"--yes": {terminal{}, []string{"--yes"}, 0, 1},
	} {
		f := newFakeAPI(t)
		f.answer("GET /v1/endpoints/2", 200, endpointJSON(""))
		calls := f.answer("DELETE /v1/endpoints/2", 204, "")
		got := f.runOn(t, t.Context(), tt.term, append([]string{"endpoints", "delete", "2"}, tt.args...)...)
		if got.code != tt.code || len(*calls) != tt.calls {
			t.Errorf("%s: got exit %d after %d calls, want %d after %d\n%s", name, got.code, len(*calls), tt.code, tt.calls, got.stderr)
		}
	}
}

func TestEndpointsRotateSecret(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	calls := f.answer("POST /v1/endpoints/2/rotate-secret", 200, endpointJSON(`,"secret":"`+whsec+`","previous_until":"2136-03-01T09:31:00Z"`))
	got := f.run(t, "endpoints", "rotate-secret", "2", "--overlap", "2h")
	wantCall(t, calls, `{"overlap_s":7200}`)
	wantContains(t, "stdout", got.stdout, whsec, "signs as well until 2136-03-01")
	calls = f.answer("POST /v1/endpoints/2/rotate-secret", 200, endpointJSON(`,"secret":"`+whsec+`","previous_until":null`))
	got = f.run(t, "endpoints", "rotate-secret", "2", "--overlap", "0s")
	wantCall(t, calls, `{"overlap_s":0}`)
	wantContains(t, "stdout", got.stdout, "signs nothing any more")
	wantLine(t, f.run(t, "endpoints", "rotate-secret", "2", "--json"))
}

func TestEndpointsTest(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		answer string
		code   int
		said   []string
	}{
		"taken":    {`"delivered":true,"status":204,"error":null,"answer":null`, 0, []string{"Delivered in 83ms", "204 No Content"}},
		"answered": {`"delivered":true,"status":200,"error":null,"answer":"thanks\u001b[2J"`, 0, []string{"200 OK", "thanks[2J"}},
		"away":     {`"delivered":false,"status":null,"error":"the address does not answer","answer":null`, 8, []string{"no answer", "the address does not answer", "whether the receiver runs"}},
		"refused":  {`"delivered":false,"status":401,"error":"it answered 401","answer":"bad signature"`, 8, []string{"401 Unauthorized", "bad signature", "compare the secret"}},
		"moved":    {`"delivered":false,"status":302,"error":"a redirect","answer":null`, 8, []string{"not followed", "endpoints change"}},
		"missing":  {`"delivered":false,"status":404,"error":"it answered 404","answer":null`, 8, []string{"must take POST"}},
		"broken":   {`"delivered":false,"status":500,"error":"it answered 500","answer":null`, 8, []string{"receiver's log"}},
	} {
		f := newFakeAPI(t)
		f.answer("POST /v1/endpoints/2/test", 200, `{"message_id":"evt_1_test_90","delivery_id":90,"took_ms":83,`+tt.answer+`}`)
		got := f.run(t, "endpoints", "test", "2")
		if got.code != tt.code {
			t.Errorf("%s: got exit %d, want %d", name, got.code, tt.code)
		}
		wantContains(t, name, got.stdout+got.stderr, append(tt.said, "evt_1_test_90")...)
		wantLacks(t, name, got.stdout, "\x1b")
		if got := f.run(t, "endpoints", "test", "2", "--json"); got.code != tt.code {
			t.Errorf("%s with --json: got exit %d, want %d", name, got.code, tt.code)
		} else {
			wantLine(t, got)
		}
	}
}

func replayJSON(state string, looked, queued, delivered, failed int, left ...int) string {
	left = append(left, 0, 0)
	return fmt.Sprintf(`{"id":7,"endpoint_id":2,"after":0,"until":100,"failed_only":false,"state":%q,"events":100,"looked_at":%d,"queued":%d,"delivered":%d,"failed":%d,"skipped":%d,"dropped":%d}`,
		state, looked, queued, delivered, failed, left[0], left[1])
}

// steps answers one after the other, the last over and over.
func steps(answers ...string) http.Handler {
	n := 0
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, answers[min(n, len(answers)-1)])
		n++
	})
}

func TestEndpointsReplay(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		steps []string
		said  []string
	}{
		"all taken":         {[]string{replayJSON("running", 50, 40, 10, 0), replayJSON("done", 100, 90, 50, 0), replayJSON("done", 100, 90, 90, 0)}, []string{"100 of 100 events looked at, 90 queued, 90 delivered."}},
		"some failed":       {[]string{replayJSON("done", 100, 90, 80, 10)}, []string{"80 delivered, 10 failed", "--state failed"}},
		"some wait":         {[]string{replayJSON("done", 100, 90, 80, 0)}, []string{"10 are not delivered yet", "--state pending"}},
		"some told nothing": {[]string{replayJSON("done", 100, 90, 80, 0, 7, 3)}, []string{"80 delivered, 7 skipped, 3 dropped.", "--state dropped"}},
		"nothing to do":     {[]string{replayJSON("done", 100, 0, 0, 0)}, []string{"0 queued"}},
	} {
		f := newFakeAPI(t)
		calls := f.answer("POST /v1/endpoints/2/replays", 201, replayJSON("running", 0, 0, 0, 0))
		f.handler["GET /v1/replays/7"] = steps(tt.steps...)
		got := f.run(t, "endpoints", "replay", "2", "--after", "3", "--until", "100", "--failed-only")
		if got.code != 0 {
			t.Errorf("%s: got exit %d, want 0\n%s", name, got.code, got.stderr)
		}
		wantCall(t, calls, `{"after":3,"until":100,"failed_only":true}`)
		wantContains(t, name, got.stdout+got.stderr, tt.said...)
		if name != "some wait" {
			wantLacks(t, name, got.stderr, "not delivered yet")
		}
		got = f.run(t, "endpoints", "replay", "2", "--json")
		wantLine(t, got)
		wantContains(t, name, got.stdout, `"state":"done"`)
		wantLacks(t, name, got.stderr, "looked at")
	}
}

func TestEndpointsReplaySince(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	for given, want := range map[string]string{"2h": `{"since":"20`, "3d": `{"since":"20`, "2026-03-01T09:30:00+01:00": `{"since":"2026-03-01T08:30:00.000Z"}`} {
		calls := f.answer("POST /v1/endpoints/2/replays", 201, replayJSON("done", 0, 0, 0, 0))
		got := f.run(t, "endpoints", "replay", "2", "--since", given, "--no-wait")
		if got.code != 0 || len(*calls) != 1 || !strings.HasPrefix((*calls)[0].body, want) {
			t.Errorf("--since %s: got exit %d and %v, want %s", given, got.code, *calls, want)
		}
		wantContains(t, "stdout", got.stdout, "Replay 7 begun: 100 events", "deliveries list --endpoint 2")
	}
}

func TestEndpointsReplayInterrupted(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	f.answer("POST /v1/endpoints/2/replays", 201, replayJSON("running", 0, 0, 0, 0))
	began := make(chan struct{}, 1)
	f.handler["GET /v1/replays/7"] = hold(began)
	ctx, interrupt := context.WithCancel(t.Context())
	go func() {
		<-began
		interrupt()
	}()
	got := f.runOn(t, ctx, terminal{columns: 100}, "endpoints", "replay", "2")
	if got.code != 130 {
		t.Errorf("exit code: got %d, want 130", got.code)
	}
	wantContains(t, "stderr", got.stderr, "Replay 7: 0 of 100", "goes on at the server", "deliveries list --endpoint 2")
}
