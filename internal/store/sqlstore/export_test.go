package sqlstore

import "context"

// WriteThroughReader tries what no reader may.
func (s *Store) WriteThroughReader(ctx context.Context) error {
	_, err := s.run.exec(ctx, `DELETE FROM workspaces`)
	return err
}
