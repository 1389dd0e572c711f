package cli_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// received is what a receiver got.
type received struct {
	id   string
	body string
}

// receiver checks signatures as an application does, and answers with the next of
// statuses, the last over and over.
func receiver(t *testing.T, secret string, got *[]received, statuses ...int) *httptest.Server {
	hook, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if err := hook.Verify(body, r.Header); err != nil {
			t.Errorf("signature: %v", err)
		}
		if kind := r.Header.Get("Content-Type"); r.Method != http.MethodPost || kind != "application/json" {
			t.Errorf("got %s of %s, want POST of application/json", r.Method, kind)
		}
		*got = append(*got, received{r.Header.Get("webhook-id"), string(body)})
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(statuses[min(len(*got), len(statuses))-1])
	}))
	t.Cleanup(srv.Close)
	return srv
}

const listenSecret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="

func listenTerm(f *fakeAPI) terminal {
	return terminal{env: map[string]string{"PATCHBAY_LISTEN_SECRET": listenSecret}}
}

func TestListen(t *testing.T) {
	t.Parallel()
	f, queries, got := newFakeAPI(t), []string{}, []received{}
	to := receiver(t, listenSecret, &got, 204)
	ctx, interrupt := context.WithCancel(t.Context())
	f.answer("GET /v1/workspaces", 200, `{"data":[{"id":4}],"next_cursor":null}`)
	f.handler["GET /v1/events"] = feed(interrupt, &queries, []int{8, 9}, 503, []int{10, 11})
	out := f.runOn(t, ctx, listenTerm(f), "listen", "--forward-to", to.URL+"/hook", "--after", "7", "--type", "channel.*")
	if out.code != 130 || len(got) != 3 {
		t.Fatalf("got exit %d and %d messages, want 130 and 3\n%s", out.code, len(got), out.stderr)
	}
	for i, want := range []string{"evt_4_8", "evt_4_9", "evt_4_11"} {
		if got[i].id != want {
			t.Errorf("message %d: got %s, want %s", i, got[i].id, want)
		}
	}
	if want := `{"type":"channel.paused","timestamp":"2026-03-01T09:31:12.480Z","data":` + eventJSON(8) + `}`; got[0].body != want {
		t.Errorf("body: got %s, want %s", got[0].body, want)
	}
	wantContains(t, "stdout", out.stdout, listenSecret, "after number 7", "204 No Content", "channel.connected", "channel 5")
	wantLacks(t, "stdout", out.stdout, "It is new")
	wantContains(t, "stderr", out.stderr, "stopped after event 11")
}

func TestListenTriesAgain(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		statuses []int
		posts    int
		said     []string
	}{
		"the second time":     {[]int{500, 200}, 3, []string{"Event 8 was not taken: it answered 500 Internal Server Error. Trying again in 1s", "200 OK"}},
		"never":               {[]int{503, 503, 503, 503, 200}, 5, []string{"skipped: it answered 503", "Event 8 was skipped: --after 7 sends it again", "200 OK"}},
		"gone":                {[]int{410, 200}, 2, []string{"skipped: it answered 410 Gone"}},
		"redirected":          {[]int{302, 302, 302, 302, 200}, 5, []string{"redirects are not followed"}},
		"taken with a status": {[]int{299}, 2, []string{"299"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, queries, got := newFakeAPI(t), []string{}, []received{}
			to := receiver(t, listenSecret, &got, tt.statuses...)
			ctx, interrupt := context.WithCancel(t.Context())
			f.handler["GET /v1/events"] = feed(interrupt, &queries, []int{8, 9})
			out := f.runOn(t, ctx, listenTerm(f), "listen", "--forward-to", to.URL, "--workspace", "4", "--after", "7")
			if len(got) != tt.posts {
				t.Errorf("got %d posts, want %d", len(got), tt.posts)
			}
			if last := got[len(got)-1].id; last != "evt_4_9" {
				t.Errorf("last message: got %s, want evt_4_9", last)
			}
			wantContains(t, "output", out.stdout+out.stderr, tt.said...)
		})
	}
}

func TestListenReceiverAway(t *testing.T) {
	t.Parallel()
	f, queries := newFakeAPI(t), []string{}
	to := httptest.NewServer(http.NotFoundHandler())
	to.Close()
	ctx, interrupt := context.WithCancel(t.Context())
	f.handler["GET /v1/events"] = feed(interrupt, &queries, []int{1, 2})
	out := f.runOn(t, ctx, listenTerm(f), "listen", "--forward-to", to.URL, "--workspace", "4")
	if n := strings.Count(out.stderr, "Trying again"); n != 6 {
		t.Errorf("tried again %d times, want three times for each event:\n%s", n, out.stderr)
	}
	wantContains(t, "output", out.stdout+out.stderr, "nothing listens there", "Event 2 was skipped", "stopped after event 2")
}

func TestListenJSON(t *testing.T) {
	t.Parallel()
	f, queries, got := newFakeAPI(t), []string{}, []received{}
	to := receiver(t, listenSecret, &got, 410, 204)
	ctx, interrupt := context.WithCancel(t.Context())
	f.handler["GET /v1/events"] = feed(interrupt, &queries, []int{8, 9})
	out := f.runOn(t, ctx, listenTerm(f), "listen", "--forward-to", to.URL, "--workspace", "4", "--json")
	lines := strings.Split(strings.TrimSpace(out.stdout), "\n")
	if len(lines) != 3 {
		t.Fatalf("got %q, want three lines", out.stdout)
	}
	wantContains(t, "ready", lines[0], `"event":"ready"`, `"secret":"`+listenSecret+`"`)
	var first struct {
		MessageID string `json:"message_id"`
		Delivered bool
		Status    int
	}
	if err := json.Unmarshal([]byte(lines[1]), &first); err != nil || first.Delivered || first.Status != 410 || first.MessageID != "evt_4_8" {
		t.Errorf("first: got %s (%v), want the refusal", lines[1], err)
	}
	wantContains(t, "second", lines[2], `"delivered":true`, `"status":204`, `"attempts":1`)
}

func TestListenSecrets(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		args []string
		env  string
		code int
		said string
	}{
		"a new one":         {nil, "", 130, "It is new"},
		"an argument":       {[]string{"--secret", listenSecret}, "", 130, listenSecret},
		"no prefix":         {nil, "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=", 2, "the signing secret is none"},
		"too short":         {nil, "whsec_c2hvcnQ=", 2, "24 to 64 bytes"},
		"no base64":         {[]string{"--secret", "whsec_secretsecret!"}, "", 2, "the signing secret is none"},
		"a stray argument":  {[]string{"--json", listenSecret}, "", 2, "[secret]"},
		"not on this one":   {[]string{"--forward-to", "http://example.com/"}, "", 2, "--allow-remote"},
		"not this one":      {[]string{"--forward-to", "http://192.168.0.1/"}, "", 2, "--allow-remote"},
		"all interfaces":    {[]string{"--forward-to", "http://0.0.0.0/"}, "", 2, "--allow-remote"},
		"no address":        {[]string{"--forward-to", "localhost:3000"}, "", 2, "such as http://localhost:3000/webhook"},
		"with a password":   {[]string{"--forward-to", "http://a:b@localhost/"}, "", 2, "no user and password"},
		"a broken type":     {[]string{"--type", "channel*"}, "", 2, "--type"},
		"remote is allowed": {[]string{"--forward-to", "http://example.com/", "--allow-remote"}, "", 130, "http://example.com/"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, queries := newFakeAPI(t), []string{}
			ctx, interrupt := context.WithCancel(t.Context())
			defer interrupt()
			f.handler["GET /v1/events"] = feed(interrupt, &queries)
			args := []string{"listen", "--workspace", "4"}
			if !strings.Contains(strings.Join(tt.args, " "), "--forward-to") {
				args = append(args, "--forward-to", "http://[::1]:3000/")
			}
			out := f.runOn(t, ctx, terminal{env: map[string]string{"PATCHBAY_LISTEN_SECRET": tt.env}}, append(args, tt.args...)...)
			if out.code != tt.code {
				t.Errorf("exit code: got %d, want %d\n%s", out.code, tt.code, out.stderr)
			}
			wantContains(t, "output", out.stdout+out.stderr, tt.said)
			if tt.code == 2 {
				wantLacks(t, "output", out.stdout+out.stderr, "whsec_M", "secretsecret", "c2hvcnQ")
			}
		})
	}
}

// A name of this machine that leads elsewhere is found out when it is dialled; here, the
// other way round: localhost leads here.
func TestListenDialsLoopback(t *testing.T) {
	t.Parallel()
	f, queries, got := newFakeAPI(t), []string{}, []received{}
	to := receiver(t, listenSecret, &got, 204)
	ctx, interrupt := context.WithCancel(t.Context())
	f.handler["GET /v1/events"] = feed(interrupt, &queries, []int{1})
	f.runOn(t, ctx, listenTerm(f), "listen", "--forward-to", strings.Replace(to.URL, "127.0.0.1", "localhost", 1), "--workspace", "4")
	if len(got) != 1 {
		t.Errorf("got %d messages over localhost, want 1", len(got))
	}
}

func TestListenFindsWorkspace(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		status     int
		workspaces string
		deliveries string
		want       string // message id; empty: refused
	}{
		"its own":                     {200, `{"data":[{"id":4}]}`, ``, "evt_4_1"},
		"of many, by a delivery":      {200, `{"data":[{"id":1},{"id":4}]}`, `{"data":[{"message_id":"evt_4_77"}]}`, "evt_4_1"},
		"of many, by a test":          {200, `{"data":[{"id":1},{"id":4}]}`, `{"data":[{"message_id":"evt_4_test_90"}]}`, "evt_4_1"},
		"may not ask, by a delivery":  {403, `"code":"forbidden","detail":"no"`, `{"data":[{"message_id":"evt_4_77"}]}`, "evt_4_1"},
		"of many, without a delivery": {200, `{"data":[{"id":1},{"id":4}]}`, `{"data":[]}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, queries, got := newFakeAPI(t), []string{}, []received{}
			to := receiver(t, listenSecret, &got, 204)
			ctx, interrupt := context.WithCancel(t.Context())
			defer interrupt()
			f.answer("GET /v1/workspaces", tt.status, tt.workspaces)
			f.answer("GET /v1/deliveries", 200, tt.deliveries)
			f.handler["GET /v1/events"] = feed(interrupt, &queries, []int{1})
			out := f.runOn(t, ctx, listenTerm(f), "listen", "--forward-to", to.URL)
			switch {
			case tt.want == "" && out.code != 2:
				t.Errorf("got exit %d, want 2", out.code)
			case tt.want == "":
				wantContains(t, "stderr", out.stderr, "--workspace")
			case len(got) != 1 || got[0].id != tt.want:
				t.Errorf("got %v, want %s\n%s", got, tt.want, out.stderr)
			}
		})
	}
}
