package api_test

import (
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/vault"
)

// waiting makes a session that waits to be confirmed, and answers its code.
func (w *world) waiting(t *testing.T) (session map[string]any, code string) {
	t.Helper()
	session = w.create(t, `{"initiator_check":"confirm","redirect_url":"https://app.example/back"}`)
	w.consent(t, session, "")
	view, err := w.svc.OpenLink(t.Context(), linkOf(session), browser)
	must(t, err)
	return session, view.ConfirmCode.Reveal()
}

func TestASessionIsConfirmedWithItsCode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	session, code := w.waiting(t)
	path := "/v1/sessions/" + idOf(session)
	pending := w.get(t, path)
	if by := when(t, pending["confirm_by"]); pending["status"] != "pending" || by.Before(w.clock.Now().Add(9*time.Minute)) {
		t.Errorf("got %v, want it pending and confirmable for ten minutes", pending)
	}
	same(t, "channels before", len(w.get(t, "/v1/channels")["data"].([]any)), 0)
	w.refuse(t, "POST", path+"/confirm", `{"code":"canary7Q"}`, 422, "code", "unknown")
	w.refuse(t, "POST", path+"/confirm", `{"code":""}`, 422, "code", "length")
	if got := w.call(t, w.key, "POST", path+"/confirm", ``); got.status != 422 {
		t.Errorf("without a code: got %d %s", got.status, got.text)
	}
	done := wantStatus(t, w.call(t, w.key, "POST", path+"/confirm", `{"code":"`+code+`"}`), 200).body
	if done["status"] != "succeeded" || len(done["channel_ids"].([]any)) != 1 || done["confirm_by"] != nil || done["ended_at"] == nil {
		t.Errorf("got %v, want a success with one channel", done)
	}
	same(t, "read", w.get(t, path), done)
	same(t, "confirmed again", wantStatus(t, w.call(t, w.key, "POST", path+"/confirm", `{"code":"`+code+`"}`), 200).body, done)
}

func TestWhatDoesNotWaitIsNotConfirmed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	plain := "/v1/sessions/" + idOf(w.create(t, ""))
	w.refuse(t, "POST", plain+"/confirm", `{"code":"c"}`, 409, "", "not_waiting")
	session, code := w.waiting(t)
	w.clock.advance(connect.ConfirmGrace)
	w.refuse(t, "POST", "/v1/sessions/"+idOf(session)+"/confirm", `{"code":"`+code+`"}`, 409, "", "not_confirmed")
	w.refuse(t, "POST", "/v1/sessions/4711/confirm", `{"code":"c"}`, 404, "", "not_found")
	w.refuse(t, "POST", "/v1/sessions", `{"initiator_check":"confirm"}`, 422, "redirect_url", "required")
	w.refuse(t, "POST", "/v1/sessions", `{"initiator_check":"nobody"}`, 422, "initiator_check", "enum")
}

func TestASessionIsCanceled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	session, code := w.waiting(t)
	path := "/v1/sessions/" + idOf(session)
	canceled := wantStatus(t, w.call(t, w.key, "POST", path+"/cancel", ""), 200).body
	if canceled["status"] != "canceled" || canceled["ended_at"] == nil || canceled["confirm_by"] != nil {
		t.Errorf("got %v, want it canceled", canceled)
	}
	same(t, "read", w.get(t, path), canceled)
	same(t, "canceled again", wantStatus(t, w.call(t, w.key, "POST", path+"/cancel", "{}"), 200).body, canceled)
	w.refuse(t, "POST", path+"/confirm", `{"code":"`+code+`"}`, 409, "", "link_canceled")
	_, err := w.svc.Begin(t.Context(), connect.BeginRequest{Link: linkOf(session), Browser: vault.NewSecret("b"), Platform: "garden"})
	if err == nil {
		t.Error("a canceled link begins an attempt")
	}
	events := w.get(t, "/v1/events")["data"].([]any)
	last := events[len(events)-1].(map[string]any)
	same(t, "event", []any{last["type"], last["cause"], last["session_id"]}, []any{"session.canceled", "integration", session["id"]})

	done := w.connected(t, "user_42")
	w.refuse(t, "POST", "/v1/sessions/"+idOf(done)+"/cancel", "", 409, "", "already_connected")
	old := w.create(t, "")
	w.clock.advance(time.Hour)
	w.refuse(t, "POST", "/v1/sessions/"+idOf(old)+"/cancel", "", 409, "", "link_expired")
	w.refuse(t, "POST", "/v1/sessions/4711/cancel", "", 404, "", "not_found")
}

// Whoever waits for a session hears of a cancel and of a confirmation.
func TestWaitHearsWhatTheApplicationDoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	session := w.create(t, "")
	waited := w.wait(session)
	wantStatus(t, w.call(t, w.key, "POST", "/v1/sessions/"+idOf(session)+"/cancel", ""), 200)
	if got := <-waited; got.body["status"] != "canceled" {
		t.Errorf("got %s, want to hear of the cancel", got.text)
	}
}
