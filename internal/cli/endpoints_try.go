package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// EndpointsTryCmd is `patchbay endpoints test`.
type EndpointsTryCmd struct {
	endpointArg
	JSON bool `name:"json" help:"Print the outcome as the API answers it, on one line."`

	serverFlags
}

// Help is shown by --help.
func (*EndpointsTryCmd) Help() string {
	return `Sends a message of the type endpoint.test now, once, signed as all others are, and shows what the receiver answered. Works for a
disabled endpoint too. The exit code tells whether it was taken, so that a script can go by it.

Examples:

    patchbay endpoints test 2
    patchbay endpoints test 2 --json | jq .status
` + testExitHelp
}

// tested is what the API says of a test.
type tested struct {
	Delivered  bool   `json:"delivered"`
	MessageID  string `json:"message_id"`
	DeliveryID int64  `json:"delivery_id"`
	Status     int    `json:"status"`
	Error      string `json:"error"`
	Answer     string `json:"answer"`
	TookMS     int64  `json:"took_ms"`
}

// Run tests.
func (c *EndpointsTryCmd) Run(ctx context.Context, w *World) error {
	cl, err := c.client(w)
	if err != nil {
		return err
	}
	var raw json.RawMessage
	if err := cl.post(ctx, c.path()+"/test", struct{}{}, &raw); err != nil {
		return ended(ctx, c.missing(err))
	}
	var t tested
	if err := json.Unmarshal(raw, &t); err != nil {
		return fmt.Errorf("test in the server's answer: %w", err)
	}
	if c.JSON {
		err = writeJSON(w.Stdout, raw)
	} else {
		t.print(w)
	}
	if err != nil || t.Delivered {
		return err
	}
	return &exitError{code: exitNeeds, what: fmt.Sprintf("endpoint %d did not take the message", c.ID), next: t.advice()}
}

func (t tested) print(w *World) {
	p := w.palette(w.Stdout)
	head := p.good("Delivered")
	if !t.Delivered {
		head = p.bad("Not delivered")
	}
	fmt.Fprintf(w.Stdout, "%s in %s\n\n", head, took(t.TookMS))
	line := func(label, value string) {
		if value = clean(value); value != "" {
			fmt.Fprintf(w.Stdout, "  %s%s\n", p.dim(pad(label, 12)), value)
		}
	}
	line("status", cmp.Or(statusText(t.Status), "no answer"))
	line("error", t.Error)
	line("answer", strings.TrimSpace(t.Answer))
	line("message", t.MessageID)
	line("delivery", idFilter(t.DeliveryID))
}

// advice is what to look at first.
func (t tested) advice() string {
	switch {
	case t.Status == 0:
		return "look whether the receiver runs and whether the server can reach it; an address inside a private network is refused"
	case t.Status == http.StatusUnauthorized, t.Status == http.StatusForbidden, t.Status == http.StatusBadRequest:
		return "compare the secret that the receiver checks with, and check the body as it came, byte for byte"
	case t.Status/100 == 3:
		return "redirects are not followed: set the address where they lead with `patchbay endpoints change`"
	case t.Status == http.StatusNotFound, t.Status == http.StatusMethodNotAllowed:
		return "check the address: it must take POST"
	default:
		return "the receiver's log tells why; it must answer with a 2xx status within seconds"
	}
}

// statusText is a status with its name; empty: there was none.
func statusText(status int) string {
	if status == 0 {
		return ""
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status)))
}

func took(ms int64) string { return (time.Duration(ms) * time.Millisecond).String() }
