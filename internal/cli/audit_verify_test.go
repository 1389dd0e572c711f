package cli_test

import (
	"strings"
	"testing"
)

func TestAuditVerify(t *testing.T) {
	t.Parallel()
	head := "129:" + strings.Repeat("9f", 32)
	for name, tt := range map[string]struct {
		answer string
		args   string
		code   int
		said   []string
	}{
		"intact":          {`"intact":true,"entries":129,"unchained":0,"head":"` + head + `","broken_at":null,"problem":null`, "", 0, []string{"Intact. 129 entries", "write down", head}},
		"with a head":     {`"intact":true,"entries":129,"unchained":0,"head":"` + head + `","broken_at":null,"problem":null`, "--head " + head, 0, []string{"The head that was given is a part of it"}},
		"an old part":     {`"intact":true,"entries":129,"unchained":20,"head":"` + head + `","broken_at":null,"problem":null`, "", 0, []string{"20 of them are from before the log was chained"}},
		"empty":           {`"intact":true,"entries":0,"unchained":0,"head":null,"broken_at":null,"problem":null`, "", 0, []string{"0 entries"}},
		"changed":         {`"intact":false,"entries":129,"unchained":0,"head":"` + head + `","broken_at":57,"problem":"Entry 57 is not as it was written."`, "", 8, []string{"Broken. Entry 57", "the first that is not", "keep a copy of the database"}},
		"cut off":         {`"intact":false,"entries":12,"unchained":0,"head":null,"broken_at":null,"problem":"The end of the log is missing."`, "", 8, []string{"The end of the log is missing"}},
		"a head of rumor": {`"intact":true`, "--head 129:zz", 2, []string{"64 hex digits"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFakeAPI(t)
			calls := f.answer("GET /v1/audit/verify", 200, `{`+tt.answer+`}`)
			got := f.run(t, append([]string{"audit", "verify"}, strings.Fields(tt.args)...)...)
			if got.code != tt.code {
				t.Errorf("exit code: got %d, want %d\n%s", got.code, tt.code, got.stderr)
			}
			wantContains(t, "output", got.stdout+got.stderr, tt.said...)
			if tt.code == 2 {
				return
			}
			if asked := (*calls)[0].query; (asked != "") != (tt.args != "") {
				t.Errorf("query: got %q", asked)
			}
			if got := f.run(t, append([]string{"audit", "verify", "--json"}, strings.Fields(tt.args)...)...); got.code != tt.code {
				t.Errorf("exit code with --json: got %d, want %d", got.code, tt.code)
			} else {
				wantLine(t, got)
			}
		})
	}
}

func TestAuditListColumns(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	f.answer("GET /v1/audit", 200, `{"data":[
		{"number":1,"at":"2026-03-01T09:31:12.480Z","actor":"key","key_id":4,"from":"203.0.113.7","action":"channel.paused","owner_id":3,"channel_id":5,"data":{},"hash":null},
		{"number":2,"at":"2026-03-01T09:31:12.480Z","actor":"person","key_id":null,"from":null,"action":"channel.connected","owner_id":3,"channel_id":5,"data":{},"hash":null}],"next":2}`)
	wantContains(t, "stdout", f.run(t, "audit", "list").stdout, "NUMBER", "WHO", "FROM", "key 4", "203.0.113.7", "person", "channel.connected")
}
