package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"patchbay/internal/testkit"
)

// TestMain lets the test's program be its own yardsticks, as bench is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && (os.Args[1] == yardstickCommand || os.Args[1] == tokensCommand) {
		if err := run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr); err != nil {
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// A few requests of each kind: that the run comes to its end, not how fast.
func TestRun(t *testing.T) {
	t.Parallel()
	opt, _, err := parse([]string{"-dir", t.TempDir(), "-engines", "sqlite", "-sizes", "100,50", "-rounds", "1", "-for", "1s", "-settle", "1ms", "-hot", "128", "-grants", "300,100", "-sweep", "300ms", "-endpoints", "3,1", "-hearers", "3"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	opt.patchbay, opt.progress = testkit.Binary(t), t.Logf
	report, err := measure(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(report.Lines), 2*len(operations()); got != want {
		t.Errorf("got %d lines, want %d", got, want)
	}
	for _, l := range report.Lines {
		for what, v := range map[string]float64{"rate": l.Product.Rate, "÷ bare": l.Bare.Rate, "÷ read": l.Read.Rate} {
			if !(v > 0) {
				t.Errorf("%s, %d channels: got %s %v, want more than 0", l.Operation, l.Channels, what, v)
			}
		}
	}
	if got := report.Refreshes; len(got) != 1 || !(got[0].Ratio > 0) || !(got[0].Bare.Rate > 0) {
		t.Errorf("refreshes: got %+v, want one line with a ratio", got)
	}
	if got := report.Claims; len(got) != 2 || got[0].Grants != 100 || !(got[1].Growth > 0) {
		t.Errorf("claims: got %+v, want one of 100 and one of 300 grants", got)
	}
	if got := report.Sweeps; len(got) != 1 || got[0].Grants != 300 || got[0].Late > inTime || got[0].Peak == 0 {
		t.Errorf("sweeps: got %+v, want one of 300 grants, in time", got)
	}
	checkWebhooks(t, report)
	var table bytes.Buffer
	if err := report.write(&table); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"poll a session", "lease a token", "× fsync", "### Refreshes", "### Claims", "### Sweep", "### Deliveries", "### Changes of state", "memory at rest over sqlite with 100 channels"} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("got no %q in\n%s", want, table.String())
		}
	}
}

func checkWebhooks(t *testing.T, report *Report) {
	t.Helper()
	if got := report.Deliveries; len(got) != 2 || got[0].Endpoints != 1 || got[1].Endpoints != 3 {
		t.Errorf("deliveries: got %+v, want a line for 1 and one for 3 endpoints", got)
	}
	for _, d := range report.Deliveries {
		if !(d.Ratio > 0) || !(d.Commits > 0) {
			t.Errorf("deliveries to %d endpoints: got %v of the posts and %v of the commits, want more than 0", d.Endpoints, d.Ratio, d.Commits)
		}
	}
	if got, want := len(report.Changes), len(changeCases(3))*len(changeCallers()); got != want {
		t.Errorf("changes: got %d lines, want %d", got, want)
	}
	for _, c := range report.Changes {
		if !(c.None > 0) || !(c.Raw > 0) || !(c.Product.Median > 0) {
			t.Errorf("changes, %s, %d endpoints, %d callers: got %+v, want ratios above 0", c.Case, c.Endpoints, c.Callers, c)
		}
	}
}

func TestARefusedRequestEndsTheRun(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	p, err := startYardstick(ctx, yardstick{Answers: map[string]json.RawMessage{"GET /v1/channels": json.RawMessage(`{"data":[]}`)}})
	if err != nil {
		t.Fatal(err)
	}
	defer p.stop()
	callers, err := dial(ctx, p.Addr, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer hangUp(callers)
	_, _, err = drive(callers, [][]byte{[]byte("GET /v1/nothing HTTP/1.1\r\nHost: x\r\n\r\n")}, time.Second)
	if err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("got %v, want an error that tells the status", err)
	}
}

func TestYardsticksAnswerWhatTheProductAnswers(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"data":[{"id":1,"name":"a","verified":true,"reason":null},{"id":2,"name":"b","verified":false,"reason":null}],"next_cursor":null}`,
		`{"platforms":["x","facebook"],"channels":[],"owner":{"id":3},"url":"https://a.example/?x=1&y=2"}`,
	} {
		value, err := valueOf([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		var got bytes.Buffer
		if err := encode(&got, value); err != nil || strings.TrimSpace(got.String()) != text {
			t.Errorf("got %s (%v), want %s", got.String(), err, text)
		}
	}
	if _, err := valueOf([]byte(`{ "spaced": 1 }`)); err == nil {
		t.Error("got no error for a text that encoding/json does not write, want one")
	}
}
