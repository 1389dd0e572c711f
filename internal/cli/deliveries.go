package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// DeliveriesCmd is `patchbay deliveries`.
type DeliveriesCmd struct {
	List   DeliveriesListCmd   `cmd:"" help:"List what was sent to endpoints, and what came of it."`
	Show   DeliveriesShowCmd   `cmd:"" help:"Show one delivery: its attempts, what was answered, what was sent."`
	Replay DeliveriesReplayCmd `cmd:"" help:"Send one delivery's event again."`
}

// Help is shown by --help.
func (*DeliveriesCmd) Help() string {
	return `A delivery is one event on its way to one endpoint. It is tried ten times over about three days.

Examples:

    patchbay deliveries list --endpoint 2 --state failed
    patchbay deliveries show 90
    patchbay deliveries replay 90
    patchbay endpoints replay 2 --since 2h --failed-only      # many at once
`
}

// deliveryArg is the delivery that a command is about.
type deliveryArg struct {
	ID int64 `arg:"" name:"id" help:"The delivery's id, as list shows it."`
}

func (a deliveryArg) path() string { return fmt.Sprintf("/v1/deliveries/%d", a.ID) }

func (a deliveryArg) missing(err error) error {
	if !isNotFound(err) {
		return err
	}
	return &exitError{code: exitOther, what: fmt.Sprintf("there is no delivery %d in this workspace", a.ID), next: "`patchbay deliveries list` shows the newest", cause: err}
}

// delivery is what the API says of one.
type delivery struct {
	ID         int64     `json:"id"`
	EndpointID int64     `json:"endpoint_id"`
	MessageID  string    `json:"message_id"`
	Type       string    `json:"type"`
	ChannelID  int64     `json:"channel_id"`
	ReplayID   int64     `json:"replay_id"`
	State      string    `json:"state"`
	Attempts   int       `json:"attempts"`
	NextAt     time.Time `json:"next_at"`
	Status     int       `json:"status"`
	Error      string    `json:"error"`
	CreatedAt  time.Time `json:"created_at"`
	EndedAt    time.Time `json:"ended_at"`

	Log  []attempt `json:"attempts_log"` // of one delivery only, with Body
	Body string    `json:"body"`
}

type attempt struct {
	Number int       `json:"number"`
	At     time.Time `json:"at"`
	TookMS int64     `json:"took_ms"`
	Status int       `json:"status"`
	Error  string    `json:"error"`
	Answer string    `json:"answer"`
}

func decodeDelivery(raw json.RawMessage) (delivery, error) {
	var d delivery
	if err := json.Unmarshal(raw, &d); err != nil {
		return d, fmt.Errorf("delivery in the server's answer: %w", err)
	}
	return d, nil
}

func (d delivery) paint(p palette) func(string) string {
	switch d.State {
	case "delivered":
		return p.good
	case "pending":
		return p.warn
	case "failed", "dropped":
		return p.bad
	default:
		return p.dim
	}
}

// came is what came of the last attempt.
func (d delivery) came() string {
	if d.Error == "" {
		return statusText(d.Status)
	}
	return d.Error
}

// print is one fact a line, then the attempts as a table, then the body.
func (d delivery) print(w *World) {
	p := w.palette(w.Stdout)
	fmt.Fprintf(w.Stdout, "%s %s %s\n\n", p.dim(fmt.Sprintf("Delivery %d", d.ID)), p.bold(clean(d.Type)), d.paint(p)(clean(d.State)))
	line := func(label, value string) {
		if value = clean(value); value != "" {
			fmt.Fprintf(w.Stdout, "  %s%s\n", p.dim(pad(label, 14)), value)
		}
	}
	line("endpoint", idFilter(d.EndpointID))
	line("message", d.MessageID)
	line("channel", idFilter(d.ChannelID))
	line("of replay", idFilter(d.ReplayID))
	line("queued", w.day(d.CreatedAt))
	line("ended", w.day(d.EndedAt))
	switch {
	case d.State != "pending":
	case d.NextAt.IsZero():
		line("next attempt", "after an earlier one about the same channel")
	default:
		line("next attempt", w.told(d.NextAt))
	}
	d.printAttempts(w, p)
	d.printBody(w, p)
}

func (d delivery) printAttempts(w *World, p palette) {
	if len(d.Log) == 0 {
		return
	}
	fmt.Fprintln(w.Stdout)
	rows := make([][]cell, len(d.Log))
	for i, a := range d.Log {
		paint := p.bad
		if a.Status/100 == 2 {
			paint = p.good
		}
		status := statusText(a.Status)
		if status == "" {
			status = "no answer"
		}
		rows[i] = []cell{
			{fmt.Sprint(a.Number), nil},
			{w.day(a.At), nil},
			{took(a.TookMS), nil},
			{status, paint},
			{clean(a.Error), nil},
			{clean(strings.TrimSpace(a.Answer)), p.dim},
		}
	}
	writeTable(w.Stdout, p, w.width(w.Stdout), []string{"ATTEMPT", "TIME", "TOOK", "STATUS", "ERROR", "ANSWER"}, rows)
}

// printBody shows what was sent, indented where it is JSON; --json has it byte for byte.
func (d delivery) printBody(w *World, p palette) {
	if d.Body == "" {
		fmt.Fprintf(w.Stdout, "\n%s\n", p.dim("No body: it was not written yet, or was blanked when its owner was erased."))
		return
	}
	text := d.Body
	var indented bytes.Buffer
	if json.Indent(&indented, []byte(d.Body), "", "  ") == nil {
		text = indented.String()
	}
	fmt.Fprintln(w.Stdout)
	for line := range strings.Lines(text) {
		fmt.Fprintln(w.Stdout, clean(strings.TrimRight(line, "\n")))
	}
}
