package custom_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/e2e"
)

// TestConnect: from a link to a channel over the server's own pages, as at any platform.
func TestConnect(t *testing.T) {
	t.Parallel()
	for _, v := range variants {
		for _, engine := range e2e.Engines {
			t.Run(v.name+"_"+engine, func(t *testing.T) {
				t.Parallel()
				w, who := start(t, engine, v), subject(t)
				got := w.connect(t, who)
				want := e2e.Channel{ID: got.ID, Platform: "acme", Name: "Account " + who, ExternalID: who, Lifecycle: "active"}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("channel (-want +got):\n%s", diff)
				}
				w.checkListed(t)
				w.checkLease(t, got, v)
			})
		}
	}
}

// checkListed: the platform is one among the others.
func (w world) checkListed(t *testing.T) {
	t.Helper()
	var p struct {
		Name       string `json:"name"`
		Configured bool   `json:"configured"`
		Setup      string `json:"setup_guide"`
	}
	w.Call(t, http.MethodGet, "/v1/platforms/acme", nil).Into(t, http.StatusOK, &p)
	if p.Name != "Acme" || !p.Configured || !strings.Contains(p.Setup, w.URL+"/oauth/callback/acme") {
		t.Errorf("platform: got %+v, want Acme, configured, with its callback in the guide", p)
	}
}

// checkLease: the leased token works at the server's API.
func (w world) checkLease(t *testing.T, c e2e.Channel, v variant) {
	t.Helper()
	l := w.lease(t, c.ID, 0)
	if want := map[bool]string{false: "Bearer", true: "DPoP"}[v.bound]; l.Type != want || (l.Key != nil) != v.bound || l.ChannelID != c.ID {
		t.Errorf("lease: got type %s, with a key: %t, of channel %d; want %s, %t, %d", l.Type, l.Key != nil, l.ChannelID, want, v.bound, c.ID)
	}
	next := w.lease(t, c.ID, l.Version)
	if next.Version <= l.Version || next.Access == l.Access {
		t.Errorf("newer token: got version %d after %d, the same token: %t", next.Version, l.Version, next.Access == l.Access)
	}
	if v.bound {
		return // the check proves it, with the key
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.server.Issuer+"/me", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+next.Access)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("userinfo with the leased token: got %d, want 200", resp.StatusCode)
	}
}

// TestDeny: the person cancels on the server's page.
func TestDeny(t *testing.T) {
	t.Parallel()
	w, p := start(t, "sqlite", variants[1]), e2e.NewPerson(t)
	consent := w.arrive(t, p, subject(t))
	_, rest, ok := strings.Cut(consent.Body, `<a href="`)
	abort, _, closed := strings.Cut(rest, `"`)
	if !ok || !closed {
		t.Fatalf("no way to cancel: %s", e2e.Text(consent))
	}
	page := p.Open(abort)
	if want := "You did not give permission"; !strings.Contains(e2e.Text(page), want) {
		t.Errorf("after cancelling: got %s, want %q", e2e.Text(page), want)
	}
	if got := w.Channels(t); len(got) != 0 {
		t.Errorf("got %d channels, want none", len(got))
	}
}

// TestWrongIssuer: an answer that names another server is not believed (RFC 9207): the
// server advertises iss, so it must be there.
func TestWrongIssuer(t *testing.T) {
	t.Parallel()
	for name, forge := range map[string]string{"another": "https%3A%2F%2Fother.example", "none": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, p := start(t, "sqlite", variants[0]), e2e.NewPerson(t)
			consent := w.arrive(t, p, subject(t))
			form := p.Form(consent, "", "")
			page := p.Fetch(form.Method, form.Action, form.Fields)
			for !strings.HasPrefix(page.Redirect, w.URL) && page.Redirect != "" {
				page = p.Fetch(http.MethodGet, page.Redirect, nil)
			}
			callback, _, ok := strings.Cut(page.Redirect, "&iss=")
			if !ok {
				t.Fatalf("got the callback %s, want one with iss", page.Redirect)
			}
			if forge != "" {
				callback += "&iss=" + forge
			}
			if got, want := e2e.Text(p.Open(callback)), "The answer came from the wrong place"; !strings.Contains(got, want) {
				t.Errorf("got %s, want %q", got, want)
			}
			if got := fmt.Sprint(w.Channels(t)); got != "[]" {
				t.Errorf("channels: got %s, want none", got)
			}
		})
	}
}
