package alive_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"patchbay/internal/e2e"
)

// connect connects all that somebody reaches at a platform, as a person does, and answers
// the channels. The owner is called as the persona.
func (w *world) connect(t testing.TB, k kind, persona string) []int64 {
	t.Helper()
	var session struct {
		ID  int64  `json:"id"`
		URL string `json:"connect_url"`
	}
	w.Call(t, http.MethodPost, "/v1/sessions", map[string]any{
		"platforms": []string{k.platform}, "owner": map[string]string{"external_id": persona},
	}).Into(t, http.StatusCreated, &session)
	p := e2e.NewPerson(t)
	page := p.Open(session.URL)
	page = p.Submit(p.Form(page, "/platform", "platform="+k.platform), url.Values{"platform": {k.platform}})
	if k.server != "" {
		page = p.Submit(p.Form(page, "", ""), url.Values{"input": {k.server}})
	}
	form := p.Form(page, "", "decision=approve")
	page = p.Submit(form, url.Values{"persona": {persona}, "decision": {"approve"}})
	if ids := e2e.Values(page, "target"); len(ids) > 0 {
		page = p.Submit(p.Form(page, "/targets", ""), url.Values{"target": ids})
	}
	var done struct {
		Status   string
		Channels []struct{ ID int64 }
	}
	w.Call(t, http.MethodGet, fmt.Sprintf("/v1/sessions/%d", session.ID), nil).Into(t, http.StatusOK, &done)
	if done.Status != "succeeded" {
		t.Fatalf("connect %s as %s: the session is %s, the page %s: %s", k.platform, persona, done.Status, page.URL, e2e.Text(page))
	}
	var ids []int64
	for _, c := range done.Channels {
		ids = append(ids, c.ID)
	}
	return ids
}

// one is connect for who reaches one thing.
func (w *world) one(t testing.TB, k kind, persona string) int64 {
	t.Helper()
	ids := w.connect(t, k, persona)
	if len(ids) != 1 {
		t.Fatalf("%s as %s: got the channels %v, want one", k.name, persona, ids)
	}
	return ids[0]
}
