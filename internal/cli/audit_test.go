package cli_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// auditLog serves total entries with the ids 10, 20, …
func auditLog(total int, asked *[]string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*asked = append(*asked, r.URL.RawQuery)
		limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
		after, _ := strconv.Atoi(r.URL.Query().Get("after"))
		next, rows := after, []string{}
		for id := after/10*10 + 10; id <= 10*total && len(rows) < limit; id += 10 {
			rows = append(rows, fmt.Sprintf(`{"number":%d,"at":"2026-03-01T09:31:12.480Z","actor":"key","key_id":4,"from":"203.0.113.7","action":"token.leased","owner_id":3,"channel_id":5,"data":{"version":8,"note":"\u001b[31m"}}`, id))
			next = id
		}
		fmt.Fprintf(w, `{"data":[%s],"next":%d}`, strings.Join(rows, ","), next)
	})
}

func TestAuditList(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		args  []string
		rows  int
		more  bool
		calls int
	}{
		"as it is":      {nil, 50, true, 1},
		"a limit":       {[]string{"--limit", "3"}, 3, true, 1},
		"beyond a page": {[]string{"--limit", "210"}, 210, true, 2},
		"to the end":    {[]string{"--limit", "1000"}, 450, false, 3},
		"all":           {[]string{"--all"}, 450, false, 3},
		"after":         {[]string{"--all", "--after", "4400"}, 10, false, 1},
		"nothing there": {[]string{"--after", "4500"}, 0, false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, asked := newFakeAPI(t), []string{}
			f.handler["GET /v1/audit"] = auditLog(450, &asked)
			got := f.run(t, append([]string{"audit", "list"}, tt.args...)...)
			if rows := strings.Count(got.stdout, "token.leased"); rows != tt.rows || got.code != 0 || len(asked) != tt.calls {
				t.Errorf("got %d rows in %d calls (exit %d), want %d in %d", rows, len(asked), got.code, tt.rows, tt.calls)
			}
			if more := strings.Contains(got.stderr, "There may be more"); more != tt.more {
				t.Errorf("says that there is more: got %t, want %t", more, tt.more)
			}
			wantLacks(t, "stdout", got.stdout, "\x1b")
			var page struct {
				Data []map[string]any
				Next int64
			}
			if err := json.Unmarshal([]byte(f.run(t, append([]string{"audit", "list", "--json"}, tt.args...)...).stdout), &page); err != nil {
				t.Fatal(err)
			}
			if len(page.Data) != tt.rows || page.Next == 0 {
				t.Errorf("JSON: got %d rows and next %d, want %d and where to go on", len(page.Data), page.Next, tt.rows)
			}
		})
	}
}
