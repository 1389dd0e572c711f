package main

import (
	"context"
	"errors"

	"patchbay/internal/connect"
)

// rolledBack is a store that keeps nothing.
type rolledBack struct{ connect.Store }

var errRolledBack = errors.New("rolled back")

// InTx runs fn and rolls back.
func (s rolledBack) InTx(ctx context.Context, fn func(connect.Tx) error) error {
	err := s.Store.InTx(ctx, func(tx connect.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return errRolledBack
	})
	if errors.Is(err, errRolledBack) {
		return nil
	}
	return err
}
