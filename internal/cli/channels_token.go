package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// ChannelsTokenCmd is `patchbay channels token`.
type ChannelsTokenCmd struct {
	channelArg
	MinLifetime time.Duration `name:"min-lifetime" placeholder:"TIME" help:"How long the token must still be good, 1s to 24h; without it: 1m. It is refreshed first where it is not."`
	NewerThan   int64         `name:"newer-than" placeholder:"VERSION" help:"The version of a token that the platform refused: lease a newer one."`
	Show        bool          `name:"show" help:"Print the token on a terminal too."`
	JSON        bool          `name:"json" help:"Print the whole answer on one line: access_token, token_type, server, dpop_key, expires_at, version."`

	serverFlags
}

// Help is shown by --help.
func (*ChannelsTokenCmd) Help() string {
	return `Leases an access token of the channel, for a call of the platform's own API: a page's channel gets its page's token. It needs
a key with the scope tokens:lease, and each lease is in the audit log.

The token is a secret. It goes to standard output, alone on its line, where that is a file or a pipe; on a terminal only
with --show. What it is (type, server, end, version) is told on standard error.

When the platform refuses the token, lease another one with --newer-than and the version that was refused. A token of the
type DPoP (Bluesky) works only together with its key, which --json has.

Examples:

    curl -H "Authorization: Bearer $(patchbay channels token 5)" https://api.x.com/2/users/me
    patchbay channels token 5 --min-lifetime 10m > /run/token
    patchbay channels token 5 --newer-than 7 --json | jq -r .expires_at
` + tokenExitHelp
}

// Validate is called by the parser.
func (c *ChannelsTokenCmd) Validate() error {
	switch {
	case c.MinLifetime != 0 && (c.MinLifetime < time.Second || c.MinLifetime > 24*time.Hour):
		return fmt.Errorf("--min-lifetime: must be between 1s and 24h")
	case c.NewerThan < 0:
		return fmt.Errorf("--newer-than: must be a version, such as 7")
	}
	return nil
}

// Run leases. Where the token may not be shown, none is leased.
func (c *ChannelsTokenCmd) Run(ctx context.Context, w *World) error {
	if !c.Show && w.width(w.Stdout) > 0 {
		return &exitError{
			code: exitUsage, what: "the token is a secret and this is a terminal",
			next: fmt.Sprintf("use it where it is needed, as in \"$(patchbay channels token %d)\", or add --show", c.ID),
		}
	}
	cl, err := c.client(w)
	if err != nil {
		return err
	}
	var raw json.RawMessage
	if err := cl.post(ctx, fmt.Sprintf("/v1/channels/%d/token", c.ID), c.body(), &raw); err != nil {
		return ended(ctx, c.missing(err))
	}
	if c.JSON {
		return writeJSON(w.Stdout, raw)
	}
	return printToken(w, raw)
}

func (c *ChannelsTokenCmd) body() map[string]int64 {
	body := map[string]int64{}
	if c.MinLifetime > 0 {
		body["min_lifetime_s"] = int64((c.MinLifetime + time.Second - 1) / time.Second)
	}
	if c.NewerThan > 0 {
		body["newer_than"] = c.NewerThan
	}
	return body
}

func printToken(w *World, raw json.RawMessage) error {
	var t struct {
		AccessToken string    `json:"access_token"`
		TokenType   string    `json:"token_type"`
		Server      string    `json:"server"`
		ExpiresAt   time.Time `json:"expires_at"`
		Version     int64     `json:"version"`
	}
	if err := json.Unmarshal(raw, &t); err != nil || t.AccessToken == "" {
		return &exitError{code: exitUnreachable, what: "the server's answer holds no token"} // nothing of it is quoted
	}
	facts := []string{cmp.Or(clean(t.TokenType), "Bearer")}
	if t.Server != "" {
		facts = append(facts, "for "+clean(t.Server))
	}
	end := "good until it is revoked"
	if told := w.told(t.ExpiresAt); told != "" {
		end = "ends " + told
	}
	facts = append(facts, end, fmt.Sprintf("version %d", t.Version))
	if t.TokenType == "DPoP" {
		facts = append(facts, "and worthless without its key, which --json has")
	}
	fmt.Fprintf(w.Stderr, "%s.\n", strings.Join(facts, ", "))
	fmt.Fprintln(w.Stdout, clean(t.AccessToken))
	return nil
}
