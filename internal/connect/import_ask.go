package connect

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/platform"
)

var (
	errTokenRefused   = fault.InvalidField("access_token", "refused", "is not accepted by the platform: it has expired, or was withdrawn")
	errTokenKind      = fault.InvalidField("access_token", "token_kind", "is not the token of a person's consent, but an app's own or somebody else's. Bring the access token that the platform gave when the person signed in and agreed")
	errPageToken      = fault.InvalidField("access_token", "page_token", "is a page's own token. Bring the access token of the person who manages the page: their pages come with it, each with its own token, and targets says which become channels")
	errTokenLacks     = fault.InvalidField("access_token", "scopes_missing", "lacks a permission that is required. Have the person consent here, or bring a token that was asked for with all of them")
	errNotPermitted   = fault.InvalidField("access_token", "not_permitted", "is not permitted to read the account: it lacks a permission, is no person's token, or is of an app that the platform does not serve. Bring the access token that this server's app got when the person agreed")
	errOtherApp       = fault.InvalidField("access_token", "other_app", "was issued to another app than the one that this server uses there")
	errRefreshRefused = fault.InvalidField("refresh_token", "refused", "is not accepted by the platform from this server's app: it is another app's, was used before, or has ended")
	errNoSuchServer   = fault.InvalidField("server", "unknown", "names a server where no app of this Patchbay is registered: tokens that it issued are another app's")
)

// ask has the platform, unless the tokens were imported before and replaced since, say for which app the access token is, whose it is, and what it reaches.
func (im *importing) ask(ctx context.Context) error {
	app, err := im.s.importApp(ctx, im.c.WorkspaceID, im.p, im.r.Server)
	if err != nil {
		return err
	}
	im.app = app
	if known, err := im.recall(ctx); known || err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, im.s.lease)
	defer cancel()
	client := &platform.Client{
		Env: im.s.envOf(im.r.Platform), App: app, Scopes: im.r.Scopes,
		Credentials: platform.Credentials{Access: im.r.Access, Refresh: im.r.Refresh, ExpiresAt: im.expiry()},
	}
	im.proof = AppUnproven
	if v, ok := im.p.(platform.Verifier); ok {
		ours, known, err := v.IssuedTo(ctx, client)
		switch {
		case err != nil:
			return importRefusal(err, true)
		case known && !ours:
			return errOtherApp
		case known:
			im.proof = AppProven
		}
	}
	identity, targets, err := platform.Verify(ctx, im.p, client)
	if errors.Is(err, platform.ErrScopesMissing) && identity.Subject != "" {
		return lacking(im.p.Spec(), identity.Scopes)
	}
	if err != nil {
		return importRefusal(err, false)
	}
	im.found = consent{identity: identity, targets: targets, credentials: client.Credentials, knowing: true}
	return nil
}

// expiry is when the access token ends. Where nobody told, and it can be refreshed, it is
// refreshed soon: a tenth of what such a token lives is taken to be left.
func (im *importing) expiry() time.Time {
	spec := im.p.Spec()
	if im.r.ExpiresAt.IsZero() && !im.r.Refresh.Empty() && spec.AccessLifetime > 0 {
		return im.s.now().Add(spec.AccessLifetime / 10)
	}
	return im.r.ExpiresAt
}

// issued is when the access token was, where it can be refreshed: as long before its end as
// such tokens live. What is left of it says nothing of how long the next one will live.
func (im *importing) issued() time.Time {
	spec, c := im.p.Spec(), im.found.credentials
	if spec.AccessLifetime == 0 || c.ExpiresAt.IsZero() || spec.Refresh == platform.RefreshRenewing || !platform.Refreshable(spec, c) {
		return time.Time{}
	}
	return c.ExpiresAt.Add(-spec.AccessLifetime)
}

// importApp is the app that imported tokens must be of: the one at which the workspace's
// people consent. Nothing is registered for an import.
func (s *Service) importApp(ctx context.Context, workspaceID int64, p platform.Platform, server string) (platform.App, error) {
	id := p.Spec().ID
	registrar, own := p.(platform.Registrar)
	if _, configured := s.apps[id]; !own || configured {
		if server != "" {
			return platform.App{}, fault.InvalidField("server", "unexpected", "must be left out: this platform has one server")
		}
		chosen, err := s.appFor(ctx, workspaceID, p, BeginRequest{})
		return chosen.App, err
	}
	if server == "" {
		return platform.App{}, fault.InvalidField("server", "required", "must name the server of the account")
	}
	origin, err := registrar.Server(server)
	if err != nil {
		return platform.App{}, err
	}
	row, err := s.store.LiveApp(ctx, 0, id, origin)
	switch {
	case errors.Is(err, fault.NotFound), err == nil && row.ClientID == "":
		return platform.App{}, errNoSuchServer
	case err != nil:
		return platform.App{}, fmt.Errorf("app at a server: %w", err)
	}
	chosen, err := s.openApp(row)
	return chosen.App, err
}

// brought says in words what is wrong with a token that is imported.
var brought = map[platform.Brought]*fault.Error{
	platform.BroughtDead:    errTokenRefused,
	platform.BroughtPage:    errPageToken,
	platform.BroughtKind:    errTokenKind,
	platform.BroughtLacking: errTokenLacks,
	platform.BroughtBarred:  errNotPermitted,
}

// importRefusal is what the platform's answer means for whoever brings the tokens: what a
// platform in trouble answers, or one that refuses our app itself, stays as it is. asApp
// tells of a call that our app's own credentials were checked with.
func importRefusal(err error, asApp bool) error {
	if refused, about := brought[platform.JudgeBrought(err, asApp)]; about {
		return refused.Because(err)
	}
	return err
}

// lacking names the required permissions that are not there.
func lacking(spec platform.Spec, granted []string) error {
	var names []string
	for _, scope := range spec.Missing(granted) {
		if scope.Required {
			names = append(names, scope.Name)
		}
	}
	return fault.InvalidField("access_token", "scopes_missing", "lacks permissions that are required: "+strings.Join(names, ", "))
}

// prove uses the refresh token: a platform takes it from the app that it was issued to.
func (im *importing) prove(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, im.s.deadlineOf(im.p.Spec()))
	defer cancel()
	subject := im.found.identity.Subject
	token, err := platform.Refresh(ctx, im.s.envOf(im.r.Platform), im.p, platform.RefreshRequest{
		App: im.app, Credentials: im.found.credentials, Subject: subject,
	})
	no := platform.RefusalOf(err)
	if no != nil {
		im.s.refreshed(im.r.Platform, no.Class)
		im.s.log.WarnContext(ctx, "import: refresh refused", slog.String("platform", im.r.Platform),
			slog.String("class", string(no.Class)), slog.Bool("ambiguous", no.Ambiguous), slog.Any("cause", err))
		ctx := context.WithoutCancel(ctx) // the deadline was the platform's
		note := func(tx Tx) error { return cmp.Or(im.noteTurn(ctx, tx, no), im.arrived(ctx, tx)) }
		if err := im.s.store.InTx(ctx, note); err != nil {
			im.s.log.ErrorContext(ctx, "import: pace of the app", slog.Any("cause", err))
		}
		blame := platform.JudgeBrought(err, true)
		if no.Class == platform.ClassPermanent || blame == platform.BroughtDead || blame == platform.BroughtBarred {
			return errRefreshRefused.Because(err)
		}
		return err
	}
	im.s.refreshed(im.r.Platform, platform.ClassFine)
	im.found.credentials = token.Credentials
	if token.Scopes != nil {
		im.found.identity.Scopes = token.Scopes
	}
	return nil
}
