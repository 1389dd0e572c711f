package cli

import (
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"
)

// teller says what happens to a connect link.
type teller interface {
	link(s session) error
	seen(s session)   // the server's answer while waiting
	silent(err error) // the server does not answer, and is asked again
	result(s session, err error) error
}

// teller tells a person with the given words, or a program.
func (f linkFlags) teller(w *World, say wording) teller {
	if f.JSON {
		return jsonTeller{w}
	}
	return &textTeller{world: w, say: say, qr: f.QR, out: w.palette(w.Stdout), notes: w.palette(w.Stderr)}
}

// wording is what differs between the commands that make a link.
type wording struct {
	intro func(p palette, s session) string // above the link
	done  func(s session) string            // above the channels
	again string                            // how to get another link
}

// jsonTeller writes two lines for a program, and is silent in between.
type jsonTeller struct{ world *World }

type linkEvent struct {
	Event      string    `json:"event"`
	SessionID  int64     `json:"session_id"`
	ConnectURL string    `json:"connect_url"`
	ExpiresAt  time.Time `json:"expires_at"`
	Owner      string    `json:"owner"`
}

type resultEvent struct {
	Event     string            `json:"event"`
	SessionID int64             `json:"session_id"`
	Status    string            `json:"status"` // the session's last known one
	ExitCode  int               `json:"exit_code"`
	Error     string            `json:"error,omitempty"` // as on standard error
	Platform  string            `json:"platform,omitempty"`
	Reason    string            `json:"reason,omitempty"`
	Message   string            `json:"message,omitempty"`
	Channels  []json.RawMessage `json:"channels"`
}

func (t jsonTeller) link(s session) error {
	return writeJSON(t.world.Stdout, linkEvent{"link", s.ID, s.ConnectURL, s.ExpiresAt, s.Owner.ExternalID})
}

func (jsonTeller) seen(session) {}
func (jsonTeller) silent(error) {}

func (t jsonTeller) result(s session, err error) error {
	e := resultEvent{Event: "result", SessionID: s.ID, Status: s.Status, Platform: s.Platform, Reason: s.Reason, Message: s.Message}
	e.Channels = append([]json.RawMessage{}, s.Channels...)
	if err != nil {
		e.ExitCode, e.Error = exitCode(err), err.Error()
	}
	return writeJSON(t.world.Stdout, e)
}

// textTeller talks to a person: the link and the channels on standard output, what
// goes on in between on standard error.
type textTeller struct {
	world      *World
	say        wording
	qr         *bool
	out, notes palette
	told       string // the failure that was told last
	lost       bool   // it was told that the server does not answer
	current    string // the line that is waiting to be replaced; terminals only
}

func (t *textTeller) link(s session) error {
	out := t.world.Stdout
	fmt.Fprintf(out, "%s\n\n", t.say.intro(t.out, s))
	if err := t.showQR(s.ConnectURL); err != nil {
		return err
	}
	fmt.Fprintf(out, "  %s\n\n", clean(s.ConnectURL))
	if onlyHere(s.ConnectURL) && t.world.width(out) > 0 {
		fmt.Fprintf(out, "%s\n\n", t.out.dim("This address works on this computer only. For a phone: patchbay dev --public-url URL"))
	}
	t.waiting("Waiting until " + t.world.clock(s.ExpiresAt) + ". Ctrl-C stops waiting; the link stays open.")
	return nil
}

// showQR draws the link where it was asked for, or where it fits.
func (t *textTeller) showQR(link string) error {
	out := t.world.Stdout
	columns := t.world.width(out)
	if t.qr != nil && !*t.qr || t.qr == nil && columns == 0 {
		return nil
	}
	lines, width, err := renderQR(link, t.world.colors(out))
	if err != nil {
		return err
	}
	if t.qr == nil && width+2 > columns {
		fmt.Fprintf(out, "%s\n\n", t.out.dim(fmt.Sprintf("(The QR code needs %d columns.)", width+2)))
		return nil
	}
	fmt.Fprintf(out, "  %s\n\n", strings.Join(lines, "\n  "))
	return nil
}

func (t *textTeller) seen(s session) {
	t.lost = false
	if s.Status != statusFailed {
		t.told = ""
		return
	}
	if failure := s.failure(); s.open() && failure != t.told {
		t.told = failure
		t.note(t.notes.warn("Not connected: " + clean(failure)))
		t.waiting("The person may try again until " + t.world.clock(s.ExpiresAt) + ". Still waiting.")
	}
}

func (t *textTeller) silent(err error) {
	if !t.lost {
		t.lost = true
		t.note(t.notes.warn("The server does not answer; asking again."))
	}
}

func (t *textTeller) result(s session, err error) error {
	t.erase()
	if len(s.Channels) > 0 {
		fmt.Fprintf(t.world.Stdout, "%s\n\n", t.out.good(t.say.done(s)))
		return printSummaries(t.world, s.Channels)
	}
	if err == nil {
		fmt.Fprintln(t.world.Stdout, "Connected, but the session names no channel.")
	}
	return nil
}

// waiting shows one line that the next one replaces; where standard error is no
// terminal, a line like any other.
func (t *textTeller) waiting(line string) {
	columns := t.world.width(t.world.Stderr)
	if columns == 0 {
		fmt.Fprintln(t.world.Stderr, line)
		return
	}
	t.current = "\r\x1b[K" + t.notes.dim(shorten(line, columns-1))
	fmt.Fprint(t.world.Stderr, t.current)
}

// note is a line that stays, above the one that is waiting.
func (t *textTeller) note(line string) {
	t.erase()
	fmt.Fprintf(t.world.Stderr, "%s\n%s", line, t.current)
}

func (t *textTeller) erase() {
	if t.world.width(t.world.Stderr) > 0 {
		fmt.Fprint(t.world.Stderr, "\r\x1b[K")
	}
}

func ownerName(o owner) string {
	switch {
	case o.ExternalID == "" || o.Name == o.ExternalID:
		return clean(o.Name)
	case o.Name == "":
		return clean(o.ExternalID)
	}
	return clean(o.Name + " (" + o.ExternalID + ")")
}

// onlyHere tells whether a link leads to the machine of whoever opens it.
func onlyHere(link string) bool {
	u, err := url.Parse(link)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
