package connect

import (
	"context"
	"fmt"
	"strings"

	"patchbay/internal/fault"
	"patchbay/internal/vault"
)

const maxName = 255

// CreateWorkspace makes a workspace with its default owner. It asks nobody: for the
// program itself.
func (s *Service) CreateWorkspace(ctx context.Context, w Workspace) (Workspace, error) {
	var made Workspace
	err := s.store.InTx(ctx, func(tx Tx) (err error) {
		if made, err = s.insertWorkspace(ctx, tx, w); err != nil {
			return err
		}
		s.recordSystem(tx, made.ID, AuditEntry{Action: AuditWorkspaceCreated})
		return nil
	})
	if err != nil {
		return Workspace{}, fmt.Errorf("create workspace: %w", err)
	}
	s.sawChain(made.ID)
	return made, nil
}

func (s *Service) insertWorkspace(ctx context.Context, tx Tx, w Workspace) (Workspace, error) {
	w.CreatedAt = s.now()
	made, err := tx.InsertWorkspace(ctx, w)
	if err != nil {
		return Workspace{}, err
	}
	_, _, err = tx.EnsureOwner(ctx, Owner{
		WorkspaceID: made.ID, ExternalID: newExternalID(), Name: w.Name, Default: true, CreatedAt: w.CreatedAt, UpdatedAt: w.CreatedAt,
	})
	return made, err
}

// UpdateWorkspace changes a workspace's name and switches, for the program itself. A
// wrong entry of the list of redirect URLs is ErrRedirect, and changes nothing.
func (s *Service) UpdateWorkspace(ctx context.Context, w Workspace) error {
	for _, allowed := range w.AllowedRedirects {
		if err := CheckRedirect(Workspace{}, allowed); err != nil {
			return err
		}
	}
	return s.store.InTx(ctx, func(tx Tx) error { return tx.UpdateWorkspace(ctx, w) })
}

// FirstWorkspace is the oldest workspace; fault.NotFound in an empty store.
func (s *Service) FirstWorkspace(ctx context.Context) (Workspace, error) {
	return s.store.FirstWorkspace(ctx)
}

// Workspace finds the caller's workspace.
func (s *Service) Workspace(ctx context.Context, c Caller) (Workspace, error) {
	return s.store.Workspace(ctx, c.WorkspaceID)
}

// CreatedWorkspace is a workspace with its first key, which is told only here.
type CreatedWorkspace struct {
	Workspace
	Key    Key
	Secret vault.Secret
}

// AddWorkspace makes a workspace with its default owner and a first key that may do
// everything inside it. Needs ScopeWorkspacesAdmin.
func (s *Service) AddWorkspace(ctx context.Context, c Caller, w Workspace, once Once[CreatedWorkspace]) (CreatedWorkspace, error) {
	if err := s.requireAdmin(c); err != nil {
		return CreatedWorkspace{}, err
	}
	if err := checkWorkspace(w); err != nil {
		return CreatedWorkspace{}, err
	}
	raw := newKey()
	made, err := effect(ctx, s, c, once, func(tx Tx) (CreatedWorkspace, error) {
		made, err := s.insertWorkspace(ctx, tx, w)
		if err != nil {
			return CreatedWorkspace{}, err
		}
		key, err := tx.InsertKey(ctx, s.fresh(Key{WorkspaceID: made.ID, Name: "first key", Scopes: WorkspaceScopes()}, raw))
		if err != nil {
			return CreatedWorkspace{}, err
		}
		s.recordWorkspace(tx, c, made.ID, AuditWorkspaceCreated, "key_id", fmt.Sprint(key.ID))
		return CreatedWorkspace{made, key, raw}, nil
	})
	if err != nil {
		return CreatedWorkspace{}, fmt.Errorf("add workspace: %w", err)
	}
	s.sawChain(made.ID)
	return made, nil
}

// Workspaces lists by ascending id what the caller may see: every workspace with
// ScopeWorkspacesAdmin, else its own. Needs ScopeWorkspacesRead.
func (s *Service) Workspaces(ctx context.Context, c Caller, after int64, limit int) ([]Workspace, error) {
	if err := c.Require(ScopeWorkspacesRead); err != nil {
		return nil, err
	}
	if c.May(ScopeWorkspacesAdmin) && c.OwnerID == 0 {
		return s.store.Workspaces(ctx, after, limit)
	}
	own, err := s.store.Workspace(ctx, c.WorkspaceID)
	if err != nil || own.ID <= after || limit < 1 {
		return nil, err
	}
	return []Workspace{own}, nil
}

// WorkspaceByID finds the caller's own workspace, or with ScopeWorkspacesAdmin any.
// Needs ScopeWorkspacesRead.
func (s *Service) WorkspaceByID(ctx context.Context, c Caller, id int64) (Workspace, error) {
	if err := c.Require(ScopeWorkspacesRead); err != nil {
		return Workspace{}, err
	}
	if id != c.WorkspaceID && s.requireAdmin(c) != nil {
		return Workspace{}, NoSuch("workspace")
	}
	return s.store.Workspace(ctx, id)
}

// WorkspaceChange is what to change; nil leaves as it is.
type WorkspaceChange struct {
	Name               *string
	RequireRedirectURL *bool
	AllowedRedirects   *[]string
	NoHeadless         *bool
	BouncePage         *bool
}

func (c WorkspaceChange) fields() string {
	return fieldsGiven(map[string]bool{
		"name": c.Name != nil, "require_redirect_url": c.RequireRedirectURL != nil, "allowed_redirects": c.AllowedRedirects != nil,
		"headless_connect": c.NoHeadless != nil, "bounce_page": c.BouncePage != nil,
	})
}

// recordWorkspace writes into the log of the workspace that it is about, whosever the key is.
func (s *Service) recordWorkspace(tx Tx, c Caller, id int64, action string, data ...string) {
	if c.WorkspaceID != id {
		data = append(data, "by_workspace", fmt.Sprint(c.WorkspaceID))
	}
	c.WorkspaceID = id
	s.Record(tx, c, AuditEntry{Action: action, Data: eventData(data...)})
}

// ChangeWorkspace changes name and switches of the caller's own workspace, or with
// ScopeWorkspacesAdmin of any. Needs ScopeWorkspacesWrite and a key that is not bound
// to an owner.
func (s *Service) ChangeWorkspace(ctx context.Context, c Caller, id int64, change WorkspaceChange) (Workspace, error) {
	if err := c.requireWhole(ScopeWorkspacesWrite); err != nil {
		return Workspace{}, err
	}
	var changed Workspace
	err := s.store.InTx(ctx, func(tx Tx) error {
		if id != c.WorkspaceID && s.requireAdmin(c) != nil {
			return NoSuch("workspace")
		}
		w, err := tx.LockWorkspace(ctx, id)
		if err != nil {
			return err
		}
		setIf(&w.Name, change.Name)
		setIf(&w.RequireRedirectURL, change.RequireRedirectURL)
		setIf(&w.AllowedRedirects, change.AllowedRedirects)
		setIf(&w.NoHeadless, change.NoHeadless)
		setIf(&w.BouncePage, change.BouncePage)
		if err := checkWorkspace(w); err != nil {
			return err
		}
		changed = w
		s.recordWorkspace(tx, c, id, AuditWorkspaceChanged, "fields", change.fields())
		return tx.UpdateWorkspace(ctx, w)
	})
	return changed, err
}

func checkWorkspace(w Workspace) error {
	if err := checkText("name", w.Name, 1, maxName); err != nil {
		return err
	}
	if len(w.AllowedRedirects) > 100 {
		return fault.InvalidField("allowed_redirects", "length", "must be at most 100 URLs")
	}
	for _, allowed := range w.AllowedRedirects {
		if CheckRedirect(Workspace{}, allowed) != nil {
			return fault.InvalidField("allowed_redirects", "url", "holds what cannot be a redirect URL")
		}
	}
	return nil
}

// checkText holds a text that people see to a length in bytes and to printable
// characters. A text of no characters but blanks is empty.
func checkText(field, v string, least, most int) error {
	if len(strings.TrimSpace(v)) < least {
		return fault.InvalidField(field, "required", "must be given")
	}
	if len(v) > most {
		return fault.InvalidField(field, "length", fmt.Sprintf("must be at most %d bytes", most))
	}
	if strings.ContainsFunc(v, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x7f }) {
		return fault.InvalidField(field, "characters", "must hold no control characters")
	}
	return nil
}

func setIf[T any](target *T, v *T) {
	if v != nil {
		*target = *v
	}
}

// requireWhole is Require, of a key that is not bound to one owner.
func (c Caller) requireWhole(scope Scope) error {
	if err := c.Require(scope); err != nil {
		return err
	}
	if c.OwnerID != 0 {
		return errOwnerBound
	}
	return nil
}

// RequireWhole is Require for what a key that is bound to one owner cannot do.
func (c Caller) RequireWhole(scope Scope) error { return c.requireWhole(scope) }

func (s *Service) requireAdmin(c Caller) error { return c.requireWhole(ScopeWorkspacesAdmin) }

var errOwnerBound = fault.New(fault.Forbidden, "owner_bound", "A key that is bound to one owner cannot do this.")
