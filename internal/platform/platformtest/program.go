package platformtest

import (
	"testing"
	"time"

	"patchbay/internal/httpx"
	"patchbay/internal/lab"
	"patchbay/internal/platform"
)

// Program is another program than ours, with a client of its own at a Lab: what it gets
// there was issued outside Patchbay, and can be brought by an import.
type Program struct {
	Lab      string // the Lab's origin
	Platform platform.Platform
	App      platform.App          // the client; made up by the server where the platform registers by itself (Mastodon)
	Register func(a lab.App) error // Lab.Register, or what posts to /lab/apps; nil: App is known there
	Server   string                // what the person types where every server is its own
	Redirect string                // nothing is ever sent there
	Now      func() time.Time      // nil: time.Now
	Untick   []string              // scopes that the person refuses
}

// Tokens has the persona consent to the program and redeems the code, with the client's own
// credentials. It answers the client too.
func (p Program) Tokens(t *testing.T, persona string) (platform.App, platform.Token) {
	t.Helper()
	if p.Now == nil {
		p.Now = time.Now
	}
	spec := p.Platform.Spec()
	client := httpx.NewClient(httpx.ClientConfig{Origins: platform.LabOrigins(p.Lab, []platform.Spec{spec}), Trusted: []string{p.Lab}})
	t.Cleanup(client.CloseIdle)
	w := &world{
		platform: p.Platform, spec: spec, app: p.App, redirect: p.Redirect, input: p.Server, verifier: platform.NewVerifier(),
		env: platform.Env{HTTP: client, Now: p.Now, PublicURL: "https://program.test"},
	}
	if p.Register != nil {
		app, err := register(t, w.platform, w.env, p.Register, registration{p.Server, p.Redirect, p.App})
		if err != nil {
			t.Fatal(err)
		}
		w.app = app
	}
	token, err := platform.Exchange(t.Context(), w.env, w.platform, w.exchangeRequest(t, choice{persona: persona, untick: p.Untick}))
	if err != nil {
		t.Fatalf("exchange of another program: %v", err)
	}
	return w.app, token
}
