package app

import (
	"context"
	"fmt"

	"patchbay/internal/store/sqlstore"
)

// refreshing tells what a restore holds back. Of a schema that is not this program's
// nothing is known.
func (d Doctor) refreshing(ctx context.Context, look *sqlstore.Look) []Check {
	schema, err := look.Schema(ctx)
	if err != nil || schema.Usable() != nil {
		return nil
	}
	held, err := heldGrants(ctx, d.Config, look)
	switch {
	case err != nil:
		return []Check{{"refreshing", CheckProblem, cause(err), "see database"}}
	case len(held) == 0:
		return nil
	}
	return []Check{{
		"refreshing", CheckWarning,
		fmt.Sprintf("held back since the database was restored or copied, for %d of its grants", Total(held)),
		"`patchbay refreshing resume` when no other server works with these tokens; until then their channels live as long as their access tokens",
	}}
}
