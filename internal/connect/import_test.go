package connect_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/httpx"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// bank is a platform that tells whose app a token is of, if it wants to.
type bank struct {
	*plot
	ours, known bool
	dead        error    // what it says of every access token; nil: it lives
	read        error    // what it answers to reading the account alone
	scopes      []string // granted
	rate        float64  // calls a second; 0: as many as usual
}

func (b *bank) Spec() platform.Spec {
	s := b.plot.Spec()
	s.Scopes = []platform.Scope{{Name: "read", Feature: "post", Required: true}, {Name: "write", Feature: "insights"}}
	s.TokenType = ""
	return s
}

func (b *bank) IssuedTo(context.Context, *platform.Client) (ours, known bool, err error) {
	return b.ours, b.known, b.dead
}

func (b *bank) Targets(ctx context.Context, c *platform.Client) (platform.Identity, []platform.Target, error) {
	if err := cmp.Or(b.dead, b.read); err != nil {
		return platform.Identity{}, nil, err
	}
	id, targets, err := b.garden.Targets(ctx, c)
	id.Scopes, id.Name = b.scopes, "Jane Roe"
	targets = append(targets, platform.Target{Kind: "board", Role: platform.RoleDestination, ExternalID: "board-1"},
		platform.Target{Kind: "page", Role: platform.RoleAccount, ExternalID: "blocked-1", Blocked: "no_task"})
	return id, targets, err
}

// answered is what a status without a word means by some rules.
func answered(status int, rules ...platform.Rule) error {
	return platform.ReadRefusal(rules, &httpx.Response{Status: status}, time.Now())
}

// newBank is a server with that platform, where nothing is connected.
func newBank(t *testing.T, b *bank) *journey {
	t.Helper()
	w := newJourney(t)
	if b.plot == nil {
		b.plot = &plot{model: platform.RefreshRotating, life: 2 * time.Hour}
	}
	b.garden, b.clock = w.garden, w.clock
	if b.scopes == nil {
		b.scopes = []string{"read", "write"}
	}
	keyset, err := vault.NewKeyset()
	must(t, err)
	w.vault, err = vault.New(keyset)
	must(t, err)
	w.svc = connect.New(connect.Config{
		Store: w.store, Vault: w.vault, Platforms: platform.NewRegistry([]platform.Platform{b}), Apps: map[string]platform.App{"garden": w.app(t)},
		Env: platform.Env{HTTP: httpx.NewClient(httpx.ClientConfig{}), Now: w.clock.now, PublicURL: "https://connect.example"},
		Log: slog.New(slog.DiscardHandler), RefreshRate: b.rate,
	})
	w.set(t, "DELETE FROM audit") // sealed with keys of before
	w.set(t, "DELETE FROM audit_heads")
	return w
}

func tokens(access, refresh string) connect.ImportRequest {
	return connect.ImportRequest{
		Platform: "garden", OwnerExternalID: "user-1", OwnerName: "User One", Access: vault.NewSecret(access), Refresh: vault.NewSecret(refresh),
	}
}

func (w *journey) imports(t *testing.T, r connect.ImportRequest) connect.Imported {
	t.Helper()
	got, err := w.svc.Import(t.Context(), w.caller, r)
	must(t, err)
	return got
}

func (w *journey) access(t *testing.T, channel int64) string {
	t.Helper()
	lease, err := w.svc.LeaseToken(t.Context(), w.caller, connect.LeaseRequest{ChannelID: channel})
	must(t, err)
	return lease.Access.Reveal()
}

// left counts what an import that was refused must not leave.
func (w *journey) left(t *testing.T) string {
	t.Helper()
	return fmt.Sprint(w.count(t, "grants"), w.count(t, "targets"), w.count(t, "channels"), w.count(t, "owners"), w.count(t, "events"),
		w.count(t, "audit"), w.count(t, "revocations"))
}

const nothing = "0 0 0 1 0 0 0" // but the default owner

// Tokens of our app become channels of an owner who is made.
func TestImportConnectsWhatTheTokensReach(t *testing.T) {
	t.Parallel()
	b := &bank{ours: true, known: true, scopes: []string{"read"}}
	w := newBank(t, b)
	w.garden.reach(2, "person")
	got := w.imports(t, tokens("imported", "refresh"))
	if got.App != connect.AppProven || got.Subject != "person" || got.Name != "Jane Roe" || len(got.Channels) != 2 || got.DryRun {
		t.Errorf("got %+v, want two channels, proven", got)
	}
	same(t, "granted", got.ScopesGranted, []string{"read"})
	same(t, "missing", got.ScopesMissing, []string{"write"})
	same(t, "targets", got.Targets, []connect.ImportedTarget{
		{Kind: "page", ExternalID: "page-0", Name: "Page 0", Wanted: true, ChannelID: got.Channels[0].ID},
		{Kind: "page", ExternalID: "page-1", Name: "Page 1", Wanted: true, ChannelID: got.Channels[1].ID},
		{Kind: "page", ExternalID: "blocked-1", Blocked: "no_task"},
	})
	same(t, "what is lent", w.access(t, got.Channels[0].ID), "imported")
	same(t, "refreshes", b.sent, 0)
	same(t, "events", w.events(t), []string{"grant.created", "channel.connected", "channel.connected"})
	same(t, "owner", w.count(t, "owners WHERE external_id = 'user-1' AND name = 'User One'"), 1)
	same(t, "imports in the audit log", w.count(t, "audit WHERE action = 'channel.imported' AND actor = 'key'"), 2)
	same(t, "by an import", w.count(t, `events WHERE data LIKE '%"via":"import"%' AND cause = 'integration'`), 3)
}

// A refresh proves the app where the platform does not tell, and what it brought is what is kept.
func TestImportProvesTheAppByUse(t *testing.T) {
	t.Parallel()
	b := &bank{}
	w := newBank(t, b)
	got := w.imports(t, tokens("imported", "refresh"))
	same(t, "app", got.App, connect.AppByUse)
	same(t, "refreshes", b.sent, 1)
	same(t, "what is lent", w.access(t, got.Channels[0].ID), "access-1")
	w.after(t, 30, 5*time.Minute)
	if b.sent < 2 {
		t.Error("it was never refreshed again")
	}
	w.health(t, got.Channels[0].ID, connect.HealthHealthy, "")
}

func TestImportWithoutAProof(t *testing.T) {
	t.Parallel()
	b := &bank{}
	w := newBank(t, b)
	got := w.imports(t, tokens("imported", ""))
	same(t, "app", got.App, connect.AppUnproven)
	same(t, "refreshes", b.sent, 0)
	same(t, "what is lent", w.access(t, got.Channels[0].ID), "imported")
}

// A token of which nobody knows when it ends is refreshed soon.
func TestImportedTokensOfUnknownAge(t *testing.T) {
	t.Parallel()
	b := &bank{ours: true, known: true}
	w := newBank(t, b)
	got := w.imports(t, tokens("imported", "refresh"))
	w.after(t, 3, 5*time.Minute)
	same(t, "refreshes", b.sent, 1)
	same(t, "what is lent", w.access(t, got.Channels[0].ID), "access-1")
}

// Asking only changes nothing, here or there.
func TestADryRunOfAnImportChangesNothing(t *testing.T) {
	t.Parallel()
	b := &bank{}
	w := newBank(t, b)
	r := tokens("imported", "refresh")
	r.DryRun = true
	got := w.imports(t, r)
	if got.App != connect.AppByUse || !got.DryRun || len(got.Channels) != 0 || !got.Targets[0].Wanted || got.Targets[0].ChannelID != 0 {
		t.Errorf("got %+v, want what would be done", got)
	}
	same(t, "refreshes", b.sent, 0)
	same(t, "left", w.left(t), nothing)
	r.DryRun = false
	made := w.imports(t, r)
	r.DryRun, r.Targets = true, []string{"page-0"}
	_, err := w.svc.Import(t.Context(), w.caller, r)
	wants(t, "over what works", err, connect.ErrGrantExists)
	w.set(t, "UPDATE grants SET health = 'needs_reauth', health_reason = 'revoked'")
	same(t, "the channel that it is", w.imports(t, r).Targets[0].ChannelID, made.Channels[0].ID)
}

func TestImportRefuses(t *testing.T) {
	t.Parallel()
	secret := "s3cret-token"
	gone := platform.Refuse(platform.ClassPermanent, platform.ReasonRevoked, errors.New("no"))
	b := &bank{}
	w := newBank(t, b)
	whole := w.caller
	for _, c := range []struct {
		name   string
		bank   bank
		change func(w *journey, b *bank, r *connect.ImportRequest)
		field  string
		reason string // of the field, or of the error where there is none
	}{
		{name: "another app's", bank: bank{known: true}, field: "access_token", reason: "other_app"},
		{name: "a dead one, told by the platform", bank: bank{dead: gone}, field: "access_token", reason: "refused"},
		{name: "of nobody", bank: bank{dead: platform.ErrReauth}, field: "access_token", reason: "refused"},
		{name: "of another kind", bank: bank{dead: platform.ErrTokenKind}, field: "access_token", reason: "token_kind"},
		{name: "a page's own", bank: bank{dead: platform.ErrPageToken}, field: "access_token", reason: "page_token"},
		{name: "without a permission, told by the platform", bank: bank{dead: platform.Refuse(platform.ClassPermanent, platform.ReasonScopesMissing, errors.New("no"))}, field: "access_token", reason: "scopes_missing"},
		{name: "a 401 that no rule knows", bank: bank{dead: answered(401)}, field: "access_token", reason: "refused"},
		{name: "a 403 that no rule knows", bank: bank{dead: answered(403)}, field: "access_token", reason: "not_permitted"},
		{name: "a 403 that is the app's, of the token's own app", bank: bank{read: answered(403, platform.Rule{Status: 403, Class: platform.ClassConfiguration})}, field: "access_token", reason: "not_permitted"},
		{name: "our app is refused", bank: bank{dead: answered(403, platform.Rule{Status: 403, Class: platform.ClassConfiguration})}, reason: "platform_rejected"},
		{name: "out of credits", bank: bank{read: answered(402, platform.Rule{Status: 402, Class: platform.ClassConfiguration})}, reason: "platform_rejected"},
		{name: "too often", bank: bank{dead: answered(429)}, reason: "platform_unavailable"},
		{name: "the platform is in trouble", bank: bank{dead: answered(500)}, reason: "platform_unavailable"},
		{name: "the platform is away", bank: bank{dead: platform.ErrUnavailable}, reason: "platform_unavailable"},
		{name: "without a required scope", bank: bank{scopes: []string{"write"}}, field: "access_token", reason: "scopes_missing"},
		{name: "a refresh token of another app", field: "refresh_token", reason: "refused", change: func(_ *journey, b *bank, _ *connect.ImportRequest) {
			b.refresh = func() error { return gone }
		}},
		{name: "a refresh token that is refused in no known words", field: "refresh_token", reason: "refused", change: func(_ *journey, b *bank, _ *connect.ImportRequest) {
			b.refresh = func() error { return answered(400) }
		}},
		{name: "a refresh without an answer", reason: "platform_unavailable", change: func(_ *journey, b *bank, _ *connect.ImportRequest) {
			b.refresh = func() error { return platform.ErrUnavailable }
		}},
		{name: "no token", field: "access_token", reason: "characters", change: func(_ *journey, _ *bank, r *connect.ImportRequest) { r.Access = vault.Secret{} }},
		{name: "a token with a blank", field: "access_token", reason: "characters", change: func(_ *journey, _ *bank, r *connect.ImportRequest) {
			r.Access = vault.NewSecret(secret + " ")
		}},
		{name: "an endless refresh token", field: "refresh_token", reason: "characters", change: func(_ *journey, _ *bank, r *connect.ImportRequest) {
			r.Refresh = vault.NewSecret(strings.Repeat("x", 8193))
		}},
		{name: "an unknown platform", field: "platform", reason: "unknown", change: func(_ *journey, _ *bank, r *connect.ImportRequest) { r.Platform = "nowhere" }},
		{name: "a server where there is one only", field: "server", reason: "unexpected", change: func(_ *journey, _ *bank, r *connect.ImportRequest) { r.Server = "garden.example" }},
		{name: "an unknown target", field: "targets[1]", reason: "unknown", change: func(_ *journey, _ *bank, r *connect.ImportRequest) { r.Targets = []string{"page-0", "page-9"} }},
		{name: "a destination", field: "targets[0]", reason: "unknown", change: func(_ *journey, _ *bank, r *connect.ImportRequest) { r.Targets = []string{"board-1"} }},
		{name: "a blocked target", field: "targets[0]", reason: "blocked", change: func(_ *journey, _ *bank, r *connect.ImportRequest) { r.Targets = []string{"blocked-1"} }},
		{name: "nothing that can be chosen", reason: "nothing_reached", change: func(w *journey, _ *bank, _ *connect.ImportRequest) { w.garden.reach(0, "person") }},
		{name: "another owner than the key's", reason: "owner_unknown", change: func(w *journey, _ *bank, _ *connect.ImportRequest) {
			w.caller.OwnerID = int64(w.count(t, "owners")) // the default one's id is 1
		}},
		{name: "a key that may not", reason: "scope_missing", change: func(w *journey, _ *bank, _ *connect.ImportRequest) {
			w.caller.Scopes = []connect.Scope{connect.ScopeChannelsRead}
		}},
	} {
		b.ours, b.known, b.dead, b.read, b.scopes, b.refresh, w.caller = c.bank.ours, c.bank.known, c.bank.dead, c.bank.read, c.bank.scopes, nil, whole
		w.garden.reach(1, "person")
		if b.scopes == nil {
			b.scopes = []string{"read", "write"}
		}
		r := tokens(secret, secret)
		if c.change != nil {
			c.change(w, b, &r)
		}
		for _, r.DryRun = range []bool{true, false} {
			_, err := w.svc.Import(t.Context(), w.caller, r)
			if c.field == "refresh_token" && c.reason == "refused" && r.DryRun || c.name == "a refresh without an answer" && r.DryRun {
				must(t, err) // it is not tried
				continue
			}
			why := fault.From(err)
			switch {
			case why == nil:
				t.Errorf("%s: got no error", c.name)
				continue
			case c.field == "" && why.Reason != c.reason, c.field != "" && (len(why.Fields) != 1 || why.Fields[0].Name != c.field || why.Fields[0].Reason != c.reason):
				t.Errorf("%s: got %+v, want %s %s", c.name, why, c.field, c.reason)
			}
			if text := err.Error() + fmt.Sprint(why.Fields); strings.Contains(text, secret) || strings.Contains(text, "page-9") {
				t.Errorf("%s: the error repeats what it was given: %s", c.name, text)
			}
		}
		same(t, c.name+": left", w.left(t), nothing)
	}
}

// Consents that work keep their credentials; one that needs its person takes others.
func TestImportNeverReplacesWhatWorks(t *testing.T) {
	t.Parallel()
	b := &bank{ours: true, known: true}
	w := newBank(t, b)
	first := w.imports(t, tokens("first", ""))
	id := first.Channels[0].ID
	_, err := w.svc.Import(t.Context(), w.caller, tokens("second", ""))
	wants(t, "the same person's", err, connect.ErrGrantExists)
	w.garden.reach(1, "another person")
	_, err = w.svc.Import(t.Context(), w.caller, tokens("third", ""))
	wants(t, "another person's, for the same page", err, connect.ErrGrantExists)
	same(t, "grants", w.count(t, "grants"), 1)
	same(t, "what is lent", w.access(t, id), "first")

	w.garden.reach(1, "person")
	w.set(t, "UPDATE grants SET health = 'needs_reauth', health_reason = 'revoked'")
	w.set(t, "UPDATE channels SET health = 'needs_reauth', health_reason = 'revoked', lifecycle = 'paused'")
	again := w.imports(t, tokens("second", ""))
	same(t, "the channel", again.Channels[0].ID, id)
	same(t, "a pause stays", again.Channels[0].Lifecycle, connect.LifecyclePaused)
	same(t, "grants", w.count(t, "grants"), 1)
	_, err = w.svc.ResumeChannel(t.Context(), w.caller, id)
	must(t, err)
	same(t, "what is lent", w.access(t, id), "second")
	w.health(t, id, connect.HealthHealthy, "")
}

// Who lost the answer asks again, and is told what there is.
func TestImportingTheSameAgainChangesNothing(t *testing.T) {
	t.Parallel()
	b := &bank{ours: true, known: true}
	w := newBank(t, b)
	w.garden.reach(2, "person")
	r := tokens("imported", "")
	r.Targets = []string{"page-0"}
	first := w.imports(t, r)
	before := w.left(t)
	again := w.imports(t, r)
	same(t, "channels", again.Channels, first.Channels)
	same(t, "left", w.left(t), before)
	r.Targets = nil
	more := w.imports(t, r)
	same(t, "channels", len(more.Channels), 2)
	same(t, "events", w.events(t), []string{"grant.created", "channel.connected", "channel.connected"})
	same(t, "token version", w.count(t, "grants WHERE token_version = 1"), 1)
}

// What the platform answered to the refresh is kept although the database was away, and
// although the caller hung up.
func TestARefreshedImportIsNotLost(t *testing.T) {
	t.Parallel()
	b := &bank{}
	w := newBank(t, b)
	ctx, cancel := context.WithCancel(t.Context())
	b.refresh = func() error {
		cancel()
		w.set(t, "ALTER TABLE grants RENAME TO grants_away")
		time.AfterFunc(300*time.Millisecond, func() { _, _ = w.db.Exec("ALTER TABLE grants_away RENAME TO grants") })
		return nil
	}
	got, err := w.svc.Import(ctx, w.caller, tokens("imported", "refresh"))
	must(t, err)
	b.refresh = nil
	same(t, "refreshes", b.sent, 1)
	same(t, "what is lent", w.access(t, got.Channels[0].ID), "access-1")
}

// Two imports of the same tokens at once refresh and connect without a conflict, or one of
// them is told.
func TestTwoImportsAtOnce(t *testing.T) {
	t.Parallel()
	b := &bank{ours: true, known: true}
	w := newBank(t, b)
	errs := make(chan error, 2)
	for range 2 {
		go func() {
			_, err := w.svc.Import(t.Context(), w.caller, tokens("imported", ""))
			errs <- err
		}()
	}
	for range 2 {
		must(t, <-errs)
	}
	same(t, "grants", w.count(t, "grants"), 1)
	same(t, "channels", w.count(t, "channels"), 1)
}

// shires is a platform of many servers.
type shires struct{ *bank }

func (shires) Server(input string) (string, error) {
	if strings.Contains(input, " ") {
		return "", platform.ErrServerInvalid
	}
	return "https://" + input, nil
}

func (shires) Register(context.Context, platform.Env, platform.Registration) (platform.App, error) {
	return platform.App{}, errors.New("an import must register nothing")
}

func (shires) Known(context.Context, platform.Env, platform.App) error { return nil }

// Where each server has apps of its own, tokens are of the one that we registered there.
func TestImportFromAServer(t *testing.T) {
	t.Parallel()
	b := &bank{ours: true, known: true}
	w := newBank(t, b)
	keyset, err := vault.NewKeyset()
	must(t, err)
	v, err := vault.New(keyset)
	must(t, err)
	w.svc = connect.New(connect.Config{
		Store: w.store, Vault: v, Platforms: platform.NewRegistry([]platform.Platform{shires{b}}),
		Env: platform.Env{HTTP: httpx.NewClient(httpx.ClientConfig{}), Now: w.clock.now, PublicURL: "https://connect.example"},
		Log: slog.New(slog.DiscardHandler),
	})
	must(t, w.store.InTx(t.Context(), func(tx connect.Tx) error {
		for server, client := range map[string]string{"https://known.example": "client-of-known", "https://begun.example": ""} {
			app := connect.App{Platform: "garden", Server: server, ClientID: client, CreatedAt: w.clock.now(), UpdatedAt: w.clock.now()}
			if _, err := tx.EnsureApp(t.Context(), app); err != nil {
				return err
			}
		}
		return nil
	}))
	for server, want := range map[string]string{"": "required", "unknown.example": "unknown", "begun.example": "unknown"} {
		r := tokens("imported", "")
		r.Server = server
		_, err := w.svc.Import(t.Context(), w.caller, r)
		if why := fault.From(err); why == nil || len(why.Fields) != 1 || why.Fields[0].Name != "server" || why.Fields[0].Reason != want {
			t.Errorf("server %q: got %v, want %s", server, err, want)
		}
	}
	r := tokens("imported", "")
	r.Server = "two words"
	_, err = w.svc.Import(t.Context(), w.caller, r)
	wants(t, "no server's name", err, platform.ErrServerInvalid)
	r.Server = "known.example"
	same(t, "channels", len(w.imports(t, r).Channels), 1)
	same(t, "of the app there", w.count(t, "grants g JOIN apps a ON a.id = g.app_id WHERE a.server = 'https://known.example'"), 1)
}
