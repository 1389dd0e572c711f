package schedule_test

import (
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	"patchbay/internal/e2e"
)

// endpoint is one as the API tells it.
type endpoint struct {
	ID           int64
	Secret       string
	Scheme       string
	State        string
	Reason       *string
	Failures     int
	FailingSince *time.Time `json:"failing_since"`
}

// String is "active", or "disabled gone".
func (e endpoint) String() string {
	if e.Reason != nil {
		return e.State + " " + *e.Reason
	}
	return e.State
}

// listen makes an endpoint of a receiver, of the scheme standard unless another is named.
func (w *world) listen(t testing.TB, r *receiver, types []string, scheme ...string) (e endpoint) {
	t.Helper()
	body := map[string]any{"url": r.url, "types": types}
	for _, name := range scheme {
		body["scheme"] = name
	}
	w.Call(t, http.MethodPost, "/v1/endpoints", body).Into(t, http.StatusCreated, &e)
	return e
}

func (w *world) endpoint(t testing.TB, id int64) (e endpoint) {
	t.Helper()
	w.Call(t, http.MethodGet, fmt.Sprintf("/v1/endpoints/%d", id), nil).Into(t, http.StatusOK, &e)
	return e
}

func (w *world) enable(t testing.TB, id int64) (e endpoint) {
	t.Helper()
	w.Call(t, http.MethodPatch, fmt.Sprintf("/v1/endpoints/%d", id), map[string]string{"state": "active"}).Into(t, http.StatusOK, &e)
	return e
}

// delivery is one as the API tells it.
type delivery struct {
	ID        int64
	MessageID string `json:"message_id"`
	State     string
	Attempts  int
	NextAt    *time.Time `json:"next_at"`
	Status    *int
	Log       []struct {
		Number int
		At     time.Time
		Status *int
	} `json:"attempts_log"`
}

// deliveries lists those to an endpoint, the oldest first.
func (w *world) deliveries(t testing.TB, endpoint int64) (list []delivery) {
	t.Helper()
	var page struct{ Data []delivery }
	w.Call(t, http.MethodGet, fmt.Sprintf("/v1/deliveries?limit=200&endpoint=%d", endpoint), nil).Into(t, http.StatusOK, &page)
	for _, d := range page.Data {
		list = append([]delivery{d}, list...)
	}
	return list
}

func (w *world) delivery(t testing.TB, id int64) (d delivery) {
	t.Helper()
	w.Call(t, http.MethodGet, fmt.Sprintf("/v1/deliveries/%d", id), nil).Into(t, http.StatusOK, &d)
	return d
}

// happen lets something happen: a session is made, which is one event.
func (w *world) happen(t testing.TB) {
	t.Helper()
	var made struct{ ID int64 }
	w.Call(t, http.MethodPost, "/v1/sessions", struct{}{}).Into(t, http.StatusCreated, &made)
}

// event is one of the log.
type event struct {
	Number int64
	Type   string
	Data   struct {
		Endpoint int64 `json:"endpoint_id"`
		Reason   string
	}
}

// disabled lists which endpoints the log says were disabled, and why.
func (w *world) disabled(t testing.TB) (list []string) {
	t.Helper()
	for after := int64(0); ; {
		var page struct{ Data []event }
		w.Call(t, http.MethodGet, fmt.Sprintf("/v1/events?limit=200&after=%d", after), nil).Into(t, http.StatusOK, &page)
		if len(page.Data) == 0 {
			return list
		}
		for _, e := range page.Data {
			if after = e.Number; e.Type == "endpoint.disabled" {
				list = append(list, fmt.Sprintf("%d %s", e.Data.Endpoint, e.Data.Reason))
			}
		}
	}
}

// act pauses, resumes or disconnects a channel, which is one event.
func (w *world) act(t testing.TB, channel int64, deed string) {
	t.Helper()
	var got struct{ ID int64 }
	w.Call(t, http.MethodPost, fmt.Sprintf("/v1/channels/%d/%s", channel, deed), nil).Into(t, http.StatusOK, &got)
}

// replay asks for events to be sent again.
func (w *world) replay(t testing.TB, endpoint int64, what map[string]any) e2e.Answer {
	t.Helper()
	if what == nil {
		what = map[string]any{}
	}
	return w.Call(t, http.MethodPost, fmt.Sprintf("/v1/endpoints/%d/replays", endpoint), what)
}

func number(n int64) string { return strconv.FormatInt(n, 10) }
