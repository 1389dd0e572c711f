package webhook_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/httpx"
	"patchbay/internal/vault"
	"patchbay/internal/webhook"
)

func TestWhatCannotBeAnEndpoint(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		w.client = httpx.NewClient(httpx.ClientConfig{Trusted: []string{"http://receiver.test:9000"}})
		w.hooks = w.restarted()
		for field, n := range map[string]webhook.NewEndpoint{
			"url":         {URL: "http://receiver.example/"},
			"scheme":      {URL: "https://receiver.example/", Scheme: "nonsense"},
			"description": {URL: "https://receiver.example/", Description: strings.Repeat("é", 256)},
			"types":       {URL: "https://receiver.example/", Types: make([]string, 51)},
			"types[1]":    {URL: "https://receiver.example/", Types: []string{"channel.*", "channel.conected"}},
			"types[0]":    {URL: "https://receiver.example/", Types: []string{""}},
			"owner":       {URL: "https://receiver.example/", OwnerExternalID: "nobody"},
		} {
			_, err := w.hooks.CreateEndpoint(t.Context(), w.caller, n, connect.Once[webhook.CreatedEndpoint]{})
			var f *fault.Error
			if !errors.As(err, &f) || f.Code != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Name != field {
				t.Errorf("%s: got %v, want that field refused", field, err)
			}
		}
		made := w.endpoint(t, webhook.NewEndpoint{URL: "http://receiver.test:9000/hook", Description: strings.Repeat("é", 255), Types: []string{"channel.*", "grant.*", "channel.*"}})
		bad := "https://10.0.0.1/"
		_, err := w.hooks.ChangeEndpoint(t.Context(), w.caller, made.ID, webhook.EndpointChange{URL: &bad})
		if !errors.Is(err, fault.Invalid) || w.read(t, made.ID).URL != made.URL {
			t.Errorf("change: got %v, want it refused", err)
		}
		odd := webhook.EndpointState("deleted")
		if _, err := w.hooks.ChangeEndpoint(t.Context(), w.caller, made.ID, webhook.EndpointChange{State: &odd}); !errors.Is(err, fault.Invalid) {
			t.Errorf("state: got %v, want it refused", err)
		}
	})
}

func TestAnEndpointIsChanged(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		r, other := newReceiver(t, w), newReceiver(t, w)
		made := w.endpoint(t, webhook.NewEndpoint{URL: r.url, Types: []string{"channel.*"}})
		types, description := []string{"session.created"}, "moved"
		w.clock.move(time.Minute)
		e, err := w.hooks.ChangeEndpoint(t.Context(), w.caller, made.ID, webhook.EndpointChange{URL: &other.url, Types: &types, Description: &description})
		must(t, err)
		want := made.Endpoint
		want.URL, want.Types, want.Description, want.UpdatedAt = other.url, types, description, w.clock.now()
		if diff := cmp.Diff(want, e); diff != "" {
			t.Errorf("changed (-want +got):\n%s", diff)
		}
		w.emit(t, connect.Event{Type: connect.EventChannelError}, connect.Event{Type: connect.EventSessionCreated})
		w.pump(t)
		if len(r.messages()) != 0 || len(other.messages()) != 1 {
			t.Errorf("got %d at the old address and %d at the new, want 0 and 1", len(r.messages()), len(other.messages()))
		}
		list, err := w.hooks.Endpoints(t.Context(), w.caller, 0, 9)
		must(t, err)
		if len(list) != 1 || list[0].ID != made.ID {
			t.Errorf("list: got %+v, want the one", list)
		}
	})
}

// TestAnotherAddressBeginsAnew: what the one before did is nothing to it.
func TestAnotherAddressBeginsAnew(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		r, other := newReceiver(t, w), newReceiver(t, w)
		r.answers(func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Retry-After", "3600")
			rw.WriteHeader(http.StatusServiceUnavailable)
		})
		made := w.endpoint(t, webhook.NewEndpoint{URL: r.url, Types: []string{connect.EventSessionCreated}})
		w.emit(t, connect.Event{})
		w.pump(t)
		if e := w.read(t, made.ID); e.Failures != 1 || e.HeldUntil.IsZero() || e.FailingSince.IsZero() {
			t.Fatalf("got %+v, want it held", e)
		}
		description := "the same address"
		e, err := w.hooks.ChangeEndpoint(t.Context(), w.caller, made.ID, webhook.EndpointChange{Description: &description, URL: &r.url})
		must(t, err)
		if e.Failures != 1 || e.HeldUntil.IsZero() || w.pump(t) != 0 {
			t.Errorf("with the same address: got %+v, want it held", e)
		}
		e, err = w.hooks.ChangeEndpoint(t.Context(), w.caller, made.ID, webhook.EndpointChange{URL: &other.url})
		must(t, err)
		if e.Failures != 0 || !e.HeldUntil.IsZero() || !e.FailingSince.IsZero() {
			t.Errorf("with another one: got %+v, want it as new", e)
		}
		if w.pump(t); len(other.messages()) != 1 {
			t.Errorf("got %d messages there, want what waited", len(other.messages()))
		}
	})
}

// TestAnAddressIsChangedDuringARequest: what the one before answers is nothing to it either.
func TestAnAddressIsChangedDuringARequest(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		for _, code := range []int{http.StatusGone, http.StatusTooManyRequests} {
			r, other, came, open := newReceiver(t, w), newReceiver(t, w), make(chan struct{}, 9), make(chan struct{})
			r.answers(func(rw http.ResponseWriter, _ *http.Request) {
				came <- struct{}{}
				<-open
				rw.WriteHeader(code)
			})
			made := w.endpoint(t, webhook.NewEndpoint{URL: r.url, Types: []string{connect.EventSessionCreated}})
			w.emit(t, connect.Event{})
			claims, _, _, err := w.hooks.ClaimDue(t.Context(), made.ID, 1)
			must(t, err)
			sent := make(chan error, 1)
			go func() { sent <- w.hooks.Deliver(t.Context(), claims[0]) }()
			<-came
			_, err = w.hooks.ChangeEndpoint(t.Context(), w.caller, made.ID, webhook.EndpointChange{URL: &other.url})
			must(t, err)
			close(open)
			must(t, <-sent)
			w.pump(t)
			if e := w.read(t, made.ID); e.State != webhook.StateActive || e.Failures != 0 || len(other.messages()) != 1 {
				t.Errorf("%d: got %+v and %d messages at the new address, want it as new and one", code, e, len(other.messages()))
			}
			must(t, w.hooks.DeleteEndpoint(t.Context(), w.caller, made.ID))
		}
	})
}

// TestAnAddressThatIsAllowedNoLonger keeps nobody from disabling its endpoint.
func TestAnAddressThatIsAllowedNoLonger(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		made := w.endpoint(t, webhook.NewEndpoint{URL: newReceiver(t, w).url})
		w.client = httpx.NewClient(httpx.ClientConfig{}) // of a server that is no dev
		w.hooks = w.restarted()
		types, description, long := []string{"channel.*"}, "old", strings.Repeat("e", 256)
		active, disabled := webhook.StateActive, webhook.StateDisabled
		for _, change := range []webhook.EndpointChange{{Types: &types}, {Description: &description}, {State: &active}, {State: &disabled}} {
			_, err := w.hooks.ChangeEndpoint(t.Context(), w.caller, made.ID, change)
			must(t, err)
		}
		for field, change := range map[string]webhook.EndpointChange{"url": {State: &active}, "description": {State: &disabled, Description: &long}} {
			_, err := w.hooks.ChangeEndpoint(t.Context(), w.caller, made.ID, change)
			var f *fault.Error
			if !errors.As(err, &f) || len(f.Fields) != 1 || f.Fields[0].Name != field {
				t.Errorf("%+v: got %v, want the %s refused", change, err, field)
			}
		}
		if e := w.read(t, made.ID); e.State != disabled || e.Description != description || len(e.Types) != 1 {
			t.Errorf("got %+v, want it disabled and changed", e)
		}
	})
}

// TestEndpointsOfOneOwner hear of that owner alone.
func TestEndpointsOfOneOwner(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		r := newReceiver(t, w)
		var owner connect.Owner
		must(t, w.store.InTx(t.Context(), func(tx connect.Tx) (err error) {
			owner, _, err = tx.EnsureOwner(t.Context(), connect.Owner{WorkspaceID: w.caller.WorkspaceID, ExternalID: "user-1", CreatedAt: w.clock.now(), UpdatedAt: w.clock.now()})
			return err
		}))
		w.endpoint(t, webhook.NewEndpoint{URL: r.url, OwnerExternalID: "user-1"})
		w.emit(t, connect.Event{}, connect.Event{OwnerID: owner.ID}, connect.Event{OwnerID: owner.ID + 9})
		w.pump(t)
		if diff := cmp.Diff([]string{"evt_1_2"}, r.ids()); diff != "" {
			t.Errorf("heard (-want +got):\n%s", diff)
		}
	})
}

func TestAWorkspaceHasAHundred(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		var last webhook.CreatedEndpoint
		for i := range 100 {
			last = w.endpoint(t, webhook.NewEndpoint{URL: fmt.Sprintf("https://r%d.example/", i)})
		}
		n := webhook.NewEndpoint{URL: "https://more.example/"}
		if _, err := w.hooks.CreateEndpoint(t.Context(), w.caller, n, connect.Once[webhook.CreatedEndpoint]{}); fault.ReasonOf(err) != "too_many_endpoints" {
			t.Errorf("the 101st: got %v, want too_many_endpoints", err)
		}
		must(t, w.hooks.DeleteEndpoint(t.Context(), w.caller, last.ID))
		w.endpoint(t, n)
	})
}

// TestOnce makes one endpoint, however often it is asked.
func TestOnce(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		once := connect.Once[webhook.CreatedEndpoint]{
			Key: "k", Route: "POST /v1/endpoints", Fingerprint: []byte("f"),
			Render: func(made webhook.CreatedEndpoint) ([]byte, error) {
				return json.Marshal(made.ID)
			},
		}
		n := webhook.NewEndpoint{URL: "https://receiver.example/"}
		made, err := w.hooks.CreateEndpoint(t.Context(), w.caller, n, once)
		must(t, err)
		_, err = w.hooks.CreateEndpoint(t.Context(), w.caller, n, once)
		var again *connect.Replayed
		if !errors.As(err, &again) || again.Reply.Reveal() != fmt.Sprint(made.ID) {
			t.Errorf("again: got %v, want the first answer", err)
		}
		if list, _ := w.hooks.Endpoints(t.Context(), w.caller, 0, 9); len(list) != 1 {
			t.Errorf("got %d endpoints, want 1", len(list))
		}
	})
}

// TestWhoMayAndWho asks each use case as somebody who may not.
func TestWhoMayAndWho(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		r := newReceiver(t, w)
		made := w.endpoint(t, webhook.NewEndpoint{URL: r.url})
		w.emit(t, connect.Event{})
		w.pump(t)
		d := w.deliveries(t, webhook.DeliveryFilter{})[0]
		p := w.replay(t, webhook.ReplayRequest{EndpointID: made.ID})
		before := len(r.messages())
		cases := map[string]struct {
			scope connect.Scope
			ask   func(ctx context.Context, c connect.Caller) (found int, err error)
			list  bool // of another workspace it is empty
		}{
			"CreateEndpoint": {connect.ScopeEndpointsWrite, func(ctx context.Context, c connect.Caller) (int, error) {
				_, err := w.hooks.CreateEndpoint(ctx, c, webhook.NewEndpoint{URL: r.url}, connect.Once[webhook.CreatedEndpoint]{})
				return 0, err
			}, true},
			"Endpoints": {connect.ScopeEndpointsRead, func(ctx context.Context, c connect.Caller) (int, error) {
				list, err := w.hooks.Endpoints(ctx, c, 0, 9)
				for _, e := range list {
					if e.WorkspaceID != c.WorkspaceID {
						return 1, err
					}
				}
				return 0, err
			}, true},
			"Endpoint": {connect.ScopeEndpointsRead, func(ctx context.Context, c connect.Caller) (int, error) {
				_, err := w.hooks.Endpoint(ctx, c, made.ID)
				return 1, err
			}, false},
			"ChangeEndpoint": {connect.ScopeEndpointsWrite, func(ctx context.Context, c connect.Caller) (int, error) {
				state := webhook.StateActive
				_, err := w.hooks.ChangeEndpoint(ctx, c, made.ID, webhook.EndpointChange{State: &state})
				return 1, err
			}, false},
			"DeleteEndpoint": {connect.ScopeEndpointsWrite, func(ctx context.Context, c connect.Caller) (int, error) {
				return 1, w.hooks.DeleteEndpoint(ctx, c, made.ID)
			}, false},
			"RotateSecret": {connect.ScopeEndpointsWrite, func(ctx context.Context, c connect.Caller) (int, error) {
				_, err := w.hooks.RotateSecret(ctx, c, made.ID, 0)
				return 1, err
			}, false},
			"TestEndpoint": {connect.ScopeEndpointsWrite, func(ctx context.Context, c connect.Caller) (int, error) {
				_, err := w.hooks.TestEndpoint(ctx, c, made.ID)
				return 1, err
			}, false},
			"Deliveries": {connect.ScopeEndpointsRead, func(ctx context.Context, c connect.Caller) (int, error) {
				list, err := w.hooks.Deliveries(ctx, c, webhook.DeliveryFilter{EndpointID: made.ID}, 0, 9)
				return len(list), err
			}, true},
			"Delivery": {connect.ScopeEndpointsRead, func(ctx context.Context, c connect.Caller) (int, error) {
				_, _, err := w.hooks.Delivery(ctx, c, d.ID)
				return 1, err
			}, false},
			"ReplayDelivery": {connect.ScopeEndpointsWrite, func(ctx context.Context, c connect.Caller) (int, error) {
				_, err := w.hooks.ReplayDelivery(ctx, c, d.ID)
				return 1, err
			}, false},
			"StartReplay": {connect.ScopeEndpointsWrite, func(ctx context.Context, c connect.Caller) (int, error) {
				_, err := w.hooks.StartReplay(ctx, c, webhook.ReplayRequest{EndpointID: made.ID}, connect.Once[webhook.Replay]{})
				return 1, err
			}, false},
			"Replay": {connect.ScopeEndpointsRead, func(ctx context.Context, c connect.Caller) (int, error) {
				_, err := w.hooks.Replay(ctx, c, p.ID)
				return 1, err
			}, false},
		}
		stranger := w.workspace(t)
		for name, c := range cases {
			found, err := c.ask(t.Context(), stranger)
			if c.list && (err != nil || found != 0) || !c.list && !errors.Is(err, fault.NotFound) {
				t.Errorf("%s: another workspace got %d, %v", name, found, err)
			}
			bound := w.caller
			bound.OwnerID = 1
			if _, err := c.ask(t.Context(), bound); !errors.Is(err, fault.Forbidden) {
				t.Errorf("%s: a key of one owner got %v, want it forbidden", name, err)
			}
			lacks := w.caller
			lacks.Scopes = nil
			for _, s := range connect.Scopes() {
				if s != c.scope {
					lacks.Scopes = append(lacks.Scopes, s)
				}
			}
			if _, err := c.ask(t.Context(), lacks); !errors.Is(err, fault.Forbidden) {
				t.Errorf("%s: a key without %s got %v, want it forbidden", name, c.scope, err)
			}
		}
		if len(r.messages()) != before || w.read(t, made.ID).State != webhook.StateActive {
			t.Error("somebody who may not had an effect")
		}
	})
}

// TestDeedsAreAudited in the transaction of the deed.
func TestDeedsAreAudited(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		r := newReceiver(t, w)
		made := w.endpoint(t, webhook.NewEndpoint{URL: r.url, Description: "canary"})
		w.emit(t, connect.Event{})
		w.pump(t)
		ctx, description := t.Context(), "other"
		_, err := w.hooks.ChangeEndpoint(ctx, w.caller, made.ID, webhook.EndpointChange{Description: &description})
		must(t, err)
		_, err = w.hooks.RotateSecret(ctx, w.caller, made.ID, time.Hour)
		must(t, err)
		_, err = w.hooks.TestEndpoint(ctx, w.caller, made.ID)
		must(t, err)
		_, err = w.hooks.ReplayDelivery(ctx, w.caller, w.deliveries(t, webhook.DeliveryFilter{EventNumber: 1})[0].ID)
		must(t, err)
		w.replay(t, webhook.ReplayRequest{EndpointID: made.ID})
		must(t, w.hooks.DeleteEndpoint(ctx, w.caller, made.ID))
		log, err := w.core.AuditLog(ctx, w.caller, 0, 99)
		must(t, err)
		var actions []string
		for _, e := range log {
			if e.Actor != connect.ActorKey {
				continue
			}
			actions = append(actions, e.Action)
			if e.KeyID != w.caller.KeyID || strings.Contains(string(e.Data), "127.0.0.1") {
				t.Errorf("%s: got %+v %s, want whose key it was, and no address", e.Action, e, e.Data)
			}
		}
		want := []string{
			connect.AuditEndpointCreated, connect.AuditEndpointChanged, connect.AuditSecretRotated, connect.AuditEndpointTested,
			connect.AuditDeliveryReplayed, connect.AuditDeliveryReplayed, connect.AuditEndpointDeleted,
		}
		if diff := cmp.Diff(want, actions); diff != "" {
			t.Errorf("audit log (-want +got):\n%s", diff)
		}
	})
}

// TestSecretsAreSealedAgain with the keys of everything else, and told once.
func TestSecretsAreSealedAgain(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, w *world) {
		made := w.endpoint(t, webhook.NewEndpoint{URL: "https://receiver.example/"})
		if secret := made.Secret.Reveal(); !strings.HasPrefix(secret, "whsec_") || len(secret) != len("whsec_")+44 {
			t.Errorf("got a secret of %d characters, want whsec_ and 32 bytes in base64", len(secret))
		}
		counts, err := w.store.CountSealed(t.Context(), "endpoints")
		must(t, err)
		if diff := cmp.Diff(map[vault.KeyID]int64{w.vault.Primary(): 1}, counts); diff != "" {
			t.Errorf("sealed (-want +got):\n%s", diff)
		}
		if opened, err := w.vault.Open(made.Place(), made.Sealed); err != nil || !strings.Contains(opened.Reveal(), made.Secret.Reveal()) {
			t.Errorf("the row does not open at its place: %v", err)
		}
	})
}
