package bluesky_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/e2e"
	"patchbay/internal/platform"
	"patchbay/internal/testkit"
)

const succeeded = "succeeded: begun exchanging credentials_stored succeeded"

func TestApprove(t *testing.T) {
	t.Parallel()
	for _, engine := range e2e.Engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			w := start(t, engine)
			connect := w.connect // the pages are the same on both
			if engine == "sqlite" {
				p := newPerson(t) // one for all: the server knows the browser again
				connect = func(t *testing.T, who testkit.AtprotoAccount) sessionJSON { return w.connectAs(t, p, who) }
			}
			first := connect(t, w.alice)
			w.checkSession(t, first, w.alice)
			w.checkStoredSession(t, w.alice)
			w.checkEvents(t, first, "session.created grant.created channel.connected session.succeeded")

			second := connect(t, w.bob)
			w.checkSession(t, second, w.bob)
			if first.ChannelIDs[0] == second.ChannelIDs[0] {
				t.Errorf("channel of a second account: got %d, the first one's, want another", second.ChannelIDs[0])
			}

			again := connect(t, w.alice)
			if diff := cmp.Diff(first.ChannelIDs, again.ChannelIDs); diff != "" {
				t.Errorf("channel of the same account (-first +again):\n%s", diff)
			}
			w.checkEvents(t, again, "session.created grant.renewed channel.reconnected session.succeeded")
			w.checkStoredSession(t, w.alice)

			want := []channelJSON{w.channel(first, w.alice), w.channel(second, w.bob)}
			if diff := cmp.Diff(want, w.channels(t)); diff != "" {
				t.Errorf("channels (-want +got):\n%s", diff)
			}
		})
	}
}

// connectAs does the whole journey, a slip of the fingers included, and reads the session afterwards.
func (w world) connectAs(t *testing.T, p person, who testkit.AtprotoAccount) sessionJSON {
	t.Helper()
	made := w.newSession(t)
	p.openHandlePage(made.ConnectURL)
	p.typeHandle("nobody.test")
	p.checkExplained("nobody.test", "There is no account with this handle. Check the spelling.")
	p.approve(who)
	w.checkReturn(t, fmt.Sprintf("/callback?session_id=%d&status=succeeded", made.ID))
	return w.session(t, made.ID)
}

// checkReturn looks at the last visit to the application.
func (w world) checkReturn(t *testing.T, want string) {
	t.Helper()
	arrivals := w.Receiver.Arrivals()
	if len(arrivals) == 0 {
		t.Fatalf("nobody came back, want %s", want)
	}
	if got := arrivals[len(arrivals)-1]; got != want {
		t.Errorf("return: got %s, want %s", got, want)
	}
}

func (w world) checkSession(t *testing.T, got sessionJSON, who testkit.AtprotoAccount) {
	t.Helper()
	if len(got.ChannelIDs) != 1 {
		t.Fatalf("session %d: got channels %v, want one", got.ID, got.ChannelIDs)
	}
	channel := w.channel(got, who)
	channel.Owner, channel.Lifecycle, channel.Health.Status = nil, "", "" // a session tells its channels in short
	want := sessionJSON{
		ID: got.ID, Status: "succeeded", Platform: "bluesky", ChannelIDs: got.ChannelIDs, Channels: []channelJSON{channel},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("session (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{succeeded}, w.timeline(t, got.ID)); diff != "" {
		t.Errorf("attempts (-want +got):\n%s", diff)
	}
}

// channel is what an account's channel is after the session.
func (w world) channel(s sessionJSON, who testkit.AtprotoAccount) channelJSON {
	c := channelJSON{
		ID: s.ChannelIDs[0], Owner: &ownerJSON{ExternalID: "u1"}, Platform: "bluesky", Kind: "profile", ExternalID: who.DID,
		Name: who.Handle, Username: who.Handle, URL: "https://bsky.app/profile/" + who.Handle, Lifecycle: "active",
	}
	c.Health.Status = "healthy"
	return c
}

func (w world) checkEvents(t *testing.T, s sessionJSON, want string) {
	t.Helper()
	if got := strings.Join(w.events(t, s.ID), " "); got != want {
		t.Errorf("events of session %d:\n got %s\nwant %s", s.ID, got, want)
	}
}

// checkStoredSession reads the profile at the account's server with the stored credentials.
func (w world) checkStoredSession(t *testing.T, who testkit.AtprotoAccount) {
	t.Helper()
	identity, targets, err := platform.Verify(t.Context(), w.platform(), w.storedSession(t, who.DID))
	if err != nil {
		t.Fatalf("read the profile of %s: %v", who.Handle, err)
	}
	if identity.Subject != who.DID || identity.Username != who.Handle {
		t.Errorf("profile: got %s %s, want %s %s", identity.Subject, identity.Username, who.DID, who.Handle)
	}
	if len(targets) != 1 || targets[0].ExternalID != who.DID {
		t.Errorf("targets: got %d, want the account itself", len(targets))
	}
}
