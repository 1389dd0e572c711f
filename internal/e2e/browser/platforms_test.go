package browser

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"patchbay/internal/e2e"
	"patchbay/internal/testkit"
)

// consents are ways through the platforms that have no file of their own here.
var consents = []struct {
	name, platform string
	server         string // typed first, where the platform has many
	persona        string
	untick         []string
	reads          []string // on the picker
	pick           []string // empty: there is nothing to choose
	want           []string // channels
}{
	{
		name: "instagram, many", platform: "instagram", persona: "creator", reads: []string{"lab.claystudio"},
		pick: []string{"Clay Studio", "lab_morning_ferry"}, want: []string{"Clay Studio", "lab_morning_ferry"},
	},
	{
		name: "instagram, one page ticked", platform: "instagram", persona: "creator", untick: []string{"Morning Ferry"},
		want: []string{"Clay Studio"},
	},
	{
		name: "instagram, partial", platform: "instagram", persona: "portfolio", untick: []string{"instagram_manage_insights"},
		reads: []string{"You did not allow everything", "read statistics"}, pick: []string{"Glass Orchard"}, want: []string{"Glass Orchard"},
	},
	{
		name: "linkedin, many", platform: "linkedin", persona: "creator", reads: []string{"Creator with organizations", "Copper Loom"},
		pick: []string{"Tidewater Works", "Field Notes Press"}, want: []string{"Tidewater Works", "Field Notes Press"},
	},
	{name: "linkedin, member", platform: "linkedin", persona: "member", want: []string{"Member without an organization"}},
	{name: "mastodon", platform: "mastodon", server: "@lab_creator@mastodon.example", persona: "creator", want: []string{"Creator account"}},
	{
		name: "mastodon before 4.3", platform: "mastodon", server: "https://old.mastodon.example/", persona: "second",
		want: []string{"lab_second@old.mastodon.example"},
	},
}

func TestEveryPlatformApproved(t *testing.T) {
	t.Parallel()
	for i, c := range consents {
		engine, options := []string{"sqlite", "postgres"}[i%2], [][]testkit.BrowserOption{{testkit.Phone()}, {testkit.NoScript()}}[i%2]
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := begin(t, e2e.Options{Engine: engine})
			p := w.person("person", options...)
			session := w.nativeSession()
			p.open(session.ConnectURL)
			p.goTo(c.platform, c.server)
			p.consent(c.persona, c.untick...)
			if c.pick != nil {
				p.at(pickerPage)
				p.reads(c.reads...)
				p.pick(c.pick...)
			}
			p.at(returnedPage)
			w.wantReturn(fmt.Sprintf("?session_id=%d&status=succeeded", session.ID))
			w.wantChannels(c.platform, c.want)
			w.wantTimes(len(c.want), "channel.connected")
		})
	}
}

func TestEveryPlatformDenied(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ platform, server, persona, no string }{
		{"instagram", "", "creator", "Deny"},
		{"linkedin", "", "member", "Deny"},
		{"linkedin", "", "member", "Do not sign in"},
		{"mastodon", "mastodon.example", "creator", "Deny"},
		{"mastodon", "old.mastodon.example", "creator", "Deny"},
	} {
		t.Run(c.platform+" "+c.server+c.no, func(t *testing.T) {
			t.Parallel()
			w := begin(t, e2e.Options{})
			p := w.person("person", testkit.Phone(), testkit.Dark())
			session := w.nativeSession()
			p.open(session.ConnectURL)
			p.goTo(c.platform, c.server)
			p.click(c.no)
			p.at(deniedPage)
			w.wantSession(session.ID, "failed", "denied")
			p.click("Try again")
			if c.server != "" {
				p.typeServer(c.server)
			}
			p.click(c.no)
			p.at(deniedPage)
			p.click("Back to Harbour Tools")
			p.at(returnedPage)
			w.wantReturn(fmt.Sprintf("?session_id=%d&status=failed&reason=denied", session.ID))
			w.wantNoChannels()
		})
	}
}

// Somebody whose consent reaches nothing learns why, and may come back as another.
func TestInstagramNothingBehindThePages(t *testing.T) {
	t.Parallel()
	for persona, heading := range map[string]string{"nopages": nothingPage, "personal": "No Instagram account was found behind your pages"} {
		t.Run(persona, func(t *testing.T) {
			t.Parallel()
			w := begin(t, e2e.Options{})
			p := w.person("person", testkit.Phone())
			session := w.nativeSession()
			p.open(session.ConnectURL)
			p.goTo("instagram", "")
			p.consent(persona)
			p.at(heading)
			p.reads("Usual causes")
			p.click("Try again")
			p.consent("creator", "Clay Studio")
			p.at(returnedPage)
			w.wantChannels("instagram", []string{"lab_morning_ferry"})
		})
	}
}

func TestInstagramRequiredPermissionLeftOut(t *testing.T) {
	t.Parallel()
	w := begin(t, e2e.Options{})
	p := w.person("person")
	p.open(w.nativeSession().ConnectURL)
	p.goTo("instagram", "")
	p.consent("creator", "instagram_content_publish")
	p.at(missingPage)
	w.wantNoChannels()
}

// What is typed wrong is explained beside the field, which keeps it.
func TestServerPage(t *testing.T) {
	t.Parallel()
	for name, options := range map[string][]testkit.BrowserOption{
		"phone dark": {testkit.Phone(), testkit.Dark()}, "desktop without JavaScript": {testkit.Desktop(), testkit.Light(), testkit.NoScript()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := begin(t, e2e.Options{})
			p := w.person("person", options...)
			p.open(w.nativeSession().ConnectURL)
			p.step("choose Mastodon", chromedp.Click(platformButton("mastodon"), chromedp.ByQuery, chromedp.NodeVisible))
			p.at("Connect Mastodon")
			p.reads("The Lab plays these servers", "old.mastodon.example")
			p.doesNotRead("Use an app password instead")
			for _, tt := range []struct{ typed, want string }{
				{"", "Type the address of your server."},
				{"mastodon", "This does not look like the address of a server."},
				{"127.0.0.1", "This does not look like the address of a server."},
				{"closed.mastodon.example", "This server cannot be used"},
			} {
				p.typeServer(tt.typed)
				p.at("Connect Mastodon")
				p.reads(tt.want)
				var kept string
				p.do("read the field", chromedp.Value("#field", &kept, chromedp.ByQuery))
				if kept != tt.typed {
					t.Errorf("field after %q: got %q, want what was typed", tt.typed, kept)
				}
			}
			p.typeServer("mastodon.example")
			p.atLab()
		})
	}
}

// goTo chooses a platform, names a server where it has many, and arrives at the Lab.
func (p *person) goTo(id, server string) {
	p.t.Helper()
	if server == "" {
		p.choosePlatform(id)
		return
	}
	p.step("choose "+id, chromedp.Click(platformButton(id), chromedp.ByQuery, chromedp.NodeVisible))
	p.typeServer(server)
	p.atLab()
}

func (p *person) typeServer(name string) {
	p.t.Helper()
	p.do("clear the field", chromedp.Clear("#field", chromedp.ByQuery))
	if name != "" {
		p.do("name a server", chromedp.SetValue("#field", name, chromedp.ByQuery))
	}
	p.click("Continue")
}

type nativeSession struct {
	ID         int64  `json:"id"`
	ConnectURL string `json:"connect_url"`
	Status     string `json:"status"`
	Reason     string `json:"reason"`
}

// nativeSession offers every platform, and its person returns to the receiver.
func (w *place) nativeSession() nativeSession {
	w.t.Helper()
	var s nativeSession
	w.call(http.MethodPost, "/v1/sessions", fmt.Sprintf(`{"owner":{"external_id":"customer-7"},"redirect_url":%q}`, w.Receiver.URL), &s)
	return s
}

func (w *place) wantNoChannels() {
	w.t.Helper()
	if got := w.channels(); len(got) != 0 {
		w.t.Errorf("channels: got %v, want none", got)
	}
}

// wantSession waits for the session to change, if it has not yet.
func (w *place) wantSession(id int64, status, reason string) {
	w.t.Helper()
	var got nativeSession
	w.call(http.MethodGet, fmt.Sprintf("/v1/sessions/%d?wait=5", id), "", &got)
	if d := cmp.Diff([]string{status, reason}, []string{got.Status, got.Reason}); d != "" {
		w.t.Errorf("session %d (-want +got):\n%s", id, d)
	}
}
