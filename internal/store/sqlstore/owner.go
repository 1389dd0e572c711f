package sqlstore

import (
	"context"
	"fmt"
	"strings"

	"patchbay/internal/connect"
)

const ownerColumns = `id, workspace_id, external_id, name, avatar_url, contact_email, reference, is_default, created_at, updated_at`

func scanOwner(r row) (o connect.Owner, err error) {
	err = r.Scan(ownerFields(&o)...)
	return o, err
}

// ownerFields is where ownerColumns go.
func ownerFields(o *connect.Owner) []any {
	return []any{
		&o.ID, &o.WorkspaceID, &o.ExternalID, &o.Name, &o.AvatarURL, &o.ContactEmail, &o.Reference, &o.Default,
		timeColumn{&o.CreatedAt},
		timeColumn{&o.UpdatedAt},
	}
}

// columnsOf is a list of columns as those of the table that a query calls alias.
func columnsOf(alias, columns string) string {
	return alias + "." + strings.Join(strings.FieldsFunc(columns, func(r rune) bool { return strings.ContainsRune(", \n\t", r) }), ", "+alias+".")
}

// oneAndOwner reads one row of something and of its owner; fault.NotFound when there is none.
func oneAndOwner[T any](ctx context.Context, run runner, what string, fields func(*T) []any, query string, args ...any) (T, connect.Owner, error) {
	type pair struct {
		value T
		owner connect.Owner
	}
	p, err := one(ctx, run, what, func(r row) (p pair, err error) {
		err = r.Scan(append(fields(&p.value), ownerFields(&p.owner)...)...)
		return p, err
	}, query, args...)
	return p.value, p.owner, err
}

func (s reader) Owner(ctx context.Context, workspaceID, id int64) (connect.Owner, error) {
	return one(ctx, s.run, "owner", scanOwner, `
		SELECT `+ownerColumns+` FROM owners WHERE workspace_id = $1 AND id = $2`, workspaceID, id)
}

func (s reader) OwnerByExternalID(ctx context.Context, workspaceID int64, externalID string) (connect.Owner, error) {
	return one(ctx, s.run, "owner", scanOwner, `
		SELECT `+ownerColumns+` FROM owners WHERE workspace_id = $1 AND external_id = $2`, workspaceID, externalID)
}

func (s reader) DefaultOwner(ctx context.Context, workspaceID int64) (connect.Owner, error) {
	return one(ctx, s.run, "owner", scanOwner, `
		SELECT `+ownerColumns+` FROM owners WHERE workspace_id = $1 AND is_default`, workspaceID)
}

func (s reader) Owners(ctx context.Context, workspaceID, after int64, limit int) ([]connect.Owner, error) {
	owners, err := many(ctx, s.run, scanOwner, `
		SELECT `+ownerColumns+` FROM owners WHERE workspace_id = $1 AND id > $2 ORDER BY id LIMIT $3`, workspaceID, after, max(limit, 0))
	if err != nil {
		return nil, fmt.Errorf("owners: %w", err)
	}
	return owners, nil
}

// EnsureOwner leaves an owner that it finds as it is.
func (t *tx) EnsureOwner(ctx context.Context, o connect.Owner) (connect.Owner, bool, error) {
	owner, made, err := maybe(ctx, t.run, scanOwner, `
		INSERT INTO owners (workspace_id, external_id, name, avatar_url, contact_email, reference, is_default, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (workspace_id, external_id) DO NOTHING
		RETURNING `+ownerColumns,
		o.WorkspaceID, o.ExternalID, o.Name, o.AvatarURL, o.ContactEmail, o.Reference, o.Default, millis(o.CreatedAt), millis(o.UpdatedAt))
	if err != nil {
		return connect.Owner{}, false, fmt.Errorf("owner: %w", err)
	}
	if !made {
		owner, err = t.OwnerByExternalID(ctx, o.WorkspaceID, o.ExternalID)
	}
	return owner, made, err
}

func (t *tx) LockOwner(ctx context.Context, workspaceID, id int64) (connect.Owner, error) {
	return one(ctx, t.run, "owner", scanOwner, `
		SELECT `+ownerColumns+` FROM owners WHERE workspace_id = $1 AND id = $2`+t.dialect.lockRow, workspaceID, id)
}

func (t *tx) UpdateOwner(ctx context.Context, o connect.Owner) error {
	return change(ctx, t.run, "owner", `
		UPDATE owners SET name = $3, avatar_url = $4, contact_email = $5, reference = $6, updated_at = $7
		WHERE workspace_id = $1 AND id = $2`,
		o.WorkspaceID, o.ID, o.Name, o.AvatarURL, o.ContactEmail, o.Reference, millis(o.UpdatedAt))
}
