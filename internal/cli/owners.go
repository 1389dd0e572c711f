package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// OwnersCmd is `patchbay owners`.
type OwnersCmd struct {
	List  OwnersListCmd  `cmd:"" help:"List those whose channels there are."`
	Erase OwnersEraseCmd `cmd:"" help:"Erase an owner with everything of theirs."`
}

// Help is shown by --help.
func (*OwnersCmd) Help() string {
	return `An owner is whose channels they are: a user or customer of your application, under your own id.

Examples:

    patchbay owners list
    patchbay owners erase 3
`
}

// OwnersListCmd is `patchbay owners list`.
type OwnersListCmd struct {
	listFlags
	serverFlags
}

// Help is shown by --help.
func (*OwnersListCmd) Help() string {
	return `Lists owners by ascending id.

Examples:

    patchbay owners list
    patchbay owners list --all --json | jq -r '.data[] | select(.external_id == "user_42") | .id'
` + exitHelp
}

// ownerDetail is what the API says of an owner.
type ownerDetail struct {
	ID           int64     `json:"id"`
	ExternalID   string    `json:"external_id"`
	Name         string    `json:"name"`
	ContactEmail string    `json:"contact_email"`
	Reference    string    `json:"reference"`
	Default      bool      `json:"default"`
	CreatedAt    time.Time `json:"created_at"`
}

// Run lists.
func (c *OwnersListCmd) Run(ctx context.Context, w *World) error {
	cl, err := c.client(w)
	if err != nil {
		return err
	}
	page, err := c.fetch(ctx, cl, "/v1/owners", nil)
	switch {
	case err != nil:
		return ended(ctx, err)
	case c.JSON:
		return writeJSON(w.Stdout, page)
	}
	list, err := decodeAll[ownerDetail](page.Data, "owner")
	if err != nil {
		return err
	}
	p := w.palette(w.Stdout)
	rows := make([][]cell, len(list))
	for i, o := range list {
		note := ""
		if o.Default {
			note = "the default one"
		}
		rows[i] = []cell{
			{strconv.FormatInt(o.ID, 10), nil},
			{clean(o.ExternalID), nil},
			{clean(o.Name), p.bold},
			{clean(o.Reference), nil},
			{w.day(o.CreatedAt), nil},
			{note, p.dim},
		}
	}
	writeTable(w.Stdout, p, w.width(w.Stdout), []string{"ID", "EXTERNAL ID", "NAME", "REFERENCE", "MADE", ""}, rows)
	page.tellMore(w)
	return nil
}

// OwnersEraseCmd is `patchbay owners erase`.
type OwnersEraseCmd struct {
	ID      int64  `arg:"" name:"id" help:"The owner's id, as list shows it."`
	Confirm string `name:"confirm" placeholder:"EXTERNAL-ID" help:"The owner's external id, instead of typing it."`
	JSON    bool   `name:"json" help:"Print what was erased as the API answers it, on one line."`

	serverFlags
}

// Help is shown by --help.
func (*OwnersEraseCmd) Help() string {
	return `Takes an owner away with everything of theirs: channels, consents with their credentials, sessions, keys. What events and deliveries
told of them is blanked; the audit log keeps ids. The platforms are told to revoke, as far as they have a way. Channels of other
owners that stood on their consents are disconnected.

It cannot be undone, so it asks to type the owner's external id. A script gives that with --confirm.

Examples:

    patchbay owners erase 3
    patchbay owners erase 3 --confirm user_42 --json | jq .channels
` + askExitHelp
}

// Run asks and erases.
func (c *OwnersEraseCmd) Run(ctx context.Context, w *World) error {
	cl, err := c.client(w)
	if err != nil {
		return err
	}
	if c.Confirm == "" {
		if c.Confirm, err = c.typed(ctx, w, cl); err != nil {
			return err
		}
	}
	var raw json.RawMessage
	if err := cl.post(ctx, c.path()+"/erase", map[string]string{"confirm": c.Confirm}, &raw); err != nil {
		return ended(ctx, c.missing(err))
	}
	if c.JSON {
		return writeJSON(w.Stdout, raw)
	}
	var e struct{ Channels, Grants, Sessions, Keys int }
	if err := json.Unmarshal(raw, &e); err != nil {
		return fmt.Errorf("erasure in the server's answer: %w", err)
	}
	fmt.Fprintf(w.Stdout, "Owner %d is erased, with %s, %s, %s and %s.\n", c.ID,
		counted(e.Channels, "channel"), counted(e.Grants, "consent"), counted(e.Sessions, "session"), counted(e.Keys, "key"))
	return nil
}

func (c *OwnersEraseCmd) path() string { return fmt.Sprintf("/v1/owners/%d", c.ID) }

// typed shows whom it is about and asks for the external id.
func (c *OwnersEraseCmd) typed(ctx context.Context, w *World, cl *client) (string, error) {
	if !w.interactive() {
		return "", &exitError{code: exitUsage, what: "this cannot be undone, and there is no terminal to ask on", next: "add --confirm with the owner's external id when you are sure"}
	}
	var o ownerDetail
	if err := cl.get(ctx, c.path(), nil, &o); err != nil {
		return "", ended(ctx, c.missing(err))
	}
	fmt.Fprintf(w.Stderr, "Owner %d, %s, will be erased with all channels, consents, sessions and keys.\n", o.ID, ownerName(owner{o.ExternalID, o.Name}))
	answer, err := w.ask(ctx, fmt.Sprintf("Type %s to erase: ", clean(o.ExternalID)))
	switch {
	case err != nil:
		return "", err
	case answer != o.ExternalID:
		return "", &exitError{code: exitCanceled, what: "nothing was erased", next: "what was typed is not the external id"}
	}
	return answer, nil
}

func (c *OwnersEraseCmd) missing(err error) error {
	if !isNotFound(err) {
		return err
	}
	return &exitError{code: exitOther, what: fmt.Sprintf("there is no owner %d in this workspace", c.ID), next: "`patchbay owners list --all` shows who there is", cause: err}
}
