package connect

import (
	"context"
	"fmt"
	"time"

	"patchbay/internal/vault"
)

// resealBatch is how many rows one transaction re-encrypts: few enough that requests
// do not wait for it.
const resealBatch = 50

// resealPause is how long requests have the database to themselves between batches.
const resealPause = 5 * time.Millisecond

// ResealProgress is how far re-encrypting is, in one table.
type ResealProgress struct {
	Table string
	Done  int64
	Total int64 // that were to do when it began; more may come
}

// LostRow is a sealed value that opens under no key there is.
type LostRow struct {
	Table string
	ID    int64
	Key   vault.KeyID // that it says it was sealed under; 0: it says nothing
}

// Resealed is what re-encrypting did.
type Resealed struct {
	Rows map[string]int64 // by table
	Lost []LostRow        // left as they are
}

// resealer brings every sealed value under the primary key while others write.
type resealer struct {
	store Store
	vault *vault.Vault
	tell  func(ResealProgress)
	pause func(context.Context, time.Duration) error

	totals map[string]int64 // by table
}

// run scans all tables over and over until a whole scan finds nothing to do: a row
// that somebody else wrote meanwhile is left alone, and looked at again.
func (r *resealer) run(ctx context.Context) (Resealed, error) {
	all := Resealed{Rows: map[string]int64{}}
	if err := r.count(ctx); err != nil {
		return all, err
	}
	for {
		found := 0
		all.Lost = nil
		for _, table := range sealedTables() {
			n, err := r.table(ctx, table, &all)
			if err != nil {
				return all, fmt.Errorf("re-encrypt %s: %w", table.name, err)
			}
			found += n
		}
		if found == 0 {
			return all, nil
		}
		if err := r.pause(ctx, resealPause); err != nil {
			return all, err
		}
	}
}

// count is for those who watch.
func (r *resealer) count(ctx context.Context) error {
	r.totals = map[string]int64{}
	for _, table := range SealedTables() {
		counts, err := r.store.CountSealed(ctx, table)
		if err != nil {
			return fmt.Errorf("count sealed values of %s: %w", table, err)
		}
		for id, n := range counts {
			if id != r.vault.Primary() {
				r.totals[table] += n
			}
		}
	}
	return nil
}

// table scans one table and tells how many rows under another key it found, those
// left out that do not open.
func (r *resealer) table(ctx context.Context, table sealedTable, all *Resealed) (found int, err error) {
	q := SealedQuery{Not: r.vault.Primary(), AfterID: -1, AfterWorkspace: -1, Limit: resealBatch}
	for {
		rows, err := table.read(ctx, r.store, q)
		if err != nil || len(rows) == 0 {
			return found, err
		}
		changes := r.changes(table.name, rows, all)
		swapped, err := r.swap(ctx, table.name, changes)
		if err != nil {
			return found, err
		}
		found += len(changes)
		all.Rows[table.name] += swapped
		r.tell(ResealProgress{Table: table.name, Done: all.Rows[table.name], Total: r.totals[table.name]})
		last := rows[len(rows)-1].place()
		q.AfterWorkspace, q.AfterID = last.Workspace, last.Row
		if err := r.pause(ctx, resealPause); err != nil {
			return found, err
		}
	}
}

// resealChange is one row's sealed value before and after.
type resealChange struct {
	place       vault.Place
	old, sealed []byte
}

// changes opens each row where it belongs and seals it there again.
func (r *resealer) changes(table string, rows []sealedNoun, all *Resealed) []resealChange {
	var changes []resealChange
	for _, row := range rows {
		secret, err := r.vault.Open(row.place(), row.sealedValue())
		if err == nil {
			var sealed []byte
			if sealed, err = r.vault.Seal(row.place(), secret); err == nil {
				changes = append(changes, resealChange{row.place(), row.sealedValue(), sealed})
				continue
			}
		}
		id, _ := vault.KeyIDOf(row.sealedValue())
		all.Lost = append(all.Lost, LostRow{table, row.place().Row, id})
	}
	return changes
}

// swap writes a batch, each row only if it still holds what was read.
func (r *resealer) swap(ctx context.Context, table string, changes []resealChange) (swapped int64, err error) {
	if len(changes) == 0 {
		return 0, nil
	}
	err = r.store.InTx(ctx, func(tx Tx) error {
		swapped = 0
		for _, c := range changes {
			done, err := tx.Reseal(ctx, table, c.place.Workspace, c.place.Row, c.old, c.sealed)
			if err != nil {
				return err
			}
			if done {
				swapped++
			}
		}
		return nil
	})
	return swapped, err
}
