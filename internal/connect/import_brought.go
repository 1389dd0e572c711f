package connect

import (
	"context"
	"crypto/hmac"
	"errors"
	"fmt"

	"patchbay/internal/fault"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

const (
	broughtAccessLabel  = "patchbay/1|imported access token"
	broughtRefreshLabel = "patchbay/1|imported refresh token"
)

// marker knows tokens again that an import brought to a workspace. Its key is that of the
// workspace's audit log, which is sealed and stays the same when the key-encryption key is
// exchanged: whoever has the database alone cannot try out tokens. Without the key nothing
// is known again.
type marker struct{ key []byte }

func (s *Service) markerOf(ctx context.Context, r Reader, workspaceID int64) (marker, error) {
	head, err := r.AuditHead(ctx, workspaceID)
	if errors.Is(err, fault.NotFound) || err == nil && head.unchained() {
		return marker{}, nil
	}
	if err != nil {
		return marker{}, fmt.Errorf("key of imported tokens: %w", err)
	}
	key, err := s.auditKey(head)
	if err != nil { // an import that changes something will say so
		return marker{}, nil
	}
	return marker{key}, nil
}

// mark is the tokens' hashes.
func (m marker) mark(access, refresh vault.Secret) Brought {
	return Brought{m.hash(broughtAccessLabel, access), m.hash(broughtRefreshLabel, refresh)}
}

func (m marker) hash(label string, token vault.Secret) []byte {
	if m.key == nil || token.Empty() {
		return nil
	}
	return auditMac(m.key, label, func(c *canonical) { c.text([]byte(token.Reveal())) })
}

// knows tells whether an import brought one of the tokens for a grant.
func (b Brought) knows(other Brought) bool {
	return sameMark(b.Access, other.Access) || sameMark(b.Refresh, other.Refresh)
}

func sameMark(a, b []byte) bool { return len(a) > 0 && hmac.Equal(a, b) }

// recall takes the consent that the same tokens were imported for before, and that lives on
// others since, for what they are: nobody is asked about tokens that may be spent. What it
// reaches is what the platform told last.
func (im *importing) recall(ctx context.Context) (bool, error) {
	owner, err := im.s.ownerNow(ctx, im.c, im.r.OwnerExternalID)
	if err != nil || owner.ID == 0 {
		return false, err
	}
	m, err := im.s.markerOf(ctx, im.s.store, im.c.WorkspaceID)
	if err != nil || m.key == nil {
		return false, err
	}
	g, err := im.s.store.GrantByBrought(ctx, im.c.WorkspaceID, im.app.ID, owner.ID, m.mark(im.r.Access, im.r.Refresh).Access)
	if errors.Is(err, fault.NotFound) || err == nil && !working(g.Health) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("imported before: %w", err)
	}
	if has, err := im.s.credentialsOf(g); err != nil || has.Access.Equal(im.r.Access) {
		return false, nil
	}
	targets, err := im.s.store.Targets(ctx, g.WorkspaceID, g.ID)
	if err != nil {
		return false, err
	}
	im.recalled, im.proof, im.found = true, AppByUse, recalled(g, targets)
	return true, nil
}

// recalled is what is known of a consent, in the form of what a platform says of one.
func recalled(g Grant, targets []Target) consent {
	c := consent{identity: platform.Identity{Subject: g.Subject, Facts: g.Facts}, knowing: true}
	if g.ScopesTold {
		c.identity.Scopes = g.Scopes
	}
	for _, t := range targets {
		c.targets = append(c.targets, platform.Target{Kind: t.Kind, Role: t.Role, ExternalID: t.ExternalID, Facts: t.Facts, Blocked: t.Blocked})
	}
	return c
}

// alone refuses tokens that stand in another grant already, of whatever owner, or that were
// imported for it: two grants of one family end each other. (Who brings a token learns no
// more by that than they know.)
func (im *importing) alone(ctx context.Context, r Reader, own int64) error {
	const most = 1000
	others, err := r.ConsentsOf(ctx, im.app.ClientID, im.app.Server, im.found.identity.Subject, most)
	if err != nil {
		return err
	}
	marks := map[int64]Brought{}
	for _, g := range others {
		if g.ID == own {
			continue
		}
		if _, there := marks[g.WorkspaceID]; !there {
			m, err := im.s.markerOf(ctx, r, g.WorkspaceID)
			if err != nil {
				return err
			}
			marks[g.WorkspaceID] = m.mark(im.r.Access, im.r.Refresh)
		}
		has, err := im.s.credentialsOf(g)
		same := err == nil && (has.Access.Equal(im.r.Access) || !has.Refresh.Empty() && has.Refresh.Equal(im.r.Refresh))
		if same || g.Brought.knows(marks[g.WorkspaceID]) {
			return ErrTokenInUse
		}
	}
	return nil
}
