package platform

import (
	"context"
	"errors"
)

// Verify asks the platform whose consent this is and what it reaches (Platform.Targets)
// and holds the answer to what is true everywhere: there is a subject, the one that the
// token answer named if it did; no required scope is missing (ErrScopesMissing); at least
// one target may become a channel (ErrNoTargets), though all of them may be blocked.
// Targets come back once each. The identity is returned with these two errors too.
func Verify(ctx context.Context, p Platform, c *Client) (Identity, []Target, error) {
	id, targets, err := p.Targets(ctx, c)
	if err != nil {
		return Identity{}, nil, err
	}
	if id.Subject == "" {
		return Identity{}, nil, ErrUnavailable.Because(errors.New("identity without a subject"))
	}
	if c.Subject != "" && c.Subject != id.Subject {
		return Identity{}, nil, ErrTokenKind.Because(errors.New("the token answer named another subject than the identity"))
	}
	if id.Scopes == nil {
		id.Scopes = c.Scopes
	}
	if p.Spec().LacksRequired(id.Scopes) {
		return id, nil, ErrScopesMissing
	}
	targets, err = distinct(targets)
	if err != nil {
		return Identity{}, nil, err
	}
	for _, t := range targets {
		if t.Role == RoleAccount {
			return id, targets, nil
		}
	}
	return id, nil, ErrNoTargets
}

// LacksRequired tells whether a channel could not work with these scopes. Nil means
// that nobody told: RFC 6749 §5.1 lets a token answer leave the scope out when it is
// what was asked for; a platform that is asked separately always tells.
func (s Spec) LacksRequired(granted []string) bool {
	if granted == nil && s.GrantedScopes == GrantedInToken {
		return false
	}
	missing := s.Missing(granted)
	return len(missing) > 0 && missing[0].Required
}

// distinct keeps the first target of each kind and id, or a later one that can be
// chosen where the first cannot.
func distinct(targets []Target) ([]Target, error) {
	type key struct{ kind, id string }
	at := map[key]int{}
	var out []Target
	for _, t := range targets {
		if t.Kind == "" || t.ExternalID == "" {
			return nil, ErrUnavailable.Because(errors.New("target without a kind or id"))
		}
		k := key{t.Kind, t.ExternalID}
		i, seen := at[k]
		switch {
		case !seen:
			at[k] = len(out)
			out = append(out, t)
		case out[i].Blocked != "" && t.Blocked == "":
			out[i] = t
		}
	}
	return out, nil
}
