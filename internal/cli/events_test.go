package cli_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

func eventJSON(number int) string {
	kind := []string{"channel.connected", "session.created", "channel.paused"}[number%3]
	return fmt.Sprintf(`{"number":%d,"type":%q,"owner_id":3,"session_id":null,"channel_id":5,"channel_seq":1,"cause":"customer","data":{"name":"<b>\u001b[31m","platform":"x"},"at":"2026-03-01T09:31:12.480Z"}`, number, kind)
}

// eventLog serves total events, from 1.
func eventLog(total int, calls *int) http.Handler { return restoredLog(total, total, 0, calls) }

// restoredLog serves total events: up to before from 1, and the others above a gap.
func restoredLog(total, before, gap int, calls *int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*calls++
		limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
		after, _ := strconv.Atoi(r.URL.Query().Get("after"))
		if limit < 1 || limit > 200 {
			refuse(422, `"code":"invalid","detail":"limit"`).ServeHTTP(w, r)
			return
		}
		rows, next := []string{}, after
		for n := after + 1; n <= total+gap && len(rows) < limit; n++ {
			if n > before && n <= before+gap {
				n = before + gap + 1
			}
			if n <= total+gap {
				rows, next = append(rows, eventJSON(n)), n
			}
		}
		fmt.Fprintf(w, `{"data":[%s],"next":%d}`, strings.Join(rows, ","), next)
	})
}

func TestEventsList(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		total       int
		args        string
		first, last int64 // numbers; 0: there are none
		rows        int
		most        int // calls
		more        bool
	}{
		"none":                  {0, "", 0, 0, 0, 1, false},
		"the newest":            {3000, "", 2951, 3000, 50, 20, false},
		"the newest of few":     {7, "", 1, 7, 7, 2, false},
		"exactly a page":        {200, "--limit 200", 1, 200, 200, 11, false},
		"the newest of a type":  {3000, "--type channel.*", 2927, 3000, 50, 20, false},
		"of a type that is not": {450, "--type owner.erased", 0, 0, 0, 12, false},
		"from a number":         {3000, "--after 10 --limit 5", 11, 15, 5, 1, true},
		"from a number, a type": {3000, "--after 10 --limit 5 --type session.created", 13, 25, 5, 1, true},
		"from the first":        {450, "--after 0 --all", 1, 450, 450, 3, false},
		"all":                   {450, "--all", 1, 450, 450, 3, false},
		"to the end":            {450, "--after 440", 441, 450, 10, 1, false},
		"beyond the end":        {450, "--after 450", 0, 0, 0, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, calls := newFakeAPI(t), 0
			f.handler["GET /v1/events"] = eventLog(tt.total, &calls)
			got := f.run(t, append([]string{"events", "--json"}, strings.Fields(tt.args)...)...)
			var page struct {
				Data []struct{ Number int64 }
				Next int64
			}
			if err := json.Unmarshal([]byte(got.stdout), &page); err != nil {
				t.Fatalf("%v\n%s", err, got.stderr)
			}
			if len(page.Data) != tt.rows || calls > tt.most {
				t.Errorf("got %d events in %d calls, want %d in at most %d", len(page.Data), calls, tt.rows, tt.most)
			}
			if tt.rows > 0 && (page.Data[0].Number != tt.first || page.Data[len(page.Data)-1].Number != tt.last) {
				t.Errorf("got %d to %d, want %d to %d", page.Data[0].Number, page.Data[len(page.Data)-1].Number, tt.first, tt.last)
			}
			if tt.more && page.Next != tt.last {
				t.Errorf("next: got %d, want %d", page.Next, tt.last)
			}
			got = f.run(t, append([]string{"events"}, strings.Fields(tt.args)...)...)
			if more := strings.Contains(got.stderr, "There may be more"); more != tt.more {
				t.Errorf("says that there is more: got %t, want %t", more, tt.more)
			}
			wantLacks(t, "stdout", got.stdout, "\x1b")
		})
	}
}

// feed answers long polls: each with the next of steps, which is an answer or a status; at
// the end it interrupts.
func feed(interrupt func(), queries *[]string, steps ...any) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("wait") == "" { // finding the end
			_, _ = fmt.Fprint(w, `{"data":[],"next":0}`)
			return
		}
		*queries = append(*queries, r.URL.RawQuery)
		if len(steps) == 0 {
			interrupt()
			<-r.Context().Done()
			return
		}
		step := steps[0]
		steps = steps[1:]
		switch s := step.(type) {
		case int:
			refuse(s, `"code":"x","detail":"Stopping."`).ServeHTTP(w, r)
		case []int:
			var rows []string
			for _, n := range s {
				rows = append(rows, eventJSON(n))
			}
			fmt.Fprintf(w, `{"data":[%s],"next":%d}`, strings.Join(rows, ","), s[len(s)-1])
		default:
			fmt.Fprint(w, `{"data":[],"next":0}`)
		}
	})
}

func TestEventsFollow(t *testing.T) {
	t.Parallel()
	f, queries := newFakeAPI(t), []string{}
	ctx, interrupt := context.WithCancel(t.Context())
	f.handler["GET /v1/events"] = feed(interrupt, &queries, []int{1, 2}, 503, 502, "nothing", []int{3}, 503, []int{4, 5, 6})
	got := f.runOn(t, ctx, terminal{}, "events", "--follow", "--type", "channel.*")
	if got.code != 130 {
		t.Errorf("exit code: got %d, want 130\n%s", got.code, got.stderr)
	}
	var numbers []string
	for line := range strings.Lines(got.stdout) {
		numbers = append(numbers, strings.Fields(line)[0])
	}
	if want := "2 3 5 6"; strings.Join(numbers, " ") != want {
		t.Errorf("got events %v, want %s", numbers, want)
	}
	wantContains(t, "stdout", got.stdout, "channel.paused", "channel 5", "platform=x")
	wantContains(t, "stderr", got.stderr, "stopped after event 6", "--after 6 goes on")
	if n := strings.Count(got.stderr, "does not answer"); n != 2 {
		t.Errorf("told that the server is away %d times, want once for each time:\n%s", n, got.stderr)
	}
	wantLacks(t, "output", got.stdout+got.stderr, "\x1b")
	wantContains(t, "first question", queries[0], "after=0", "wait=30")
	wantContains(t, "last question", queries[len(queries)-1], "after=6")
}

func TestEventsFollowJSON(t *testing.T) {
	t.Parallel()
	f, queries := newFakeAPI(t), []string{}
	ctx, interrupt := context.WithCancel(t.Context())
	f.handler["GET /v1/events"] = feed(interrupt, &queries, []int{8, 9})
	got := f.runOn(t, ctx, terminal{}, "events", "--follow", "--json", "--after", "7")
	lines := strings.Split(strings.TrimSpace(got.stdout), "\n")
	if len(lines) != 2 || lines[0] != eventJSON(8) {
		t.Errorf("got %q, want the events as they came", lines)
	}
	wantContains(t, "first question", queries[0], "after=7")
}

func TestEventsFollowEnds(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]int{401: 6, 403: 6, 422: 2} {
		f, queries := newFakeAPI(t), []string{}
		f.handler["GET /v1/events"] = feed(nil, &queries, []int{1}, 503, status)
		if got := f.run(t, "events", "--follow"); got.code != want {
			t.Errorf("%d: got exit %d, want %d", status, got.code, want)
		}
	}
}

// A restore leaves out very many numbers: what is the newest is found on both sides of them.
func TestEventsListOverAGap(t *testing.T) {
	t.Parallel()
	const gap = 31_000_000_000
	for name, tt := range map[string]struct {
		total, before int
		args          string
		first, last   int
		rows, most    int
	}{
		"a few after it":        {1010, 1000, "", 961, gap + 1010, 50, 90},
		"none after it":         {1000, 1000, "", 951, 1000, 50, 40},
		"none before it":        {10, 0, "", gap + 1, gap + 10, 10, 90},
		"many after it":         {3000, 1000, "", gap + 2951, gap + 3000, 50, 90},
		"very many before it":   {400_010, 400_000, "--limit 500", 399_511, gap + 400_010, 500, 150},
		"a page that is cut":    {1150, 1000, "--limit 200", 951, gap + 1150, 200, 90},
		"of a type":             {1010, 1000, "--type channel.*", 0, 0, 50, 90},
		"upwards":               {1010, 1000, "--after 990", 991, gap + 1010, 20, 1},
		"all":                   {1010, 1000, "--all", 1, gap + 1010, 1010, 6},
		"of a type that is not": {1010, 1000, "--type owner.erased", 0, 0, 0, 90},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, calls := newFakeAPI(t), 0
			f.handler["GET /v1/events"] = restoredLog(tt.total, tt.before, gap, &calls)
			got := f.run(t, append([]string{"events", "--json"}, strings.Fields(tt.args)...)...)
			var page struct{ Data []struct{ Number int } }
			if err := json.Unmarshal([]byte(got.stdout), &page); err != nil {
				t.Fatalf("%v\n%s", err, got.stderr)
			}
			if len(page.Data) != tt.rows || calls > tt.most {
				t.Fatalf("got %d events in %d calls, want %d in at most %d", len(page.Data), calls, tt.rows, tt.most)
			}
			if tt.first > 0 && (page.Data[0].Number != tt.first || page.Data[tt.rows-1].Number != tt.last) {
				t.Errorf("got %d to %d, want %d to %d", page.Data[0].Number, page.Data[tt.rows-1].Number, tt.first, tt.last)
			}
			for i := 1; i < len(page.Data); i++ {
				if page.Data[i].Number <= page.Data[i-1].Number {
					t.Fatalf("got %d after %d, want ascending numbers", page.Data[i].Number, page.Data[i-1].Number)
				}
			}
		})
	}
}
