// Package smartlyq_test does what an application does that was written for SmartlyQ, with
// the running program: headless connect at every platform that there is, polled to
// connected, and the care of accounts afterwards.
package smartlyq_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"patchbay/internal/e2e"
)

// world is the program, seen by such an application.
type world struct{ *e2e.World }

// link is the answer to connect.
type link struct {
	Platform   string
	ConnectURL string `json:"connect_url"`
	ExpiresAt  string `json:"expires_at"`
}

func (l link) state(t testing.TB) string {
	t.Helper()
	u, err := url.Parse(l.ConnectURL)
	if err != nil || u.Query().Get("state") == "" {
		t.Fatalf("connect_url: got %q, want one with a state", l.ConnectURL)
	}
	return u.Query().Get("state")
}

// polled is the answer to polling.
type polled struct {
	Platform string
	Status   string
	Reason   string
	Account  struct {
		AccountID int64 `json:"account_id"`
	}
	Accounts []struct {
		AccountID int64 `json:"account_id"`
		Name      string
	}
}

func (p polled) ids() (ids []int64) {
	for _, a := range p.Accounts {
		ids = append(ids, a.AccountID)
	}
	return ids
}

func (p polled) names() string {
	var names []string
	for _, a := range p.Accounts {
		names = append(names, a.Name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// data calls the interface and reads the data of its answer, which must have the status.
func data[T any](t testing.TB, w world, method, path string, body any, status int) (out T) {
	t.Helper()
	var envelope struct {
		Success bool
		Data    json.RawMessage
	}
	w.Call(t, method, "/v1/social"+path, body).Into(t, status, &envelope)
	if err := json.Unmarshal(envelope.Data, &out); err != nil || !envelope.Success {
		t.Fatalf("%s %s: %v: %s", method, path, err, envelope.Data)
	}
	return out
}

// asks asks for a connect link that leads back to the receiver.
func (w world) asks(t testing.TB, word string) link {
	t.Helper()
	return data[link](t, w, http.MethodPost, "/connect/"+word, map[string]string{"return_url": w.Receiver.URL}, http.StatusCreated)
}

func (w world) polls(t testing.TB, l link) polled {
	t.Helper()
	return data[polled](t, w, http.MethodGet, "/connect/"+l.state(t), nil, http.StatusOK)
}

func (w world) health(t testing.TB, id int64) string {
	t.Helper()
	return data[struct{ Status string }](t, w, http.MethodGet, fmt.Sprintf("/accounts/%d/health", id), nil, http.StatusOK).Status
}

// returned is where the person came back last.
func (w world) returned(t testing.TB) string {
	t.Helper()
	arrivals := w.Receiver.Arrivals()
	if len(arrivals) == 0 {
		t.Fatal("nobody came back")
	}
	return arrivals[len(arrivals)-1]
}

// decide is a person without JavaScript at the Lab's consent screen. The answer is where
// the Lab sends them, which they have not opened yet.
func decide(p *e2e.Person, address, persona, decision string) string {
	form := p.Form(p.Open(address), "", "decision="+decision)
	fields := form.With(url.Values{"persona": {persona}, "decision": {decision}})
	return p.Fetch(form.Method, form.Action, fields).Redirect
}
