package clients_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/client"
	"patchbay/internal/e2e"
)

func newClient(t *testing.T, w *e2e.World, key string, options ...client.Option) *client.Client {
	t.Helper()
	c, err := client.New(w.URL, client.NewSecret(key), options...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func must[T any](value T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func TestGoClientDoesTheMainJob(t *testing.T) {
	t.Parallel()
	w, ctx := e2e.Start(t, e2e.Options{}), t.Context()
	c := newClient(t, w, w.Key)
	asked := client.NewSession{Owner: client.NewOwnerRef{ExternalID: "user_42", Name: "Corner bakery"}, Platforms: []string{"facebook"}}
	session := must(c.Sessions.Create(ctx, asked, client.WithIdempotencyKey("signup-17")))(t)
	again := must(c.Sessions.Create(ctx, asked, client.WithIdempotencyKey("signup-17")))(t)
	if again.ID != session.ID || again.ConnectURL.Reveal() != session.ConnectURL.Reveal() {
		t.Errorf("got session %d the second time, want %d again", again.ID, session.ID)
	}
	consent(t, session.ConnectURL.Reveal())
	session = must(c.Sessions.Wait(ctx, session.ID))(t)
	if session.Status != client.SessionSucceeded || len(session.ChannelIDs) != 2 || len(session.Channels) != 2 {
		t.Fatalf("got %+v, want a session that brought two channels", session)
	}
	var names []string
	for channel, err := range c.Channels.All(ctx, client.ChannelFilter{Owner: "user_42", ListOptions: client.ListOptions{Limit: 1}}) {
		names = append(names, must(channel, err)(t).Name)
	}
	read := must(c.Channels.Get(ctx, session.ChannelIDs[1]))(t)
	if len(names) != 2 || read.Name != names[1] || read.Owner.Name != "Corner bakery" || read.Health.Status != client.HealthHealthy || read.Followers == nil {
		t.Errorf("got channels %q and %+v, want both, the second one read", names, read)
	}
	var connected int
	for event, err := range c.Events.Follow(ctx, 0) {
		switch must(event, err)(t).Type {
		case "channel.connected":
			connected++
		}
		if event.Type == "session.succeeded" {
			break
		}
	}
	if connected != 2 {
		t.Errorf("got %d channel.connected events, want 2", connected)
	}
}

func TestGoClientLooksAfterChannels(t *testing.T) {
	t.Parallel()
	w, ctx := e2e.Start(t, e2e.Options{}), t.Context()
	c := newClient(t, w, w.Key)
	session := must(c.Sessions.Create(ctx, client.NewSession{}))(t)
	consent(t, session.ConnectURL.Reveal())
	id := must(c.Sessions.Wait(ctx, session.ID))(t).ChannelIDs[0]

	before := must(c.Audit.List(ctx, 0, 200))(t).Next
	health, checked := must(c.Channels.Health(ctx, id))(t), must(c.Channels.Check(ctx, id))(t)
	if health.CheckedNow || !checked.CheckedNow || checked.Act != client.ActNobody || checked.Health != client.HealthHealthy || checked.ProvenAt.Before(health.ProvenAt) {
		t.Errorf("got %+v and %+v, want a healthy channel, proven just now", health, checked)
	}
	if len(health.ScopesWanted) == 0 || health.ScopesGranted == nil || health.Sentence == "" {
		t.Errorf("got %+v, want it explained", health)
	}
	token := must(c.Channels.Token(ctx, id, client.TokenRequest{MinLifetime: time.Minute}))(t)
	if token.AccessToken.IsZero() || token.TokenType != "Bearer" || token.Version == 0 || token.ChannelID != id {
		t.Errorf("got %+v, want a page's token", token)
	}
	if _, err := c.Channels.Token(ctx, id, client.TokenRequest{NewerThan: token.Version}); !errors.Is(err, client.Conflict) {
		t.Errorf("got %v, want a conflict: nobody but the person renews a page's token, and it works", err)
	}
	page := must(c.Audit.List(ctx, before, 1))(t)
	rest := must(c.Audit.List(ctx, page.Next, 0))(t)
	if page.Data[0].Action != "channel.checked" || rest.Data[0].Action != "token.leased" || len(rest.Data) != 1 || rest.Data[0].ChannelID != id || rest.Data[0].KeyID == 0 || rest.Data[0].From != "127.0.0.1" {
		t.Errorf("got %+v and %+v, want the check and the lease", page, rest)
	}
	verdict := must(c.Audit.Verify(ctx, ""))(t)
	if again := must(c.Audit.Verify(ctx, verdict.Head))(t); !verdict.Intact || !again.Intact || verdict.Entries != rest.Next || again.Problem != "" {
		t.Errorf("got %+v and %+v, want a log that is intact", verdict, again)
	}
}

func TestGoClientCaresForChannels(t *testing.T) {
	t.Parallel()
	w, ctx := e2e.Start(t, e2e.Options{}), t.Context()
	c := newClient(t, w, w.Key)
	session := must(c.Sessions.Create(ctx, client.NewSession{Owner: client.NewOwnerRef{ExternalID: "user_42"}}))(t)
	consent(t, session.ConnectURL.Reveal())
	ids := must(c.Sessions.Wait(ctx, session.ID))(t).ChannelIDs
	id := ids[0]
	paused, named := must(c.Channels.Pause(ctx, id))(t), must(c.Channels.Rename(ctx, id, "Main page"))(t)
	if resumed := must(c.Channels.Resume(ctx, id))(t); paused.Lifecycle != client.LifecyclePaused || named.Label != "Main page" || resumed.Lifecycle != client.LifecycleActive {
		t.Errorf("got %+v, %+v and %+v", paused, named, resumed)
	}
	targets := must(c.Channels.Targets(ctx, id))(t).Data
	current := slices.IndexFunc(targets, func(target client.Target) bool { return target.Current })
	if len(targets) != 3 || current < 0 || targets[current].Name != named.Name {
		t.Fatalf("got %+v, want three pages, and which the channel is", targets)
	}
	free := slices.IndexFunc(targets, func(target client.Target) bool {
		return target.ID != targets[current].ID && target.Blocked == "" && !slices.Contains(names(t, c), target.Name)
	})
	if free < 0 {
		t.Fatalf("got %+v, want a page that is no channel", targets)
	}
	if chosen := must(c.Channels.ChooseTarget(ctx, id, targets[free].ID))(t); chosen.ID != id || chosen.Name != targets[free].Name {
		t.Errorf("got %+v, want %+v", chosen, targets[free])
	}
	must(c.Owners.Create(ctx, client.NewOwner{ExternalID: "user_43"}))(t)
	if moved := must(c.Channels.Move(ctx, id, "user_43"))(t); moved.Owner.ExternalID != "user_43" {
		t.Errorf("got %+v, want it to be the other's", moved)
	}
	again := must(c.Channels.Reconnect(ctx, ids[1], client.NewReconnect{}))(t)
	if again.ReconnectID != ids[1] || again.ConnectURL.IsZero() {
		t.Errorf("got %+v, want a link for channel %d", again, ids[1])
	}
	if ended := must(c.Channels.Disconnect(ctx, id))(t); ended.Lifecycle != client.LifecycleDisconnected {
		t.Errorf("got %+v, want it disconnected", ended)
	}
	_, err := c.Channels.Import(ctx, client.ImportRequest{Platform: "facebook", AccessToken: client.NewSecret("nobody's"), Owner: "user_44", DryRun: true})
	if p := client.AsProblem(err); p == nil || len(p.Fields) != 1 || p.Fields[0].Field != "access_token" {
		t.Errorf("got %v, want the platform's refusal", err)
	}
	owner := must(c.Channels.Get(ctx, ids[1]))(t).Owner
	if erased := must(c.Owners.Erase(ctx, owner.ID, owner.ExternalID))(t); erased.OwnerID != owner.ID || erased.Channels != 1 || erased.Grants != 1 || erased.Sessions == 0 {
		t.Errorf("got %+v, want what is gone", erased)
	}
}

func names(t *testing.T, c *client.Client) (all []string) {
	t.Helper()
	for channel, err := range c.Channels.All(t.Context(), client.ChannelFilter{}) {
		all = append(all, must(channel, err)(t).Name)
	}
	return all
}

func TestGoClientIsSentEvents(t *testing.T) {
	t.Parallel()
	w, ctx := e2e.Start(t, e2e.Options{}), t.Context()
	c := newClient(t, w, w.Key)
	hook := must(c.Endpoints.Create(ctx, client.NewEndpoint{URL: w.Receiver.URL, Types: []string{"session.*"}}))(t)
	if tested := must(c.Endpoints.Test(ctx, hook.ID))(t); hook.Secret.IsZero() || !tested.Delivered || tested.Status != 200 {
		t.Errorf("got %+v and %+v, want a message that arrives", hook, tested)
	}
	must(c.Sessions.Create(ctx, client.NewSession{}))(t)
	var sent client.Delivery
	for delivery, err := range c.Deliveries.All(ctx, client.DeliveryFilter{EndpointID: hook.ID, Type: "session.created", ListOptions: client.ListOptions{Limit: 1}}) {
		sent = must(delivery, err)(t)
	}
	if one := must(c.Deliveries.Get(ctx, sent.ID))(t); one.MessageID != sent.MessageID || one.EventNumber != 1 {
		t.Errorf("got %+v, want %+v", one, sent)
	}
	if again := must(c.Deliveries.Replay(ctx, sent.ID))(t); again.ID == sent.ID || again.MessageID != sent.MessageID {
		t.Errorf("got %+v, want the message again", again)
	}
	replay := must(c.Replays.Create(ctx, hook.ID, client.NewReplay{Until: 1}))(t)
	if again := must(c.Replays.Get(ctx, replay.ID))(t); again.Events != 1 || again.EndpointID != hook.ID {
		t.Errorf("got %+v, want %+v", again, replay)
	}
	rotated := must(c.Endpoints.RotateSecret(ctx, hook.ID, time.Hour))(t)
	if rotated.Secret.Reveal() == hook.Secret.Reveal() || rotated.PreviousUntil.IsZero() {
		t.Errorf("got %+v, want a new secret beside the one before", rotated)
	}
	off := client.EndpointDisabled
	if changed := must(c.Endpoints.Update(ctx, hook.ID, client.EndpointChange{State: &off}))(t); changed.State != off || changed.Reason == "" {
		t.Errorf("got %+v, want it disabled", changed)
	}
	if err := c.Endpoints.Delete(ctx, hook.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Endpoints.Get(ctx, hook.ID); !errors.Is(err, client.NotFound) {
		t.Errorf("got %v after it was deleted, want not found", err)
	}
}

// With the check "confirm" nothing is connected before the application's backend says
// that the browser that came back is the right one.
func TestGoClientConfirms(t *testing.T) {
	t.Parallel()
	w, ctx := e2e.Start(t, e2e.Options{}), t.Context()
	c := newClient(t, w, w.Key)
	session := must(c.Sessions.Create(ctx, client.NewSession{InitiatorCheck: client.CheckConfirm, RedirectURL: w.Receiver.URL}))(t)
	code := client.NewSecret(codeOf(t, consent(t, session.ConnectURL.Reveal()).Redirect))
	if waiting := must(c.Sessions.Get(ctx, session.ID))(t); waiting.ConfirmBy.IsZero() || len(w.Channels(t)) != 0 {
		t.Fatalf("got %+v and %d channels, want a session that waits and none", waiting, len(w.Channels(t)))
	}
	if _, err := c.Sessions.Confirm(ctx, session.ID, client.NewSecret("guessed")); !errors.Is(err, client.Invalid) {
		t.Errorf("got %v for a guessed code, want invalid", err)
	}
	if confirmed := must(c.Sessions.Confirm(ctx, session.ID, code))(t); confirmed.Status != client.SessionSucceeded || len(confirmed.ChannelIDs) != 2 {
		t.Errorf("got %+v, want two channels", confirmed)
	}
}

func TestGoClientManages(t *testing.T) {
	t.Parallel()
	w, ctx := e2e.Start(t, e2e.Options{}), t.Context()
	c := newClient(t, w, w.Key)

	canceled := must(c.Sessions.Create(ctx, client.NewSession{}))(t)
	canceled = must(c.Sessions.Cancel(ctx, canceled.ID))(t)
	denied := must(c.Sessions.Create(ctx, client.NewSession{}))(t)
	deny(t, denied.ConnectURL.Reveal())
	denied = must(c.Sessions.Poll(ctx, denied.ID, 1e9))(t)
	attempts := must(c.Sessions.Attempts(ctx, denied.ID))(t)
	if canceled.Status != client.SessionCanceled || denied.Status != client.SessionFailed || denied.Ended() || denied.Reason != "denied" || len(attempts.Data[0].Steps) < 2 {
		t.Errorf("got %+v, %+v and %+v", canceled, denied, attempts)
	}

	owner := must(c.Owners.Create(ctx, client.NewOwner{ExternalID: "user_43", ContactEmail: "hello@bakery.example"}))(t)
	owner = must(c.Owners.Update(ctx, owner.ID, client.OwnerChange{ContactEmail: new(string), Reference: new("contract 17")}))(t)
	if got := must(c.Owners.Get(ctx, owner.ID))(t); got != owner || owner.ContactEmail != "" || owner.Reference != "contract 17" {
		t.Errorf("got %+v, want %+v without an address", got, owner)
	}
	if _, err := c.Owners.Create(ctx, client.NewOwner{ExternalID: "user_43"}); !errors.Is(err, client.Conflict) {
		t.Errorf("got %v for an id that is taken, want conflict", err)
	}

	app := must(c.Apps.Create(ctx, client.NewApp{Platform: "facebook", ClientID: "1029384756", ClientSecret: client.NewSecret("s3cret")}))(t)
	if !strings.HasPrefix(app.RedirectURI, w.URL+"/oauth/callback/facebook/") {
		t.Errorf("got redirect URI %s, want one of the app's own", app.RedirectURI)
	}
	app = must(c.Apps.Update(ctx, app.ID, client.AppChange{Name: "Ours", ClientSecret: client.NewSecret("s3cret2")}))(t)
	if app = must(c.Apps.Retire(ctx, app.ID))(t); app.Name != "Ours" || app.RetiredAt.IsZero() {
		t.Errorf("got %+v, want a retired app called Ours", app)
	}

	key := must(c.Keys.Create(ctx, client.NewKey{Name: "reader", Scopes: []string{"channels:read"}, Owner: "user_43", ExpiresIn: 3600}))(t)
	reader := newClient(t, w, key.Key.Reveal())
	must(reader.Channels.List(ctx, client.ChannelFilter{}))(t)
	_, err := reader.Sessions.Create(ctx, client.NewSession{})
	if p := client.AsProblem(err); p == nil || p.Code != client.Forbidden || p.Reason != "scope_missing" || p.RequestID == "" {
		t.Errorf("got %v, want a problem that says which scope is missing", err)
	}
	if revoked := must(c.Keys.Revoke(ctx, key.ID))(t); revoked.RevokedAt.IsZero() || revoked.OwnerID != owner.ID {
		t.Errorf("got %+v, want a revoked key of owner %d", revoked, owner.ID)
	}
	if _, err := reader.Channels.List(ctx, client.ChannelFilter{}); !errors.Is(err, client.Unauthenticated) {
		t.Errorf("got %v with a revoked key, want unauthenticated", err)
	}

	space := must(c.Workspaces.Create(ctx, client.NewWorkspace{Name: "Bakers United"}))(t)
	theirs := newClient(t, w, space.Key.Reveal())
	space = must(theirs.Workspaces.Update(ctx, space.ID, client.WorkspaceChange{AllowedRedirects: &[]string{"https://app.example/connected"}}))(t)
	if diff := cmp.Diff([]string{"https://app.example/connected"}, space.AllowedRedirects); diff != "" {
		t.Errorf("allowed redirects (-want +got):\n%s", diff)
	}
	if platforms := must(theirs.Platforms.List(ctx))(t); len(platforms.Data) < 4 {
		t.Errorf("got %d platforms, want all", len(platforms.Data))
	}
	if facebook := must(theirs.Platforms.Get(ctx, "facebook"))(t); !strings.Contains(facebook.SetupGuide, w.URL) || *facebook.Lifetimes.AccessToken == 0 {
		t.Errorf("got %+v, want the guide with this server's addresses", facebook)
	}
}
