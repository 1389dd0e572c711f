package connect

import (
	"context"

	"patchbay/internal/vault"
)

// SealedQuery asks for a page of the rows that are sealed under another key than Not,
// by ascending (workspace, id); those of no workspace count as workspace 0.
type SealedQuery struct {
	Not            vault.KeyID
	AfterWorkspace int64
	AfterID        int64
	Limit          int
}

// SealedReader reads sealed values across all workspaces, for an exchange of keys alone.
type SealedReader interface {
	SealedAttempts(ctx context.Context, q SealedQuery) ([]Attempt, error)
	SealedGrants(ctx context.Context, q SealedQuery) ([]Grant, error)
	SealedTargets(ctx context.Context, q SealedQuery) ([]Target, error)
	SealedApps(ctx context.Context, q SealedQuery) ([]App, error)
	SealedReplies(ctx context.Context, q SealedQuery) ([]Reply, error)
	SealedRevocations(ctx context.Context, q SealedQuery) ([]Revocation, error)
	SealedAuditHeads(ctx context.Context, q SealedQuery) ([]AuditHead, error)
	SealedEndpoints(ctx context.Context, q SealedQuery) ([]SealedRow, error)
	// CountSealed counts a table's sealed values by key; 0 are those no vault made.
	CountSealed(ctx context.Context, table string) (map[vault.KeyID]int64, error)
}

// SealedWriter changes sealed values.
type SealedWriter interface {
	// Reseal writes sealed in the place of old, and tells whether it did: not where the row
	// holds something else by now, is gone, or is being changed at this moment.
	Reseal(ctx context.Context, table string, workspaceID, id int64, old, sealed []byte) (bool, error)
}

// SealedRow is a sealed value of a noun that is not the core's.
type SealedRow struct {
	Place  vault.Place
	Sealed []byte
}

// sealedNoun is a noun with a sealed value.
type sealedNoun interface {
	place() vault.Place
	sealedValue() []byte
}

func (a Attempt) sealedValue() []byte { return a.Sealed }
func (g Grant) sealedValue() []byte   { return g.Sealed }
func (t Target) sealedValue() []byte  { return t.Sealed }
func (a App) sealedValue() []byte     { return a.Sealed }
func (r Reply) sealedValue() []byte   { return r.Sealed }

func (r Revocation) sealedValue() []byte { return r.Sealed }
func (h AuditHead) sealedValue() []byte  { return h.Sealed }
func (r SealedRow) place() vault.Place   { return r.Place }
func (r SealedRow) sealedValue() []byte  { return r.Sealed }

// sealedTable is one table with a sealed column.
type sealedTable struct {
	name string
	read func(context.Context, SealedReader, SealedQuery) ([]sealedNoun, error)
}

// sealedTables is every table with a sealed column: a test of the store compares it
// with the schema.
func sealedTables() []sealedTable {
	return []sealedTable{
		{"apps", nouns(SealedReader.SealedApps)},
		{"grants", nouns(SealedReader.SealedGrants)},
		{"targets", nouns(SealedReader.SealedTargets)},
		{"attempts", nouns(SealedReader.SealedAttempts)},
		{"replies", nouns(SealedReader.SealedReplies)},
		{"revocations", nouns(SealedReader.SealedRevocations)},
		{"audit_heads", nouns(SealedReader.SealedAuditHeads)},
		{"endpoints", nouns(SealedReader.SealedEndpoints)},
	}
}

func nouns[T sealedNoun](read func(SealedReader, context.Context, SealedQuery) ([]T, error)) func(context.Context, SealedReader, SealedQuery) ([]sealedNoun, error) {
	return func(ctx context.Context, s SealedReader, q SealedQuery) ([]sealedNoun, error) {
		rows, err := read(s, ctx, q)
		all := make([]sealedNoun, len(rows))
		for i, row := range rows {
			all[i] = row
		}
		return all, err
	}
}

// SealedTables names every table with a sealed column.
func SealedTables() []string {
	var names []string
	for _, t := range sealedTables() {
		names = append(names, t.name)
	}
	return names
}
