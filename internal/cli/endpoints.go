package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// EndpointsCmd is `patchbay endpoints`.
type EndpointsCmd struct {
	List         EndpointsListCmd    `cmd:"" help:"List the addresses where events are sent, and whether they work."`
	Add          EndpointsAddCmd     `cmd:"" help:"Send events to an address; prints its signing secret once."`
	Show         EndpointsShowCmd    `cmd:"" help:"Show one endpoint."`
	Change       EndpointsChangeCmd  `cmd:"" help:"Change an endpoint's address, types or description."`
	Enable       EndpointsEnableCmd  `cmd:"" help:"Send again to an endpoint that is disabled."`
	Disable      EndpointsDisableCmd `cmd:"" help:"Send nothing to an endpoint for now."`
	Delete       EndpointsDeleteCmd  `cmd:"" help:"Take an endpoint away with its deliveries."`
	RotateSecret EndpointsRotateCmd  `cmd:"" help:"Give an endpoint a new secret, beside the one before for a while."`
	Test         EndpointsTryCmd     `cmd:"" help:"Send a test message now and show what was answered."`
	Replay       EndpointsReplayCmd  `cmd:"" help:"Send a range of events again."`
}

// Help is shown by --help.
func (*EndpointsCmd) Help() string {
	return `An endpoint is an address of your application where events are posted, signed. On your own machine, ` + "`patchbay listen`" + ` needs none.

Examples:

    patchbay endpoints add --url https://app.example/hooks/patchbay --type 'channel.*'
    patchbay endpoints test 2
    patchbay endpoints list
    patchbay deliveries list --endpoint 2 --state failed
    patchbay endpoints replay 2 --since 2h --failed-only
`
}

// endpointArg is the endpoint that a command is about.
type endpointArg struct {
	ID int64 `arg:"" name:"id" help:"The endpoint's id, as list shows it."`
}

func (a endpointArg) path() string { return fmt.Sprintf("/v1/endpoints/%d", a.ID) }

func (a endpointArg) missing(err error) error {
	if !isNotFound(err) {
		return err
	}
	return &exitError{code: exitOther, what: fmt.Sprintf("there is no endpoint %d in this workspace", a.ID), next: "`patchbay endpoints list --all` shows what there is", cause: err}
}

// endpoint is what the API says of one.
type endpoint struct {
	ID            int64     `json:"id"`
	Secret        string    `json:"secret"`         // in the answers that make it only
	PreviousUntil time.Time `json:"previous_until"` // after a rotation
	URL           string    `json:"url"`
	Types         []string  `json:"types"`
	Scheme        string    `json:"scheme"`
	Description   string    `json:"description"`
	OwnerID       int64     `json:"owner_id"`
	State         string    `json:"state"`
	Reason        string    `json:"reason"`
	Failures      int       `json:"failures"`
	FailingSince  time.Time `json:"failing_since"`
	SucceededAt   time.Time `json:"succeeded_at"`
	FailedAt      time.Time `json:"failed_at"`
	CreatedAt     time.Time `json:"created_at"`
}

// decodeEndpoint reads an answer. Its error quotes nothing: the answer may hold a secret.
func decodeEndpoint(raw json.RawMessage) (endpoint, error) {
	var e endpoint
	if json.Unmarshal(raw, &e) != nil {
		return e, errors.New("the server's answer is not an endpoint")
	}
	return e, nil
}

// condition is how an endpoint does, in a word or two.
func (e endpoint) condition() string {
	switch {
	case e.State != "active" && e.Reason == e.State: // somebody asked for it
		return e.State
	case e.State != "active":
		return joined(e.State, e.Reason)
	case e.Failures > 0:
		return "failing"
	case e.SucceededAt.IsZero():
		return "nothing sent yet"
	default:
		return "works"
	}
}

func (e endpoint) paint(p palette) func(string) string {
	switch {
	case e.State != "active":
		return p.bad
	case e.Failures > 0:
		return p.warn
	case e.SucceededAt.IsZero():
		return p.dim
	default:
		return p.good
	}
}

func (e endpoint) hears() string {
	if len(e.Types) == 0 {
		return "all"
	}
	return strings.Join(e.Types, " ")
}

// why explains an endpoint that is disabled, with what to do.
func (e endpoint) why() string {
	again := fmt.Sprintf("`patchbay endpoints enable %d` begins anew", e.ID)
	switch {
	case e.State == "active":
		return ""
	case e.Reason == "gone":
		return "it answered 410 Gone, which says: send nothing more. " + again
	case e.Reason == "failing":
		return "nothing but failures for days. Mend the receiver, try it with `patchbay endpoints test`, then " + again
	default:
		return "somebody asked for it. " + again
	}
}

// print is one fact a line; what is not known is left out.
func (e endpoint) print(w *World) {
	p := w.palette(w.Stdout)
	fmt.Fprintf(w.Stdout, "%s %s\n\n", p.dim(fmt.Sprintf("Endpoint %d", e.ID)), p.bold(clean(e.URL)))
	line := func(label, value string) {
		if value = clean(value); value != "" {
			fmt.Fprintf(w.Stdout, "  %s%s\n", p.dim(pad(label, 14)), value)
		}
	}
	fmt.Fprintf(w.Stdout, "  %s%s\n", p.dim(pad("state", 14)), e.paint(p)(clean(e.condition())))
	line("why", e.why())
	line("events", e.hears())
	line("of owner", idFilter(e.OwnerID))
	line("scheme", e.Scheme)
	line("description", e.Description)
	if e.Failures > 0 {
		line("failures", fmt.Sprintf("%d in a row", e.Failures))
	}
	line("failing since", w.told(e.FailingSince))
	line("last success", w.told(e.SucceededAt))
	line("last failure", w.told(e.FailedAt))
	line("made", w.day(e.CreatedAt))
}
