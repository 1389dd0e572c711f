package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ChannelsShowCmd is `patchbay channels show`.
type ChannelsShowCmd struct {
	channelArg
	JSON bool `name:"json" help:"Print the channel as the API answers it, on one line."`

	serverFlags
}

// Help is shown by --help.
func (*ChannelsShowCmd) Help() string {
	return `Examples:

    patchbay channels show 5
    patchbay channels show 5 --json
` + exitHelp
}

// Run shows one channel.
func (c *ChannelsShowCmd) Run(ctx context.Context, w *World) error {
	cl, err := c.client(w)
	if err != nil {
		return err
	}
	var raw json.RawMessage
	if err := cl.get(ctx, fmt.Sprintf("/v1/channels/%d", c.ID), nil, &raw); err != nil {
		return ended(ctx, c.missing(err))
	}
	if c.JSON {
		return writeJSON(w.Stdout, raw)
	}
	list, err := decodeChannels([]json.RawMessage{raw})
	if err != nil {
		return err
	}
	printChannel(w, list[0])
	return nil
}

// missing is a refusal in words of the channel that it is about.
func (c channelArg) missing(err error) error {
	var e *exitError
	if errors.As(err, &e) && strings.Contains(e.next, " ID`") {
		return &exitError{code: e.code, what: e.what, next: strings.ReplaceAll(e.next, " ID`", fmt.Sprintf(" %d`", c.ID)), cause: err}
	}
	if !isNotFound(err) {
		return err
	}
	return &exitError{code: exitOther, what: fmt.Sprintf("there is no channel %d in this workspace", c.ID), next: "`patchbay channels list --all` shows what there is", cause: err}
}

// lacks is missing for a command that names something else besides the channel.
func (c channelArg) lacks(err error) error {
	var e *exitError
	if !isNotFound(err) || !errors.As(err, &e) {
		return c.missing(err)
	}
	for noun, next := range map[string]string{"owner": "`patchbay owners list --all` shows who there is", "target": fmt.Sprintf("`patchbay channels targets %d` shows what there is", c.ID)} {
		if strings.Contains(strings.ToLower(e.what), noun) {
			return &exitError{code: exitOther, what: e.what, next: next, cause: err}
		}
	}
	return c.missing(err)
}

// printChannel is one fact a line; what is not known is left out.
func printChannel(w *World, c channel) {
	p := w.palette(w.Stdout)
	fmt.Fprintf(w.Stdout, "%s %s\n\n", p.dim(fmt.Sprintf("Channel %d", c.ID)), p.bold(clean(cmp.Or(c.Label, c.Name, c.Username, c.ExternalID))))
	line := func(label, value string, paint func(string) string) {
		if value = clean(value); value == "" {
			return
		}
		if paint != nil {
			value = paint(value)
		}
		fmt.Fprintf(w.Stdout, "  %s%s\n", p.dim(pad(label, 12)), value)
	}
	if c.Label != "" {
		line("there", c.Name, nil)
	}
	line("platform", strings.TrimSpace(c.Platform+" "+c.Kind), nil)
	line("username", c.handle(), nil)
	line("address", c.URL, nil)
	line("platform id", c.ExternalID, nil)
	line("owner", ownerName(c.Owner), nil)
	line("category", c.Category, nil)
	if c.Followers != nil {
		line("followers", strconv.FormatInt(*c.Followers, 10), nil)
	}
	if c.Verified != nil {
		line("verified", map[bool]string{true: "yes", false: "no"}[*c.Verified], nil)
	}
	line("state", c.Lifecycle, nil)
	if c.ReplacedBy != 0 {
		line("replaced by", fmt.Sprintf("channel %d", c.ReplacedBy), nil)
	}
	line("health", joined(c.Health.Status, c.Health.Reason), p.health(c.Health.Status))
	line("since", w.told(c.HealthAt), nil)
	line("last proven", w.told(c.ProvenAt), nil)
	line("who acts", c.who(), nil)
	line("review", c.Review, nil)
	line("connected", w.day(c.CreatedAt), nil)
	line("facts from", w.day(c.FactsAt), nil)
}

func joined(status, reason string) string {
	if reason == "" {
		return status
	}
	return status + " (" + reason + ")"
}

func (w *World) day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("2006-01-02 15:04 MST")
}
