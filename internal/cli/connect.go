package cli

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ConnectCmd is `patchbay connect`.
type ConnectCmd struct {
	Owner     string   `name:"owner" placeholder:"ID" help:"Whose channels they will be: your own id of the user. Made when unknown."`
	Platforms []string `name:"platform" placeholder:"NAME" help:"Offer only this platform, such as facebook. May be repeated."`

	linkFlags
	serverFlags
}

// Help is shown by --help.
func (*ConnectCmd) Help() string {
	return `Makes a connect link, shows it with a QR code, waits until somebody has connected an account, and prints the channels.

Somebody who declines or meets an error may try again until the link expires: connect says so and waits on. With --fail-fast it ends there.

Examples:

    patchbay connect
    patchbay connect --owner user_42 --platform facebook --platform x
    patchbay connect --expires-in 2h --timeout 10m
    patchbay connect --json --fail-fast

With --json the lines are

    {"event":"link","session_id":17,"connect_url":"https://…","expires_at":"…","owner":"user_42"}
    {"event":"result","session_id":17,"status":"succeeded","exit_code":0,"channels":[…], …}
` + connectExitHelp
}

// Run makes the link and waits.
func (c *ConnectCmd) Run(ctx context.Context, w *World) error {
	cl, err := c.client(w)
	if err != nil {
		return err
	}
	var made session
	if err := cl.post(ctx, "/v1/sessions", c.request(), &made); err != nil {
		return ended(ctx, err)
	}
	return c.follow(ctx, w, cl, made, wording{
		intro: func(p palette, s session) string {
			return "Open this link, or send it to the person who is to connect an account.\nThe channels will be those of " + p.bold(ownerName(s.Owner)) + "."
		},
		done: func(s session) string {
			return fmt.Sprintf("Connected %s to %s:", counted(len(s.Channels), "channel"), ownerName(s.Owner))
		},
		again: "`patchbay connect`",
	})
}

func (c *ConnectCmd) request() newSession {
	n := c.newSession()
	n.Platforms = c.Platforms
	if c.Owner != "" {
		n.Owner = &newOwner{c.Owner}
	}
	return n
}

// linkFlags are those of the commands that make a link and wait for a person.
type linkFlags struct {
	RedirectURL string        `name:"redirect-url" placeholder:"URL" help:"Where the person returns to afterwards."`
	ExpiresIn   time.Duration `name:"expires-in" default:"15m" placeholder:"TIME" help:"How long the link can be used, from 1m to 24h (default: ${default})."`
	Timeout     time.Duration `name:"timeout" placeholder:"TIME" help:"Stop waiting after this time; the link stays open (default: wait until the link ends)."`
	FailFast    bool          `name:"fail-fast" help:"End at the first failure, although the person may still try again."`
	QR          *bool         `name:"qr" negatable:"" help:"Show a QR code (default: on a terminal that is wide enough)."`
	JSON        bool          `name:"json" help:"Print one JSON line with the link, one with the result, nothing else."`
}

// Validate is called by the parser.
func (f *linkFlags) Validate() error {
	switch {
	case f.ExpiresIn < time.Minute || f.ExpiresIn > 24*time.Hour:
		return errors.New("--expires-in: must be between 1m and 24h")
	case f.Timeout < 0:
		return errors.New("--timeout: must not be negative")
	}
	return nil
}

func (f *linkFlags) newSession() newSession {
	return newSession{RedirectURL: f.RedirectURL, ExpiresIn: int(f.ExpiresIn.Seconds())}
}

var errTimeout = errors.New("timeout")

// follow shows the link of a session, waits for its end and tells it.
func (f *linkFlags) follow(ctx context.Context, w *World, cl *client, made session, say wording) error {
	tell := f.teller(w, say)
	if err := tell.link(made); err != nil {
		return err
	}
	if f.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, f.Timeout, errTimeout)
		defer cancel()
	}
	last, err := waiter{client: cl, world: w, failFast: f.FailFast, seen: tell.seen, silent: tell.silent}.wait(ctx, made)
	result := f.judge(w, last, ended(ctx, err), say.again+" makes a new link")
	return errors.Join(tell.result(last, result), result)
}

// judge turns the session's end, or why the waiting ended before, into the
// program's; nil is success.
func (f *linkFlags) judge(w *World, s session, err error, again string) error {
	open := "the link stays open until " + w.clock(s.ExpiresAt)
	switch {
	case errors.Is(err, errTimeout):
		return &exitError{exitExpired, fmt.Sprintf("nobody finished within %s", f.Timeout), open, err}
	case errors.Is(err, errInterrupted):
		return &exitError{exitInterrupted, "stopped waiting", open, err}
	case err != nil:
		return err
	}
	switch s.Status {
	case statusSucceeded:
		return nil
	case statusFailed:
		return &exitError{code: exitFailed, what: "not connected: " + s.failure(), next: afterFailure(s, open, again)}
	case statusCanceled:
		return &exitError{code: exitCanceled, what: "the link was canceled", next: again}
	case statusExpired:
		return &exitError{code: exitExpired, what: "the link expired before anybody finished", next: again + "; --expires-in gives more time"}
	default:
		return &exitError{code: exitOther, what: "the session ended as " + s.Status, next: "this program may be older than the server: compare `patchbay version`"}
	}
}

func afterFailure(s session, open, again string) string {
	if s.open() { // --fail-fast
		return open + ", and the person may try again"
	}
	return again
}
