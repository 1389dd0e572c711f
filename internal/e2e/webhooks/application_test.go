package webhooks_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"patchbay/internal/config"
	"patchbay/internal/e2e"
	"patchbay/internal/lab"
	"patchbay/internal/testkit"
)

// application is a workspace with an endpoint, and the receiver behind it.
type application struct {
	*e2e.World
	clock    *lab.Clock
	receiver *testkit.Process
	endpoint int64
	secret   string // that the receiver goes by
	seen     int    // messages that were awaited
	came     []message
}

// message is what the receiver tells of one.
type message struct {
	ID      string
	Refused map[string]string // why, by library; nil: nobody did
	Payload struct {
		Type, Timestamp string
		Data            json.RawMessage
	}
}

func newApplication(t *testing.T) *application {
	t.Helper()
	clock := lab.NewClock(nil)
	world := e2e.Start(t, e2e.Options{Clock: clock, Change: func(c *config.Config) { c.RateLimit = -1 }})
	a := &application{World: world, clock: clock, receiver: testkit.WebhookReceiver(t)}
	var made struct {
		ID     int64
		Secret string
	}
	a.Call(t, http.MethodPost, "/v1/endpoints", map[string]string{"url": a.receiver.BaseURL + "/hook"}).Into(t, http.StatusCreated, &made)
	a.endpoint = made.ID
	a.useSecret(t, made.Secret)
	return a
}

// useSecret has the receiver go by another one.
func (a *application) useSecret(t *testing.T, secret string) {
	t.Helper()
	a.secret = secret
	a.ask(t, http.MethodPut, "/secret", secret)
}

// rotate answers the new secret, which the receiver does not know yet.
func (a *application) rotate(t *testing.T, overlap int) string {
	t.Helper()
	var made struct{ Secret string }
	a.Call(t, http.MethodPost, fmt.Sprintf("/v1/endpoints/%d/rotate-secret", a.endpoint), map[string]int{"overlap_s": overlap}).Into(t, http.StatusOK, &made)
	return made.Secret
}

// session is one event.
func (a *application) session(t *testing.T) { a.NewNative(t, "user_42") }

// flow makes events from several clients until it is stopped.
func (a *application) flow(t *testing.T) (stop func()) {
	var over atomic.Bool
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for !over.Load() && !t.Failed() {
				if err := a.post(t.Context(), "/v1/sessions"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	t.Cleanup(func() { over.Store(true); wg.Wait() })
	return func() { over.Store(true); wg.Wait() }
}

func (a *application) post(ctx context.Context, path string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.URL+path, strings.NewReader(`{}`))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+a.Key)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusCreated {
		return fmt.Errorf("POST %s: got %d, want 201", path, resp.StatusCode)
	}
	return nil
}

// await waits for so many more messages than were awaited before.
func (a *application) await(t *testing.T, more int) {
	t.Helper()
	a.seen += more
	for began := time.Now(); len(a.log(t)) < a.seen; pause(t, 20*time.Millisecond) {
		if time.Since(began) > patience {
			t.Fatalf("got %d messages in %s, want %d", len(a.log(t)), patience, a.seen)
		}
	}
}

// log is what came so far.
func (a *application) log(t *testing.T) []message {
	t.Helper()
	var more []message
	if err := json.Unmarshal(a.ask(t, http.MethodGet, fmt.Sprintf("/log?after=%d", len(a.came)), ""), &more); err != nil {
		t.Fatal(err)
	}
	a.came = append(a.came, more...)
	return a.came
}

func (a *application) ask(t *testing.T, method, path, body string) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, a.receiver.BaseURL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode/100 != 2 {
		t.Fatalf("%s %s: got %d, %v", method, path, resp.StatusCode, err)
	}
	return text
}

// event is one as GET /v1/events tells it.
type nativeEvent struct {
	Number int64
	Data   json.RawMessage
	text   json.RawMessage // whole
}

func (a *application) events(t *testing.T) (all []nativeEvent) {
	t.Helper()
	for after := int64(0); ; {
		var page struct {
			Data []json.RawMessage
			Next int64
		}
		a.Call(t, http.MethodGet, fmt.Sprintf("/v1/events?limit=200&after=%d", after), nil).Into(t, http.StatusOK, &page)
		for _, text := range page.Data {
			one := nativeEvent{text: text}
			if err := json.Unmarshal(text, &one); err != nil {
				t.Fatal(err)
			}
			all = append(all, one)
		}
		if len(page.Data) == 0 {
			return all
		}
		after = page.Next
	}
}

// told waits until each event has been taken, and compares what the libraries gave the
// application last with the event.
func (a *application) told(t *testing.T, events []nativeEvent) {
	t.Helper()
	taken := map[string]json.RawMessage{}
	for began := time.Now(); len(taken) < len(events) && time.Since(began) < patience; pause(t, 20*time.Millisecond) {
		for _, m := range a.log(t) {
			if m.Refused == nil {
				taken[m.ID] = m.Payload.Data
			}
		}
	}
	for _, e := range events {
		id := fmt.Sprintf("evt_%d_%d", a.Workspace.ID, e.Number)
		if got := taken[id]; !reflect.DeepEqual(plain(t, got), plain(t, e.text)) {
			t.Errorf("%s: got %.200s (%d bytes), want %.200s (%d bytes)", id, got, len(got), e.text, len(e.text))
		}
	}
}

// plain is JSON read as a JavaScript program reads it: numbers are floats.
func plain(t *testing.T, text json.RawMessage) (value any) {
	t.Helper()
	if len(text) == 0 {
		return nil
	}
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatalf("%v: %.200s", err, text)
	}
	return value
}
