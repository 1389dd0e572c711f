package mastodon_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/fault"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

const revoke = "POST /oauth/revoke"

func (w *world) client() *platform.Client {
	return &platform.Client{Env: w.env, App: w.app(), Credentials: platform.Credentials{Access: vault.NewSecret("token-canary")}}
}

func TestProbe(t *testing.T) {
	t.Parallel()
	type found struct {
		Class  platform.Class
		Reason string
	}
	for _, c := range []struct {
		name   string
		status int
		body   string
		want   found
	}{
		{"well", 200, `{"id":"109","acct":"alice"}`, found{}},
		{"revoked", 401, `{"error":"The access token was revoked"}`, found{platform.ClassPermanent, "revoked"}},
		{"revoked, in the server's language", 401, `{"error":"Der Zugriffstoken wurde widerrufen"}`, found{platform.ClassPermanent, "revoked"}},
		{"401 of something between", 401, `<html>`, found{platform.ClassTransient, ""}},
		{"scope", 403, `{"error":"This action is outside the authorized scopes"}`, found{platform.ClassPermanent, "scopes_missing"}},
		{"disabled", 403, `{"error":"Your login is currently disabled"}`, found{platform.ClassPermanent, "account_inactive"}},
		{"not confirmed", 403, `{"error":"Your login is missing a confirmed e-mail address"}`, found{platform.ClassPermanent, "checkpoint"}},
		{"403 of something between", 403, `<html>`, found{platform.ClassTransient, ""}},
		{"an app's own token", 422, `{"error":"This method requires an authenticated user"}`, found{platform.ClassPermanent, "token_kind"}},
		{"another account's", 200, `{"id":"110","acct":"bob"}`, found{platform.ClassPermanent, "token_kind"}},
		{"too often", 429, `{"error":"Too many requests"}`, found{platform.ClassRateLimited, ""}},
		{"in trouble", 503, ``, found{platform.ClassTransient, ""}},
	} {
		w := newWorld(t)
		w.answer(account, 200, `{"id":"109","acct":"alice"}`)
		id, targets, err := w.targets(t)
		if err != nil {
			t.Fatal(err)
		}
		w.answer(account, c.status, c.body)
		client := w.client()
		client.Subject = id.Subject
		proof, err := platform.Probe(t.Context(), w.platform, client, targets)
		got := found{}
		if no := platform.RefusalOf(err); no != nil {
			got = found{no.Class, no.Reason}
		}
		if got != c.want || len(proof.Broken) != 0 {
			t.Errorf("%s: got %v, %v (%v), want %v", c.name, got, proof.Broken, err, c.want)
		}
	}
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		body   string
		want   string
	}{
		{200, `{}`, ""},
		{403, `{"error":"unauthorized_client","error_description":"canary"}`, "platform_rejected"},
		{503, ``, "platform_unavailable"},
	} {
		w := newWorld(t)
		w.answer(revoke, c.status, c.body)
		err := platform.Revoke(t.Context(), w.env, w.platform, platform.RevokeRequest{App: w.app(), Credentials: w.client().Credentials})
		if got := fault.ReasonOf(err); got != c.want {
			t.Errorf("%d: got %v, want %q", c.status, err, c.want)
		}
		calls, forms := w.sent()
		if d := cmp.Diff([]string{revoke}, calls); d != "" || forms[0].Get("token") != "token-canary" || forms[0].Get("client_secret") != "secret-canary" {
			t.Errorf("%d: posted %v (-want +got):\n%s", c.status, forms, d)
		}
	}
}

func TestNothingIsRevokedWithoutAServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	err := platform.Revoke(t.Context(), w.env, w.platform, platform.RevokeRequest{Credentials: w.client().Credentials})
	if calls, _ := w.sent(); err == nil || len(calls) != 0 {
		t.Errorf("got %v after %q", err, calls)
	}
}

// TestLease: every server has an API of its own.
func TestLease(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got, err := platform.Lease(w.platform, w.app(), w.client().Credentials)
	if d := cmp.Diff(platform.Leased{Type: "Bearer", Server: w.url}, got); err != nil || d != "" {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
}
