package api_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/connect"
)

func TestSessionIsMadeAndReadAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.create(t, `{"owner":{"external_id":"user_42","name":"Corner bakery"},"platforms":["garden","x"],"selection":"one",
		"redirect_url":"https://app.example/back?a=1&b=2","expires_in":120,"a_later_version_s_member":true}`)
	if link := made["connect_url"].(string); !regexp.MustCompile(`^https://connect\.example/connect/s/[\w-]{43}$`).MatchString(link) {
		t.Errorf("got connect_url %q", link)
	}
	delete(made, "connect_url")
	read := w.get(t, "/v1/sessions/"+idOf(made))
	if diff := cmp.Diff(made, read); diff != "" {
		t.Errorf("the session reads differently from how it was made (-made +read):\n%s", diff)
	}
	at := func(member string) time.Time { return when(t, read[member]) }
	if got := at("expires_at").Sub(at("created_at")); got != 2*time.Minute {
		t.Errorf("got a life of %s, want 2m", got)
	}
	for _, member := range []string{"created_at", "updated_at", "expires_at"} {
		delete(read, member)
	}
	want := map[string]any{
		"id": read["id"], "status": "pending", "origin": "native", "selection": "one", "initiator_check": "same_browser", "confirm_by": nil, "platforms": []any{"garden", "x"},
		"owner":        map[string]any{"id": read["owner"].(map[string]any)["id"], "external_id": "user_42", "name": "Corner bakery"},
		"redirect_url": "https://app.example/back?a=1&b=2", "platform": nil, "reason": nil, "message": nil, "ended_at": nil,
		"reconnect_channel_id": nil, "channel_ids": []any{}, "channels": []any{},
	}
	if diff := cmp.Diff(want, read); diff != "" {
		t.Errorf("session (-want +got):\n%s", diff)
	}
}

func when(t *testing.T, v any) time.Time {
	t.Helper()
	at, err := time.Parse("2006-01-02T15:04:05.000Z", v.(string))
	must(t, err)
	return at
}

func TestSessionNeedsNoBody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, body := range []string{"", "{}", ` {"owner":null,"platforms":null,"redirect_url":null}`} {
		made := w.create(t, body)
		if got := when(t, made["expires_at"]).Sub(when(t, made["created_at"])); got != connect.DefaultSessionTTL {
			t.Errorf("body %q: got a life of %s, want the default", body, got)
		}
		if got := made["owner"].(map[string]any)["name"]; got != "Test" || made["selection"] != "platform" {
			t.Errorf("body %q: got owner %v and selection %v, want the default ones", body, got, made["selection"])
		}
	}
}

func TestSessionTellsItsChannels(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.garden.reach(3)
	made := w.create(t, `{"owner":{"external_id":"user_42"}}`)
	w.consent(t, made, "")
	view, err := w.svc.OpenLink(t.Context(), linkOf(made), browser)
	must(t, err)
	_, err = w.svc.Choose(t.Context(), connect.ChooseRequest{
		Link: linkOf(made), Browser: browser, TargetIDs: []int64{view.Targets[0].ID, view.Targets[2].ID},
	})
	must(t, err)
	got := w.get(t, "/v1/sessions/"+idOf(made))
	if got["status"] != "succeeded" || got["platform"] != "garden" || got["ended_at"] == nil {
		t.Fatalf("got %v, want a session that succeeded at the garden", got)
	}
	var ids []any
	for i, c := range got["channels"].([]any) {
		c := c.(map[string]any)
		ids = append(ids, c["id"])
		want := map[string]any{
			"id": c["id"], "platform": "garden", "kind": "page", "external_id": fmt.Sprintf("page-1-%d", 2*i), "name": fmt.Sprintf("Page %d", 2*i),
			"username": "page", "url": nil, "avatar_url": nil,
		}
		if diff := cmp.Diff(want, c); diff != "" {
			t.Errorf("channel %d (-want +got):\n%s", i, diff)
		}
	}
	if diff := cmp.Diff(got["channel_ids"], any(ids)); diff != "" || len(ids) != 2 {
		t.Errorf("channel_ids and channels differ or are not two: %v", got)
	}
}

func TestSessionTellsWhyItFailedAndHowItEnded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.create(t, "")
	w.consent(t, made, "access_denied")
	got := w.get(t, "/v1/sessions/"+idOf(made))
	if got["status"] != "failed" || got["reason"] != "denied" || got["message"] != "User denied permissions" || got["ended_at"] != nil {
		t.Errorf("got %v, want failed with the reason denied, and not ended", got)
	}
	forgotten := w.create(t, "")
	w.clock.advance(time.Hour)
	if got := w.get(t, "/v1/sessions/"+idOf(forgotten)); got["status"] != "expired" || got["ended_at"] == nil {
		t.Errorf("got %v, want expired", got)
	}
}

func TestTimelineListsEveryStep(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.create(t, "")
	path := "/v1/sessions/" + idOf(made) + "/attempts"
	if got := w.get(t, path)["data"]; cmp.Diff([]any{}, got) != "" {
		t.Errorf("got %v before the first attempt, want []", got)
	}
	w.consent(t, made, "access_denied")
	w.consent(t, made, "")
	var told []string
	for _, a := range w.get(t, path)["data"].([]any) {
		a := a.(map[string]any)
		told = append(told, fmt.Sprint(a["platform"], " ", a["status"], " ", a["reason"]))
		for _, s := range a["steps"].([]any) {
			s := s.(map[string]any)
			when(t, s["at"])
			told = append(told, fmt.Sprint(s["number"], " ", s["name"], " ", s["detail"]))
		}
	}
	want := []string{
		"garden denied denied", "1 begun <nil>", "2 denied denied",
		"garden succeeded <nil>", "1 begun <nil>", "2 exchanging <nil>", "3 credentials_stored <nil>", "4 succeeded 1",
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("timeline (-want +got):\n%s", diff)
	}
}

func TestWaitEndsWhenTheSessionDoes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ errorParam, status string }{
		"success": {"", "succeeded"}, "failure": {"access_denied", "failed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			made := w.create(t, "")
			waited := w.wait(made)
			w.consent(t, made, test.errorParam)
			if got := <-waited; got.status != 200 || got.body["status"] != test.status {
				t.Errorf("got %d %s, want status %s", got.status, got.text, test.status)
			}
		})
	}
}

func TestWaitEndsWithTheProgram(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	waited := w.wait(w.create(t, ""))
	w.svc.StopWaiting()
	if got := <-waited; got.status != 200 || got.body["status"] != "pending" {
		t.Errorf("got %d %s, want the pending session", got.status, got.text)
	}
}

// wait begins a wait of a minute and returns once it has seen the session pending.
func (w *world) wait(session map[string]any) <-chan answer {
	waited := make(chan answer, 1)
	go func() {
		got, err := w.try(w.key, "GET", "/v1/sessions/"+idOf(session)+"?wait=60", "")
		if err != nil {
			got.text = err.Error()
		}
		waited <- got
	}()
	<-w.store.looked
	return waited
}

func TestAnswersAreNotStored(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, a := range []answer{w.call(t, w.key, "POST", "/v1/sessions", ""), w.call(t, w.key, "GET", "/v1/nothing", "")} {
		if got := a.header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("got Cache-Control %q, want no-store", got)
		}
	}
	if strings.Contains(w.log.String(), "/connect/s/") {
		t.Error("the log holds a connect link")
	}
}
