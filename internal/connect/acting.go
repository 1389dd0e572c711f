package connect

import "context"

// ActAs narrows a caller to one owner, for interfaces whose every request is somebody's:
// to the one with our id, or with 0 to the key's own, else to the workspace's default one.
// Another owner than the key's, or one that is not there, is not found.
func (s *Service) ActAs(ctx context.Context, c Caller, ownerID int64) (Caller, error) {
	switch {
	case c.OwnerID != 0 && (ownerID == 0 || ownerID == c.OwnerID):
		return c, nil
	case c.OwnerID != 0:
		return Caller{}, errOwnerUnknown
	}
	owner, err := s.actedFor(ctx, c, ownerID)
	if isNotFound(err) {
		return Caller{}, errOwnerUnknown
	}
	c.OwnerID = owner.ID
	return c, err
}

func (s *Service) actedFor(ctx context.Context, c Caller, ownerID int64) (Owner, error) {
	if ownerID == 0 {
		return s.store.DefaultOwner(ctx, c.WorkspaceID)
	}
	return s.store.Owner(ctx, c.WorkspaceID, ownerID)
}
