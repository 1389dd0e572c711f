package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"time"
)

// AuditVerifyCmd is `patchbay audit verify`.
type AuditVerifyCmd struct {
	Head string `name:"head" placeholder:"N:HEX" help:"A head that an earlier run printed: the log must still hold it."`
	JSON bool   `name:"json" help:"Print the verdict as the API answers it, on one line."`

	serverFlags
}

// Help is shown by --help.
func (*AuditVerifyCmd) Help() string {
	return `Walks over the workspace's whole audit log and proves that it is as it was written: each entry is chained to the one before with a
keyed hash, so one that was changed, taken out, put in or moved is found.

Somebody who puts an old copy of the whole database back leaves an intact, shorter log. Against that, write down the head that is
printed (its number and hash) somewhere else, and give it to the next run with --head.

Examples:

    patchbay audit verify
    patchbay audit verify --head 128:9f2c…       # 64 hex digits
    patchbay audit verify --json | jq -r .head >> /mnt/elsewhere/audit-heads
    patchbay audit verify --head "$(tail -1 /mnt/elsewhere/audit-heads)" || echo "look at the audit log"
` + verifyExitHelp
}

var headShape = regexp.MustCompile(`^[0-9]{1,18}:[0-9a-fA-F]{64}$`)

// Validate is called by the parser.
func (c *AuditVerifyCmd) Validate() error {
	if c.Head != "" && !headShape.MatchString(c.Head) {
		return errors.New("--head: must be a number, a colon and 64 hex digits, as an earlier run printed it")
	}
	return nil
}

// verifyDeadline is long: a log of years is walked over.
const verifyDeadline = 10 * time.Minute

// verdict is what the API says of the log.
type verdict struct {
	Intact    bool   `json:"intact"`
	Entries   int64  `json:"entries"`
	Unchained int64  `json:"unchained"`
	Head      string `json:"head"`
	BrokenAt  int64  `json:"broken_at"`
	Problem   string `json:"problem"`
}

// Run verifies.
func (c *AuditVerifyCmd) Run(ctx context.Context, w *World) error {
	cl, err := c.client(w)
	if err != nil {
		return err
	}
	path := "/v1/audit/verify"
	if c.Head != "" {
		path += "?" + url.Values{"head": {c.Head}}.Encode()
	}
	var raw json.RawMessage
	if err := cl.do(ctx, verifyDeadline, http.MethodGet, path, nil, &raw); err != nil {
		return ended(ctx, err)
	}
	var v verdict
	if err := json.Unmarshal(raw, &v); err != nil {
		return fmt.Errorf("verdict in the server's answer: %w", err)
	}
	if c.JSON {
		err = writeJSON(w.Stdout, raw)
	} else {
		c.print(w, v)
	}
	if err != nil || v.Intact {
		return err
	}
	return &exitError{
		code: exitNeeds, what: "the audit log is not as it was written",
		next: "keep a copy of the database as it is, compare it with a backup, and find out who could write to it",
	}
}

func (c *AuditVerifyCmd) print(w *World, v verdict) {
	p := w.palette(w.Stdout)
	entries := fmt.Sprintf("%d entries", v.Entries)
	if v.Entries == 1 {
		entries = "1 entry"
	}
	if !v.Intact {
		fmt.Fprintf(w.Stdout, "%s %s\n", p.bad("Broken."), clean(v.Problem))
		if v.BrokenAt > 0 {
			fmt.Fprintf(w.Stdout, "Entry %d is the first that is not as it was written; those before it are. What it says, and what comes after it, proves nothing.\n", v.BrokenAt)
		}
		return
	}
	fmt.Fprintf(w.Stdout, "%s %s, each as it was written.\n", p.good("Intact."), entries)
	if v.Unchained > 0 {
		fmt.Fprintf(w.Stdout, "%d of them are from before the log was chained: of those nothing is proven.\n", v.Unchained)
	}
	if c.Head != "" {
		fmt.Fprintf(w.Stdout, "The head that was given is a part of it: nothing up to there is gone.\n")
	}
	if v.Head != "" {
		fmt.Fprintf(w.Stdout, "\nIts head, to write down somewhere else and give to --head the next time:\n\n    %s\n", p.bold(clean(v.Head)))
	}
}
