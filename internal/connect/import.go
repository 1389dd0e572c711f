package connect

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// ImportRequest brings tokens that another program got.
type ImportRequest struct {
	OwnerExternalID string // empty: the key's owner, else the default one; unknown ones are made
	OwnerName       string
	Platform        string
	Server          string // where each account has its own server (Mastodon); else empty
	Access          vault.Secret
	Refresh         vault.Secret
	ExpiresAt       time.Time // of Access; zero: not known
	Scopes          []string  // granted, as far as the caller knows; nil: not known
	Targets         []string  // external ids of what becomes channels; empty: everything that can be chosen
	DryRun          bool      // asks the platform, and changes nothing here or there
}

// ImportedTarget is one thing that the tokens reach and that may become a channel.
type ImportedTarget struct {
	Kind, ExternalID, Name string
	Blocked                string // why it cannot be chosen
	Wanted                 bool
	ChannelID              int64 // of the channel that it is, or became; 0: none
}

// AppProof is how we know that tokens were issued to our app.
type AppProof string

const (
	AppProven   AppProof = "proven"   // the platform said so
	AppByUse    AppProof = "by_use"   // the refresh token worked with our client (at a dry run: it will be tried)
	AppUnproven AppProof = "unproven" // the platform does not say, and there is nothing to refresh with
)

// Imported is what an import found, and did unless it was a dry run.
type Imported struct {
	Platform      string
	Subject       string
	Name          string
	App           AppProof
	ScopesGranted []string // nil: the platform does not say
	ScopesMissing []string // of those that we ask for: features will lack
	Targets       []ImportedTarget
	Channels      []Channel
	DryRun        bool
}

// ErrTokenInUse answers an import of tokens that a channel of another owner lives on.
var ErrTokenInUse = fault.New(fault.Conflict, "token_in_use", "These very tokens are in use here already, for another owner. Ask the person for a consent of their own there.")

// ErrGrantExists answers an import that would put other tokens in the place of ones that work.
var ErrGrantExists = fault.New(fault.Conflict, "grant_exists", "There is a consent that works for this already, and imported tokens do not take its place. Disconnect its channels first.")

// Import verifies tokens with the platform (whose they are, and for which app) and connects
// what they reach. Tokens of another app, of nobody, or without a required scope are
// refused and nothing is kept; nor do they replace a consent that works (ErrGrantExists).
// The access token must still work. Importing the same tokens again, also when others have
// taken their place since, changes nothing but connects what else is wanted, and sends no
// refresh token. Needs ScopeChannelsWrite.
//
// Where the platform does not say whose app the tokens are of, the refresh token is used
// once, after everything else was found good, and what it is answered is committed with
// all that follows in one transaction: no call comes in between, and a database that is away
// is waited for. A platform whose refresh tokens work once may keep that one for spent all
// the same when its answer is lost: the import is refused then, and so are the old tokens.
func (s *Service) Import(ctx context.Context, c Caller, r ImportRequest) (Imported, error) {
	if err := c.Require(ScopeChannelsWrite); err != nil {
		return Imported{}, err
	}
	p, err := s.checkImport(r)
	if err != nil {
		return Imported{}, err
	}
	im := &importing{s: s, c: c, r: r, p: p}
	if err := im.ask(ctx); err != nil {
		return Imported{}, fmt.Errorf("import from %s: %w", r.Platform, err)
	}
	if err := im.run(ctx); err != nil {
		return Imported{}, fmt.Errorf("import from %s: %w", r.Platform, err)
	}
	return im.answer(), nil
}

// checkImport is what can be told without asking anybody.
func (s *Service) checkImport(r ImportRequest) (platform.Platform, error) {
	p, ok := s.platforms.Get(r.Platform)
	if !ok {
		return nil, fault.InvalidField("platform", "unknown", "names a platform that is not supported; there are "+s.platforms.Listed())
	}
	switch {
	case p.Spec().TokenType == "DPoP": // RFC 9449: worthless without the key
		return nil, fault.InvalidField("platform", "bound_tokens", "names a platform whose tokens are bound to a key of the program that got them: they cannot be imported")
	case !plainToken(r.Access) || r.Access.Empty():
		return nil, fault.InvalidField("access_token", "characters", "must be 1 to 8192 visible ASCII characters")
	case !plainToken(r.Refresh):
		return nil, fault.InvalidField("refresh_token", "characters", "must be at most 8192 visible ASCII characters")
	case len(r.OwnerExternalID) > maxName || len(r.OwnerName) > maxName:
		return nil, fault.InvalidField("owner", "length", "must be at most 255 characters")
	}
	return p, nil
}

func plainToken(token vault.Secret) bool {
	text := token.Reveal()
	return len(text) <= 8192 && !slices.ContainsFunc([]byte(text), func(b byte) bool { return b <= ' ' || b >= 0x7f })
}

// importing is one import on its way.
type importing struct {
	s *Service
	c Caller
	r ImportRequest
	p platform.Platform

	app    platform.App
	paced  App      // its row as it was when its refresh was begun; zero: none was
	intent int64    // the row that says that it is; 0: there is none
	found  consent  // what the platform says of the tokens
	proof  AppProof // so far
	owner  Owner    // zero: is made at the end
	same   bool     // the tokens are the ones that are there, or were before they were replaced
	// renewed: the consent lives on newer tokens than these. recalled: so it was found, and
	// no platform was asked.
	renewed, recalled bool

	wanted   []platform.TargetKey
	there    map[platform.TargetKey]Channel // of the owner, before
	channels []Channel                      // made or connected anew
}

// run goes on once the platform has said what the tokens are.
func (im *importing) run(ctx context.Context) error {
	if err := im.want(); err != nil {
		return err
	}
	if !im.r.DryRun { // whoever sends the same again at once waits, and finds it done
		unlock, err := im.s.refreshing.lock(ctx, fmt.Sprintf("import %d %s", im.app.ID, im.found.identity.Subject))
		if err != nil {
			return platform.ErrUnavailable.Because(err)
		}
		defer unlock()
	}
	told := im.proof
	for {
		use, err := im.uses(ctx, told)
		if err != nil || im.r.DryRun {
			return err
		}
		if !use {
			return im.keep(ctx)
		}
		taken, err := im.turn(ctx)
		if err != nil {
			return err
		}
		if !taken {
			break
		}
	}
	ctx = context.WithoutCancel(ctx) // what was sent must be waited for
	if err := im.prove(ctx); err != nil {
		return err
	}
	return im.keepAll(ctx)
}

// uses tells whether only a refresh can show that the tokens are our app's, and looks at
// what is there by now. proof is what was known of them before.
func (im *importing) uses(ctx context.Context, proof AppProof) (bool, error) {
	if err := im.look(ctx); err != nil {
		return false, err
	}
	refreshable := !im.r.Refresh.Empty() && platform.Refreshable(im.p.Spec(), im.found.credentials)
	use := proof == AppUnproven && refreshable && !im.same
	if im.proof = proof; use || proof == AppUnproven && im.renewed {
		im.proof = AppByUse
	}
	return use, nil
}

// want chooses among what the tokens reach.
func (im *importing) want() error {
	var unknown []fault.Field
	for i, id := range im.r.Targets {
		field, reached := fmt.Sprintf("targets[%d]", i), false
		for _, t := range im.accounts() {
			if t.ExternalID != id {
				continue
			}
			reached = true
			if t.Blocked != "" {
				unknown = append(unknown, fault.Field{Name: field, Reason: "blocked", Message: "cannot be chosen: " + t.Blocked})
			} else if key := (platform.TargetKey{Kind: t.Kind, ExternalID: t.ExternalID}); !slices.Contains(im.wanted, key) {
				im.wanted = append(im.wanted, key)
			}
		}
		if !reached {
			unknown = append(unknown, fault.Field{Name: field, Reason: "unknown", Message: "names what these tokens do not reach"})
		}
	}
	if len(unknown) > 0 {
		refused := fault.New(fault.Invalid, "invalid_field", "Some of the targets cannot be connected with these tokens.")
		refused.Fields = unknown
		return refused
	}
	for _, t := range im.accounts() {
		if len(im.r.Targets) == 0 && t.Blocked == "" {
			im.wanted = append(im.wanted, platform.TargetKey{Kind: t.Kind, ExternalID: t.ExternalID})
		}
	}
	if len(im.wanted) == 0 {
		return ErrNothingReached
	}
	return nil
}

// accounts are the targets that may become channels.
func (im *importing) accounts() []platform.Target {
	return slices.DeleteFunc(slices.Clone(im.found.targets), func(t platform.Target) bool { return t.Role != platform.RoleAccount })
}

// look finds out whether anything here stands in the way, before anything is used up.
func (im *importing) look(ctx context.Context) error {
	owner, err := im.s.ownerNow(ctx, im.c, im.r.OwnerExternalID)
	if err != nil {
		return err
	}
	im.owner = owner
	_, err = im.clear(ctx, im.s.store)
	return err
}

// ownerNow is the owner whose channels they become; the zero one where it is yet to be made.
func (s *Service) ownerNow(ctx context.Context, c Caller, externalID string) (Owner, error) {
	switch {
	case c.OwnerID != 0:
		owner, err := s.store.Owner(ctx, c.WorkspaceID, c.OwnerID)
		if err == nil && externalID != "" && externalID != owner.ExternalID {
			return Owner{}, errOwnerUnknown
		}
		return owner, err
	case externalID == "":
		return s.store.DefaultOwner(ctx, c.WorkspaceID)
	}
	owner, err := s.store.OwnerByExternalID(ctx, c.WorkspaceID, externalID)
	if errors.Is(err, fault.NotFound) {
		return Owner{}, nil
	}
	return owner, err
}

// answer is what the caller is told.
func (im *importing) answer() Imported {
	id := im.found.identity
	out := Imported{
		Platform: im.r.Platform, Subject: id.Subject, Name: cmp.Or(id.Name, id.Username), App: im.proof, ScopesGranted: id.Scopes,
		Channels: im.channels, DryRun: im.r.DryRun,
	}
	if id.Scopes != nil {
		for _, scope := range im.p.Spec().Missing(id.Scopes) {
			out.ScopesMissing = append(out.ScopesMissing, scope.Name)
		}
	}
	now := map[platform.TargetKey]int64{}
	for key, ch := range im.there {
		now[key] = ch.ID
	}
	for _, ch := range im.channels {
		now[platform.TargetKey{Kind: ch.Kind, ExternalID: ch.ExternalID}] = ch.ID
	}
	for _, t := range im.accounts() {
		key := platform.TargetKey{Kind: t.Kind, ExternalID: t.ExternalID}
		out.Targets = append(out.Targets, ImportedTarget{
			Kind: t.Kind, ExternalID: t.ExternalID, Name: t.Name, Blocked: t.Blocked, Wanted: slices.Contains(im.wanted, key), ChannelID: now[key],
		})
	}
	return out
}
