package lab_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"patchbay/internal/lab"
)

// control calls one of the Lab's own addresses with JSON, and wants the status.
func (b *bench) control(method, path, body string, status int) answer {
	b.t.Helper()
	req, err := http.NewRequest(method, b.url+path, strings.NewReader(body))
	if err == nil {
		req.Header.Set("Content-Type", "application/json")
	}
	got := b.do(req, err)
	if got.status != status {
		b.t.Fatalf("%s %s %s: got %d %s, want %d", method, path, body, got.status, got.body, status)
	}
	return got
}

func (b *bench) tell(path, body string) answer {
	b.t.Helper()
	status := http.StatusOK
	if path == "/lab/faults" || path == "/lab/targets" || path == "/lab/open" || path == "/lab/linkedin" {
		status = http.StatusNoContent
	}
	return b.control(http.MethodPost, path, body, status)
}

func TestTheClockMovesForwardOnly(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, step := range []struct {
		body, now string
		advanced  float64
	}{
		{`{"advance_s": 3600}`, "2026-11-22T13:00:00Z", 3600},
		{`{"advance_s": 0.5}`, "2026-11-22T13:00:00.5Z", 3600.5},
		{`{}`, "2026-11-22T13:00:00.5Z", 3600.5},
	} {
		got := b.tell("/lab/clock", step.body).json(t)
		if got["now"] != step.now || got["advanced_s"] != step.advanced {
			t.Errorf("%s: got %v, want %s and %v", step.body, got, step.now, step.advanced)
		}
	}
	const number = "advance_s is a number of seconds, forward only, and a hundred years in all at most"
	for body, want := range map[string]string{
		`{"advance_s": -1}`: number, `{"advance_s": 1e300}`: number, `{"advance_s": 4e9}`: number,
		`{"advance_s": "1h"}`: "advance_s is of the wrong type: it cannot be a JSON string",
		`{"advance": 1}`:      `there is no field "advance"`,
		`{} {}`:               "more than one JSON value",
		``:                    "the body is no JSON value, or too long",
		`{"advance_s": `:      "the body is no JSON value, or too long",
		`[]`:                  "the body is a JSON object, not a JSON array",
	} {
		if got := b.control(http.MethodPost, "/lab/clock", body, http.StatusBadRequest).json(t)["message"]; got != want {
			t.Errorf("%s: got %q, want %q", body, got, want)
		}
	}
	if got := b.control(http.MethodGet, "/lab/clock", "", http.StatusOK).json(t); got["now"] != "2026-11-22T13:00:00.5Z" {
		t.Errorf("got %v after what was refused, want the clock where it was", got)
	}
}

func TestTheClockRulesTheTokens(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.xTokens(xAuthorize(), "creator")
	b.tell("/lab/clock", `{"advance_s": 7199}`)
	if got := b.xMe(token["access_token"], ""); got.status != 200 {
		t.Errorf("got status %d a second before the end, want 200", got.status)
	}
	b.tell("/lab/clock", `{"advance_s": 1}`)
	if got := b.xMe(token["access_token"], ""); got.status != 401 {
		t.Errorf("got status %d at the end, want 401", got.status)
	}
}

func TestClockIsShared(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	clock := lab.NewClock(func() time.Time { return begin })
	l := lab.New(lab.Config{Clock: clock})
	l.Clock().Advance(time.Hour)
	clock.Advance(-time.Hour)
	if got, want := clock.Now(), begin.Add(time.Hour); !got.Equal(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if since := time.Since(lab.NewClock(nil).Now()); since < 0 || since > time.Minute {
		t.Errorf("got a clock of its own %v off, want the real time", since)
	}
}

// A page that a person visits must not be able to move the clock or end consents.
func TestPagesOfOtherOriginsCannotControl(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, path := range []string{"/lab/clock", "/lab/faults", "/lab/revoke", "/lab/targets", "/lab/scopes", "/lab/open", "/lab/linkedin", "/lab/apps"} {
		req, err := http.NewRequest(http.MethodPost, b.url+path, strings.NewReader("{}"))
		if err == nil {
			req.Header.Set("Origin", "https://elsewhere.test")
			req.Header.Set("Sec-Fetch-Site", "cross-site")
		}
		if got := b.do(req, err); got.status != http.StatusForbidden {
			t.Errorf("%s: got status %d for a page of another origin, want 403", path, got.status)
		}
	}
}
