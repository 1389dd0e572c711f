package cli_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

func channelJSON(id int, health string) string {
	return fmt.Sprintf(`{"id":%d,"owner":{"id":3,"external_id":"user_42","name":"Corner bakery"},"platform":"facebook","kind":"page",
		"external_id":"1082","name":"Page %d\u001b[31m","username":"page%d","url":"https://www.facebook.com/page","avatar_url":null,"category":"Bakery",
		"followers":1520,"verified":false,"facts_at":"2026-03-01T09:31:12.480Z","lifecycle":"active","health":%s,"health_at":"2026-03-01T09:31:12.480Z","proven_at":null,"review":"none",
		"created_at":"2026-03-01T09:31:12.480Z","updated_at":"2026-03-01T09:31:12.480Z"}`, id, id, id, health)
}

const healthy = `{"status":"healthy","reason":null}`

// pages serves total channels, at most most a page, with the id as cursor.
func pages(t *testing.T, total, most int, asked *[]string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*asked = append(*asked, r.URL.RawQuery)
		limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
		if err != nil || limit < 1 || limit > 200 {
			t.Errorf("limit: got %q, want 1 to 200", r.URL.Query().Get("limit"))
		}
		first, _ := strconv.Atoi(r.URL.Query().Get("cursor"))
		last := min(total, first+min(limit, most))
		var rows []string
		for id := first + 1; id <= last; id++ {
			rows = append(rows, channelJSON(id, healthy))
		}
		next := "null"
		if last < total {
			next = strconv.Quote(strconv.Itoa(last))
		}
		fmt.Fprintf(w, `{"data":[%s],"next_cursor":%s}`, strings.Join(rows, ","), next)
	})
}

func TestChannelsList(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		args  []string
		want  int
		more  bool
		calls int
	}{
		"as it is":          {nil, 50, true, 1},
		"a limit":           {[]string{"--limit", "3"}, 3, true, 1},
		"beyond a page":     {[]string{"--limit", "210"}, 210, true, 2},
		"more than are":     {[]string{"--limit", "1000"}, 450, false, 3},
		"all":               {[]string{"--all"}, 450, false, 3},
		"all beats a limit": {[]string{"--all", "--limit", "3"}, 450, false, 3},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, asked := newFakeAPI(t), []string{}
			f.handler["GET /v1/channels"] = pages(t, 450, 200, &asked)
			got := f.run(t, append([]string{"channels", "list"}, tt.args...)...)
			if rows := strings.Count(got.stdout, "healthy"); rows != tt.want || got.code != 0 {
				t.Errorf("rows: got %d (exit %d), want %d", rows, got.code, tt.want)
			}
			if more := strings.Contains(got.stderr, "There are more"); more != tt.more {
				t.Errorf("says that there are more: got %t, want %t", more, tt.more)
			}
			if len(asked) != tt.calls {
				t.Errorf("calls: got %q, want %d", asked, tt.calls)
			}
		})
	}
}

func TestChannelsListText(t *testing.T) {
	t.Parallel()
	f, asked := newFakeAPI(t), []string{}
	f.handler["GET /v1/channels"] = pages(t, 12, 200, &asked)
	got := f.run(t, "channels", "list", "--owner", "user 42", "--platform", "facebook")
	lines := strings.Split(got.stdout, "\n")
	at := strings.Index(lines[0], "HEALTH")
	for _, line := range lines[1:13] {
		if strings.Index(line, "healthy") != at {
			t.Errorf("not aligned with HEALTH at %d: %q", at, line)
		}
	}
	wantLacks(t, "stdout", got.stdout, "\x1b")
	wantContains(t, "query", asked[0], "owner=user+42", "platform=facebook", "limit=50")
}

func TestChannelsListNarrow(t *testing.T) {
	t.Parallel()
	f, asked := newFakeAPI(t), []string{}
	f.handler["GET /v1/channels"] = pages(t, 12, 200, &asked)
	got := f.runOn(t, t.Context(), terminal{columns: 70, env: map[string]string{"NO_COLOR": "1"}}, "channels", "list")
	for line := range strings.Lines(got.stdout) {
		if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > 70 {
			t.Errorf("line of %d columns, want at most 70: %q", n, line)
		}
	}
	coloured := f.runOn(t, t.Context(), terminal{columns: 200}, "channels", "list")
	wantContains(t, "stdout on a terminal", coloured.stdout, "\x1b[32mhealthy")
	wantLacks(t, "a name on a terminal", coloured.stdout, "\x1b[31m")
}

func TestChannelsListJSON(t *testing.T) {
	t.Parallel()
	f, asked := newFakeAPI(t), []string{}
	f.handler["GET /v1/channels"] = pages(t, 3, 2, &asked)
	for args, want := range map[string]int{"channels list --json --all": 3, "channels list --json --limit 2": 2} {
		got := f.run(t, strings.Fields(args)...)
		var page struct {
			Data       []map[string]any `json:"data"`
			NextCursor *string          `json:"next_cursor"`
		}
		if err := json.Unmarshal([]byte(got.stdout), &page); err != nil {
			t.Fatal(err)
		}
		if len(page.Data) != want || (page.NextCursor != nil) != (want == 2) || strings.Count(got.stdout, "\n") != 1 {
			t.Errorf("%s: got %s", args, got.stdout)
		}
	}
}

func TestChannelsListEmpty(t *testing.T) {
	t.Parallel()
	f, asked := newFakeAPI(t), []string{}
	f.handler["GET /v1/channels"] = pages(t, 0, 200, &asked)
	wantContains(t, "stderr", f.run(t, "channels", "list").stderr, "No channels yet", "patchbay connect")
	wantContains(t, "stderr", f.run(t, "channels", "list", "--owner", "nobody").stderr, "No channels match")
	f.handler["GET /v1/platforms"] = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"data":[{"id":"facebook"},{"id":"x"}]}`)
	})
	wantContains(t, "stderr", f.run(t, "channels", "list", "--platform", "x").stderr, "No channels match")
	if got := f.run(t, "channels", "list", "--platform", "twitter"); got.code != 2 {
		t.Errorf("a platform that does not exist: got exit %d, want 2", got.code)
	} else {
		wantContains(t, "stderr", got.stderr, "there is no platform twitter", "there are facebook, x")
	}
	if got := f.run(t, "channels", "list", "--json").stdout; got != `{"data":[],"next_cursor":null}`+"\n" {
		t.Errorf("JSON: got %s", got)
	}
}

func TestChannelsShow(t *testing.T) {
	t.Parallel()
	tests := map[string][]string{ // health and what must be said
		healthy: {"healthy", "nobody has to"},
		`{"status":"needs_reauth","reason":"token_revoked"}`: {"needs_reauth (token_revoked)", "`patchbay channels health 5` tells"},
		`{"status":"expiring","reason":null}`:                {"expiring", "`patchbay channels health 5` tells"},
		`{"status":"error","reason":"app_suspended"}`:        {"error (app_suspended)", "`patchbay channels health 5` tells"},
	}
	for health, want := range tests {
		t.Run(want[0], func(t *testing.T) {
			t.Parallel()
			f := newFakeAPI(t)
			f.handler["GET /v1/channels/5"] = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, channelJSON(5, health)) })
			got := f.run(t, "channels", "show", "5")
			wantContains(t, "stdout", got.stdout, append(want, "Channel 5", "@page5", "facebook page", "Corner bakery (user_42)", "1520", "2026-03-01")...)
			wantLacks(t, "stdout", got.stdout, "\x1b")
			if raw := f.run(t, "channels", "show", "5", "--json").stdout; !json.Valid([]byte(raw)) || strings.Count(raw, "\n") != 1 {
				t.Errorf("JSON: got %s, want one line", raw)
			}
		})
	}
}

func TestChannelsShowUnknown(t *testing.T) {
	t.Parallel()
	got := newFakeAPI(t).run(t, "channels", "show", "99")
	if got.code != 1 {
		t.Errorf("exit code: got %d, want 1", got.code)
	}
	wantContains(t, "stderr", got.stderr, "there is no channel 99", "patchbay channels list")
}
