package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

const (
	envImportAccess  = "PATCHBAY_IMPORT_ACCESS_TOKEN"
	envImportRefresh = "PATCHBAY_IMPORT_REFRESH_TOKEN"
)

// ChannelsImportCmd is `patchbay channels import`.
type ChannelsImportCmd struct {
	File      string   `name:"file" type:"path" placeholder:"FILE" help:"Read from this file instead of standard input."`
	Platform  string   `name:"platform" placeholder:"NAME" help:"Where the tokens are from, for lines that do not say."`
	Owner     string   `name:"owner" placeholder:"ID" help:"Whose the channels will be, for lines that do not say: your own id of the user. Made when unknown."`
	OwnerName string   `name:"owner-name" placeholder:"NAME" help:"How the owner is called when it is made, for lines that do not say."`
	Server    string   `name:"server" placeholder:"URL" help:"The account's server (Mastodon), for lines that do not say."`
	Scopes    []string `name:"scope" placeholder:"SCOPE" help:"A permission that was granted, for lines that do not say. May be repeated."`
	Targets   []string `name:"target" placeholder:"ID" help:"The platform's id of what becomes a channel, for lines that do not say. May be repeated; without it: all there is."`
	DryRun    bool     `name:"dry-run" help:"Ask the platform what the tokens are, and change nothing."`
	JSON      bool     `name:"json" help:"Print one JSON line for each set of tokens: line, and imported or error."`

	serverFlags
}

// Help is shown by --help.
func (*ChannelsImportCmd) Help() string {
	return `Brings tokens that another program got, so that nobody has to consent again. Each set is verified with the platform: whose it is,
whether it was issued to your app, what it reaches and with which permissions; then its channels are made. Importing the same again
finds the same channels. Once it was imported, nobody else may use the refresh token.

Tokens are secrets, and arguments are seen by others on the machine: they come from standard input or --file, as JSON, one object
or one object a line,

    {"platform":"x","owner":"user_42","access_token":"…","refresh_token":"…","expires_at":"2026-03-01T11:30:00Z"}

with owner_name, server, scopes and targets where they are needed; or a single set from PATCHBAY_IMPORT_ACCESS_TOKEN (and
PATCHBAY_IMPORT_REFRESH_TOKEN). None is ever printed. With many lines a refused one does not stop the others.

Examples:

    patchbay channels import --file tokens.jsonl --dry-run
    patchbay channels import --file tokens.jsonl --json > result.jsonl
    vault kv get -format=json secret/x | jq .data.data | patchbay channels import --platform x --owner user_42
    PATCHBAY_IMPORT_ACCESS_TOKEN=… patchbay channels import --platform facebook --owner user_42 --target 108204
` + importExitHelp
}

// Run imports.
func (c *ChannelsImportCmd) Run(ctx context.Context, w *World) error {
	sets, err := c.read(w)
	if err != nil {
		return err
	}
	cl, err := c.client(w)
	if err != nil {
		return err
	}
	run := importRun{cmd: c, world: w, client: cl, shown: &progress{world: w}}
	for i, set := range sets {
		if len(sets) > 1 && !c.JSON {
			run.shown.show(fmt.Sprintf("%d of %d, %d refused", i+1, len(sets), run.refused))
		}
		if err := run.one(ctx, set); err != nil {
			run.shown.erase()
			return errors.Join(run.summary(len(sets)), stopped(ctx, err, i, len(sets)))
		}
	}
	run.shown.erase()
	if err := run.summary(len(sets)); err != nil || run.refused == 0 {
		return err
	}
	if len(sets) == 1 {
		return &exitError{code: exitFailed, what: "refused: " + run.results[0].Error, next: "nothing was kept"}
	}
	return &exitError{code: exitFailed, what: fmt.Sprintf("%d of %d were refused", run.refused, len(sets)), next: "correct those lines and import again; what was imported is found again"}
}

// stopped says how far an import came that could not go on.
func stopped(ctx context.Context, err error, done, all int) error {
	err = ended(ctx, err)
	if all == 1 {
		return err
	}
	return &exitError{
		code: exitCode(err), what: fmt.Sprintf("stopped after %d of %d: %s", done, all, sentence(err)), cause: err,
		next: "import again: what was imported is found again",
	}
}

// sentence is what happened, without what to do.
func sentence(err error) string {
	var e *exitError
	if errors.As(err, &e) {
		return e.what
	}
	return err.Error()
}

// importDeadline is how long the server may take for one set: it asks the platform.
const importDeadline = 2 * time.Minute

// importRun is an import on its way.
type importRun struct {
	cmd     *ChannelsImportCmd
	world   *World
	client  *client
	shown   *progress
	results []importResult
	refused int
}

// importResult is what came of one set of tokens, and a line of --json.
type importResult struct {
	Line     int             `json:"line"`
	Imported json.RawMessage `json:"imported,omitempty"`
	Error    string          `json:"error,omitempty"`

	platform, owner string
}

// one imports one set. It fails only with what would fail for the others too.
func (r *importRun) one(ctx context.Context, set tokenSet) error {
	result := importResult{Line: set.line, platform: set.text("platform"), owner: set.text("owner")}
	err := set.wrong
	if err == nil {
		err = r.send(ctx, set, &result.Imported)
	}
	switch code := exitCode(err); {
	case err == nil:
	case ctx.Err() != nil, set.wrong == nil && (code == exitUnauthorized || code == exitUnreachable):
		return err
	default:
		r.refused++
		result.Error = set.scrub(sentence(err))
	}
	r.results = append(r.results, result)
	if r.cmd.JSON {
		return writeJSON(r.world.Stdout, result)
	}
	return nil
}

// send asks the server. What may pass is tried again.
func (r *importRun) send(ctx context.Context, set tokenSet, answer *json.RawMessage) error {
	body, err := set.body(r.cmd.DryRun)
	if err != nil {
		return err
	}
	for tried := 0; ; tried++ {
		err := r.client.do(ctx, importDeadline, http.MethodPost, "/v1/channels/import", body, answer)
		if err == nil || !passing(err) || tried == len(tries) || exitCode(err) == exitUnreachable {
			return err
		}
		select {
		case <-r.world.after(tries[tried]):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
