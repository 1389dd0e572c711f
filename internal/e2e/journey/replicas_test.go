package journey_test

import (
	"net/http"
	"strings"
	"testing"

	"patchbay/internal/e2e"
)

// Who waits at one replica hears of what happened at another.
func TestAWaiterHearsOfAnotherReplica(t *testing.T) {
	t.Parallel()
	first := e2e.Start(t, e2e.Options{Engine: "postgres"})
	second := e2e.Start(t, e2e.Options{Engine: "postgres", Beside: first})
	link := first.NewLink(t, "user-1", "")
	told := make(chan string, 1)
	go func() { told <- string(first.Call(t, http.MethodGet, "/v1/sessions/1?wait=60", nil).Body) }()
	p := e2e.NewPerson(t)
	page := p.Open(second.URL + "/connect/s/" + link.Token)
	p.Submit(p.Form(page, "/leave", ""), nil)
	if got := <-told; !strings.Contains(got, `"status":"canceled"`) {
		t.Errorf("got %s, want to hear that it was canceled", got)
	}
}

// A key, a link and a consent that began at one replica work at the other: nothing of
// a journey is in the memory of a process.
func TestAJourneyGoesOnAtAnotherReplica(t *testing.T) {
	t.Parallel()
	first := e2e.Start(t, e2e.Options{Engine: "postgres"})
	second := e2e.Start(t, e2e.Options{Engine: "postgres", Beside: first})
	p := e2e.NewPerson(t) // one host name: the cookie goes to both
	link := first.NewLink(t, "user-1", "")
	picker := p.Open(decide(p, choose(p, link.URL, "facebook"), "approve", nil).Redirect)
	there := p.Open(strings.Replace(picker.URL.String(), first.URL, second.URL, 1))
	pick(t, p, there, 2)
	if s := second.LinkStatus(t, link); s.ConnectStatus != "success" || len(s.ChannelIDs) != 2 {
		t.Errorf("got %+v, want success of two channels", s)
	}
}
