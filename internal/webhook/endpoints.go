package webhook

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"
	"unicode/utf8"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/vault"
)

// The use cases. All need ScopeEndpointsRead or ScopeEndpointsWrite and a key that is not
// bound to an owner; what belongs to another workspace is not found.

const (
	maxEndpoints   = 100 // of a workspace
	maxTypes       = 50
	maxDescription = 255
)

// NewEndpoint is what an application asks for.
type NewEndpoint struct {
	URL             string
	Types           []string // in the scheme's words; empty: all
	Scheme          string   // empty: SchemeStandard
	Description     string   // at most 255 characters
	OwnerExternalID string   // only this owner's events; empty: all owners'
}

// EndpointChange is what to change; nil leaves as it is.
type EndpointChange struct {
	URL         *string // another one begins anew, and what waits goes there at once
	Types       *[]string
	Description *string
	State       *EndpointState // StateActive begins anew: failures are forgotten
}

// CreatedEndpoint is an endpoint with its secret, which is told only here and when it is rotated.
type CreatedEndpoint struct {
	Endpoint
	Secret        vault.Secret // "whsec_" and base64
	PreviousUntil time.Time    // after a rotation: until when the one before signs too; zero: there is none
}

// OwnedBy is whom the endpoint hears of alone: a kept answer is erased with them.
func (e CreatedEndpoint) OwnedBy() int64 { return e.OwnerID }

// CreateEndpoint makes an endpoint. A URL that may not be called is refused now and again
// whenever it is dialled.
func (s *Service) CreateEndpoint(ctx context.Context, c connect.Caller, n NewEndpoint, once connect.Once[CreatedEndpoint]) (CreatedEndpoint, error) {
	if err := c.RequireWhole(connect.ScopeEndpointsWrite); err != nil {
		return CreatedEndpoint{}, err
	}
	e := Endpoint{
		WorkspaceID: c.WorkspaceID, URL: n.URL, Types: n.Types, Scheme: cmp.Or(n.Scheme, SchemeStandard), Description: n.Description,
		State: StateActive, CreatedAt: s.now(), UpdatedAt: s.now(),
	}
	heard, err := s.check(e)
	if err != nil {
		return CreatedEndpoint{}, err
	}
	secret := newSecret()
	made, err := connect.Effect(ctx, s.core, c, once, func(tx connect.Tx) (CreatedEndpoint, error) {
		e, err := s.insertEndpoint(ctx, writer(tx), e, n.OwnerExternalID, heard, secret)
		if err != nil {
			return CreatedEndpoint{}, err
		}
		return CreatedEndpoint{Endpoint: e, Secret: secret}, s.record(tx, c, connect.AuditEndpointCreated, map[string]any{"endpoint_id": e.ID})
	})
	if err != nil {
		return CreatedEndpoint{}, fmt.Errorf("create endpoint: %w", err)
	}
	return made, nil
}

func (s *Service) insertEndpoint(ctx context.Context, tx Tx, e Endpoint, ownerExternalID string, heard []string, secret vault.Secret) (Endpoint, error) {
	n, err := tx.CountEndpoints(ctx, e.WorkspaceID)
	if err != nil {
		return e, err
	}
	if n >= maxEndpoints {
		return e, fault.Newf(fault.Conflict, tooMany, "A workspace has at most %d endpoints. Delete one first.", maxEndpoints)
	}
	if err := s.roomFor(ctx, tx, e); err != nil {
		return e, err
	}
	if ownerExternalID != "" {
		owner, err := tx.OwnerByExternalID(ctx, e.WorkspaceID, ownerExternalID)
		if errors.Is(err, fault.NotFound) {
			return e, fault.InvalidField("owner", "unknown", "is not an owner of this workspace")
		}
		if err != nil {
			return e, err
		}
		e.OwnerID = owner.ID
	}
	if e, err = tx.InsertEndpoint(ctx, e); err != nil {
		return e, err
	}
	if err := tx.SetHeard(ctx, e.WorkspaceID, e.ID, heard); err != nil {
		return e, err
	}
	if e.Sealed, err = s.sealSecrets(e, secrets{{secret: secret}}); err != nil {
		return e, err
	}
	return e, tx.SealEndpoint(ctx, e.WorkspaceID, e.ID, e.Sealed)
}

const tooMany = "too_many_endpoints"

// roomFor refuses to have one more active endpoint of a scheme of which a workspace has few.
func (s *Service) roomFor(ctx context.Context, tx Tx, e Endpoint) error {
	scheme, ok := s.schemes[e.Scheme].(interface{ MostActive() int })
	if !ok {
		return nil
	}
	if _, err := tx.CountEndpoints(ctx, e.WorkspaceID); err != nil { // nobody else makes or enables one meanwhile
		return err
	}
	all, err := tx.Endpoints(ctx, e.WorkspaceID, 0, maxEndpoints)
	if err != nil {
		return err
	}
	active := 0
	for _, other := range all {
		if other.ID != e.ID && other.Scheme == e.Scheme && other.State == StateActive {
			active++
		}
	}
	if most := scheme.MostActive(); active >= most {
		return fault.Newf(fault.Conflict, tooMany, "A workspace has at most %d active endpoints of the scheme %s. Disable or delete one first.", most, e.Scheme)
	}
	return nil
}

// check refuses what cannot be an endpoint, and translates what it hears.
func (s *Service) check(e Endpoint) (heard []string, err error) {
	if _, known := s.schemes[e.Scheme]; !known {
		return nil, errUnknownScheme()
	}
	if err := s.checkURL(e.URL); err != nil {
		return nil, err
	}
	if err := checkDescription(e.Description); err != nil {
		return nil, err
	}
	return s.checkTypes(e)
}

func errUnknownScheme() error {
	return fault.InvalidField("scheme", "unknown", "is not a scheme of this server")
}

func (s *Service) checkURL(url string) error {
	if s.client.CheckTarget(url) != nil {
		return fault.InvalidField("url", "url", "must be an https URL with a public host name, at port 443 or 80, without user name and fragment, of at most 2048 characters")
	}
	return nil
}

func checkDescription(text string) error {
	if utf8.RuneCountInString(text) > maxDescription {
		return fault.InvalidField("description", "too_long", fmt.Sprintf("has more than %d characters", maxDescription))
	}
	return nil
}

func (s *Service) checkTypes(e Endpoint) (heard []string, err error) {
	scheme, known := s.schemes[e.Scheme]
	if !known {
		return nil, errUnknownScheme()
	}
	if len(e.Types) > maxTypes {
		return nil, fault.InvalidField("types", "too_many", fmt.Sprintf("has more than %d entries", maxTypes))
	}
	words := e.Types
	if len(words) == 0 {
		words = []string{""}
	}
	for i, word := range words {
		types, ok := scheme.Hears(word)
		if !ok || (word == "" && len(e.Types) > 0) {
			return nil, fault.InvalidField(fmt.Sprintf("types[%d]", i), "unknown", "is not a type of event that this scheme knows")
		}
		heard = append(heard, types...)
	}
	slices.Sort(heard)
	return slices.Compact(heard), nil
}

// Endpoints lists by ascending id, those with an id above after.
func (s *Service) Endpoints(ctx context.Context, c connect.Caller, after int64, limit int) ([]Endpoint, error) {
	if err := c.RequireWhole(connect.ScopeEndpointsRead); err != nil {
		return nil, err
	}
	return s.store.Endpoints(ctx, c.WorkspaceID, after, limit)
}

// Endpoint finds one.
func (s *Service) Endpoint(ctx context.Context, c connect.Caller, id int64) (Endpoint, error) {
	if err := c.RequireWhole(connect.ScopeEndpointsRead); err != nil {
		return Endpoint{}, err
	}
	return s.store.Endpoint(ctx, c.WorkspaceID, id)
}

// ChangeEndpoint changes what is given.
func (s *Service) ChangeEndpoint(ctx context.Context, c connect.Caller, id int64, change EndpointChange) (Endpoint, error) {
	if err := c.RequireWhole(connect.ScopeEndpointsWrite); err != nil {
		return Endpoint{}, err
	}
	if change.State != nil && *change.State != StateActive && *change.State != StateDisabled {
		return Endpoint{}, fault.InvalidField("state", "unknown", "must be active or disabled")
	}
	var e Endpoint
	err := errLeftovers
	for errors.Is(err, errLeftovers) { // again only where it was disabled after it was looked
		if change.State != nil && *change.State == StateActive { // what is left of before is not sent
			if err := s.dropLeftovers(ctx, c.WorkspaceID, id); err != nil {
				return Endpoint{}, err
			}
		}
		err = s.inTx(ctx, func(tx Tx) (err error) {
			if e, err = tx.LockEndpoint(ctx, c.WorkspaceID, id); err != nil {
				return err
			}
			changed, err := s.change(ctx, tx, &e, change)
			if err != nil {
				return err
			}
			return s.record(tx, c, connect.AuditEndpointChanged, map[string]any{"endpoint_id": id, "changed": changed})
		})
	}
	if err != nil {
		return Endpoint{}, fmt.Errorf("change endpoint %d: %w", id, err)
	}
	if e.State == StateActive {
		s.nudge(e.ID)
	}
	return e, nil
}

// errLeftovers tells that an endpoint has more pending of before than one transaction drops.
// Enabled with them, those that were parked would wait for ever: for some that are dropped.
var errLeftovers = errors.New("the endpoint has more pending of before it was disabled")

// change applies what is given to a locked endpoint, and tells which fields those are.
func (s *Service) change(ctx context.Context, tx Tx, e *Endpoint, change EndpointChange) (changed []string, err error) {
	now, before := s.now(), e.URL
	set := func(name string, to *string, value *string) {
		if value != nil && *to != *value {
			*to, changed = *value, append(changed, name)
		}
	}
	set("url", &e.URL, change.URL)
	set("description", &e.Description, change.Description)
	if change.Types != nil {
		e.Types, changed = *change.Types, append(changed, "types")
	}
	heard, err := s.checkChange(*e, change)
	if err != nil {
		return nil, err
	}
	if change.Types != nil {
		if err := tx.SetHeard(ctx, e.WorkspaceID, e.ID, heard); err != nil {
			return nil, err
		}
	}
	e.UpdatedAt = now
	if e.URL != before { // how the other address did is nothing to this one
		e.Failures, e.FailingSince, e.HeldUntil = 0, time.Time{}, time.Time{}
		if err := tx.HastenDeliveries(ctx, e.WorkspaceID, e.ID, now); err != nil {
			return nil, err
		}
	}
	if change.State != nil && *change.State != e.State {
		changed = append(changed, "state")
		if *change.State == StateDisabled {
			return changed, s.disable(ctx, tx, *e, ReasonOperator, connect.CauseIntegration, e)
		}
		if err := s.roomFor(ctx, tx, *e); err != nil {
			return nil, err
		}
		dropped, err := tx.DropPending(ctx, e.WorkspaceID, e.ID, now, dropBatch)
		if err != nil {
			return nil, err
		}
		if dropped == dropBatch {
			return nil, errLeftovers
		}
		e.State, e.Reason, e.Failures, e.FailingSince, e.HeldUntil = StateActive, "", 0, time.Time{}, time.Time{}
	}
	return changed, tx.UpdateEndpoint(ctx, *e)
}

// checkChange checks what is given of an endpoint as it is to be, and all of one that is
// being enabled: what stands there may be allowed no longer.
func (s *Service) checkChange(e Endpoint, change EndpointChange) (heard []string, err error) {
	if change.State != nil && *change.State == StateActive && e.State != StateActive {
		return s.check(e)
	}
	if change.URL != nil {
		err = s.checkURL(e.URL)
	}
	if err == nil && change.Description != nil {
		err = checkDescription(e.Description)
	}
	if err == nil && change.Types != nil {
		heard, err = s.checkTypes(e)
	}
	return heard, err
}

// disable ends sending to a locked endpoint and tells whoever else hears it. into gets
// the endpoint as it is then.
func (s *Service) disable(ctx context.Context, tx Tx, e Endpoint, reason string, cause connect.Cause, into *Endpoint) error {
	e.State, e.Reason, e.HeldUntil, e.UpdatedAt = StateDisabled, reason, time.Time{}, s.now()
	if err := tx.UpdateEndpoint(ctx, e); err != nil {
		return err
	}
	if _, err := tx.DropPending(ctx, e.WorkspaceID, e.ID, e.UpdatedAt, dropBatch); err != nil { // EndEndpoints drops more
		return err
	}
	data, err := EncodeJSON(map[string]any{"endpoint_id": e.ID, "reason": reason})
	if err != nil {
		return err
	}
	tx.Emit(connect.Event{
		WorkspaceID: e.WorkspaceID, Type: connect.EventEndpointDisabled, OwnerID: e.OwnerID, Cause: cause, Data: data, At: e.UpdatedAt,
	})
	*into = e
	return nil
}

// DeleteEndpoint takes an endpoint away with its deliveries.
func (s *Service) DeleteEndpoint(ctx context.Context, c connect.Caller, id int64) error {
	if err := c.RequireWhole(connect.ScopeEndpointsWrite); err != nil {
		return err
	}
	err := s.inTx(ctx, func(tx Tx) error {
		if _, err := tx.LockEndpoint(ctx, c.WorkspaceID, id); err != nil {
			return err
		}
		if err := tx.EmptyEndpoint(ctx, c.WorkspaceID, id, s.now()); err != nil {
			return err
		}
		return s.record(tx, c, connect.AuditEndpointDeleted, map[string]any{"endpoint_id": id})
	})
	if err != nil {
		return fmt.Errorf("delete endpoint %d: %w", id, err)
	}
	return nil
}

const maxOverlap = 7 * 24 * time.Hour

// RotateSecret gives an endpoint a new secret; the one before goes on signing beside it for
// overlap (0 to 7 days).
func (s *Service) RotateSecret(ctx context.Context, c connect.Caller, id int64, overlap time.Duration) (CreatedEndpoint, error) {
	if err := c.RequireWhole(connect.ScopeEndpointsWrite); err != nil {
		return CreatedEndpoint{}, err
	}
	if overlap < 0 || overlap > maxOverlap {
		return CreatedEndpoint{}, fault.InvalidField("overlap_s", "range", "must be between 0 and 604800 seconds")
	}
	made := CreatedEndpoint{Secret: newSecret()}
	err := s.inTx(ctx, func(tx Tx) error {
		e, err := tx.LockEndpoint(ctx, c.WorkspaceID, id)
		if err != nil {
			return err
		}
		before, err := s.openSecrets(e)
		if err != nil { // their key is lost: nothing is signed with them any more
			s.log.ErrorContext(ctx, "stored secrets", slog.Int64("endpoint", e.ID), slog.Any("cause", err))
		}
		now := s.now()
		made.PreviousUntil = time.Time{}
		if overlap > 0 {
			made.PreviousUntil = now.Add(overlap)
		}
		if e.Sealed, err = s.sealSecrets(e, before.with(made.Secret, now, now.Add(overlap))); err != nil {
			return err
		}
		if err := tx.SealEndpoint(ctx, e.WorkspaceID, e.ID, e.Sealed); err != nil {
			return err
		}
		e.UpdatedAt = now
		made.Endpoint = e
		if err := tx.UpdateEndpoint(ctx, e); err != nil {
			return err
		}
		return s.record(tx, c, connect.AuditSecretRotated, map[string]any{"endpoint_id": id, "overlap_s": int64(overlap / time.Second)})
	})
	if err != nil {
		return CreatedEndpoint{}, fmt.Errorf("rotate the secret of endpoint %d: %w", id, err)
	}
	return made, nil
}
