package alive_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"patchbay/internal/config"
	"patchbay/internal/connect"
	"patchbay/internal/e2e"
	"patchbay/internal/lab"
)

// began is when every world begins: all versions that the Lab knows live at that time.
var began = time.Date(2026, 10, 1, 8, 0, 0, 0, time.UTC)

// world is a program whose time stands still until the test moves it.
type world struct {
	*e2e.World
	services []*connect.Service  // of every replica: they take turns
	told     int64               // the last event that was read
	passed   func(time.Duration) // called when the clock was moved; nil: nobody is
}

// start runs a program at began, unless the options have a clock, with no limit on what
// callers do or on the rate of refreshes, unless the options set one.
func start(t testing.TB, opt e2e.Options) *world {
	t.Helper()
	if opt.Clock == nil && opt.Beside == nil {
		opt.Clock = lab.NewClock(func() time.Time { return began })
	}
	change := opt.Change
	opt.Still = true
	opt.Change = func(c *config.Config) {
		c.RateLimit, c.RefreshRate = -1, 1e6
		if change != nil {
			change(c)
		}
	}
	w := &world{World: e2e.Start(t, opt)}
	w.services = []*connect.Service{w.App.Service}
	return w
}

func (w *world) now() time.Time { return w.App.Lab.Clock().Now() }

// at is how far the clock is from when the world began.
func (w *world) at() time.Duration { return w.now().Sub(began) }

// advance moves the clock of the program and the Lab, as POST /lab/clock does.
func (w *world) advance(d time.Duration) {
	w.App.Lab.Clock().Advance(d)
	if w.passed != nil {
		w.passed(d)
	}
}

// lab posts to one of the Lab's controls.
func (w *world) lab(t testing.TB, path string, body any) e2e.Answer {
	t.Helper()
	there := e2e.World{URL: w.LabURL}
	answer := there.CallAs(t, "", http.MethodPost, path, body)
	if answer.Status > 299 {
		t.Fatalf("%s %v: got %d: %s", path, body, answer.Status, answer.Body)
	}
	return answer
}

// event is one line of the log of events.
type event struct {
	Number    int64          `json:"number"`
	Type      string         `json:"type"`
	ChannelID int64          `json:"channel_id"`
	Data      map[string]any `json:"data"`
	At        time.Time      `json:"at"`
}

func (e event) data(name string) string {
	text, _ := e.Data[name].(string)
	return text
}

// String is how tests name it: "channel.expiring 14", "channel.needs_reauth revoked".
func (e event) String() string {
	return strings.TrimSpace(e.Type + " " + cmp.Or(e.data("days"), e.data("reason")))
}

// news is what was told of channels and apps since it was read before: what came of
// connecting them is left out.
func (w *world) news(t testing.TB) (list []event) {
	t.Helper()
	for {
		var page struct{ Data []event }
		w.Call(t, http.MethodGet, fmt.Sprintf("/v1/events?limit=200&after=%d", w.told), nil).Into(t, http.StatusOK, &page)
		for _, e := range page.Data {
			w.told = e.Number
			if (strings.HasPrefix(e.Type, "channel.") || strings.HasPrefix(e.Type, "app.")) && e.Type != "channel.connected" && e.Type != "channel.reconnected" {
				list = append(list, e)
			}
		}
		if len(page.Data) == 0 {
			return list
		}
	}
}

// words are events as tests name them.
func words(list []event) []string {
	out := []string{}
	for _, e := range list {
		out = append(out, e.String())
	}
	return out
}

// report is what the health of a channel says.
type report struct {
	Health, Act string
	Reason      *string
	ProvenAt    *time.Time `json:"proven_at"`
	EndsAt      *time.Time `json:"ends_at"`
	ExpiresAt   *time.Time `json:"token_expires_at"`
	Wanted      []string   `json:"scopes_wanted"`
	Granted     []string   `json:"scopes_granted"`
}

func (r report) String() string {
	reason := ""
	if r.Reason != nil {
		reason = *r.Reason
	}
	return strings.TrimSpace(fmt.Sprintf("%s %s %s", r.Health, r.Act, reason))
}

func (w *world) health(t testing.TB, channel int64) (r report) {
	t.Helper()
	w.Call(t, http.MethodGet, fmt.Sprintf("/v1/channels/%d/health", channel), nil).Into(t, http.StatusOK, &r)
	return r
}

func (w *world) check(t testing.TB, channel int64) (r report) {
	t.Helper()
	w.Call(t, http.MethodPost, fmt.Sprintf("/v1/channels/%d/check", channel), nil).Into(t, http.StatusOK, &r)
	return r
}

// token is what a lease answers.
type token struct {
	ChannelID int64      `json:"channel_id"`
	Access    string     `json:"access_token"`
	Type      string     `json:"token_type"`
	Server    string     `json:"server"`
	ExpiresAt *time.Time `json:"expires_at"`
	Version   int64      `json:"version"`
}

// ask asks for a token; body may be nil.
func (w *world) ask(t testing.TB, channel int64, body any) e2e.Answer {
	t.Helper()
	return w.Call(t, http.MethodPost, fmt.Sprintf("/v1/channels/%d/token", channel), body)
}

// lease is a token that must be had.
func (w *world) lease(t testing.TB, channel int64, body any) (lent token) {
	t.Helper()
	w.ask(t, channel, body).Into(t, http.StatusOK, &lent)
	return lent
}

// refused is why a call was refused: "409 token_short".
func refused(t testing.TB, a e2e.Answer) string {
	t.Helper()
	var problem struct{ Reason string }
	if err := json.Unmarshal(a.Body, &problem); err != nil {
		t.Fatalf("got %d %s, want a problem: %v", a.Status, a.Body, err)
	}
	return fmt.Sprintf("%d %s", a.Status, problem.Reason)
}
