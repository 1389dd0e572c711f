package cli

import (
	"encoding/json"
	"fmt"
	"time"
)

// channel is what the native API says of one; in a session it is without owner,
// health and what follows.
type channel struct {
	ID         int64     `json:"id"`
	Owner      owner     `json:"owner"`
	Platform   string    `json:"platform"`
	Kind       string    `json:"kind"`
	ExternalID string    `json:"external_id"`
	Name       string    `json:"name"`
	Label      string    `json:"label"` // the application's own name; empty: none
	Username   string    `json:"username"`
	URL        string    `json:"url"`
	Category   string    `json:"category"`
	Followers  *int64    `json:"followers"`
	Verified   *bool     `json:"verified"`
	Lifecycle  string    `json:"lifecycle"`
	Health     health    `json:"health"`
	HealthAt   time.Time `json:"health_at"`
	ProvenAt   time.Time `json:"proven_at"`
	Review     string    `json:"review"`
	CreatedAt  time.Time `json:"created_at"`
	FactsAt    time.Time `json:"facts_at"`
	ReplacedBy int64     `json:"replaced_by"` // 0: it was not
}

type health struct {
	Status string `json:"status"`
	Reason string `json:"reason"`
}

func decodeChannels(raw []json.RawMessage) ([]channel, error) {
	return decodeAll[channel](raw, "channel")
}

func (c channel) handle() string {
	if c.Username == "" {
		return ""
	}
	return "@" + clean(c.Username)
}

// who says who must act on a channel that does not work, as far as its health tells.
func (c channel) who() string {
	switch c.Health.Status {
	case "needs_reauth", "expiring", "error":
		return fmt.Sprintf("`patchbay channels health %d` tells", c.ID)
	default:
		return "nobody has to"
	}
}

func (p palette) health(status string) func(string) string {
	switch status {
	case "healthy":
		return p.good
	case "expiring":
		return p.warn
	case "needs_reauth", "error":
		return p.bad
	default:
		return p.dim
	}
}

// printSummaries is the table of channels that a session connected.
func printSummaries(w *World, raw []json.RawMessage) error {
	list, err := decodeChannels(raw)
	if err != nil {
		return err
	}
	p := w.palette(w.Stdout)
	rows := make([][]cell, len(list))
	for i, c := range list {
		rows[i] = []cell{{fmt.Sprint(c.ID), nil}, {clean(c.Platform), nil}, {clean(c.Kind), nil}, {clean(c.Name), p.bold}, {c.handle(), nil}}
	}
	writeTable(w.Stdout, p, w.width(w.Stdout), []string{"ID", "PLATFORM", "KIND", "NAME", "USERNAME"}, rows)
	return nil
}
