package shapes_test

import (
	"encoding/json"
	"strings"
	"time"

	"patchbay/internal/platform"
	"patchbay/internal/platform/dpop"
	"patchbay/internal/platforms"
	"patchbay/internal/platforms/bluesky"
	"patchbay/internal/platforms/custom"
	"patchbay/internal/vault"
)

// way is one way in which a platform's consents are kept alive, with a consent.
type way struct {
	platform platform.Platform
	folder   string // of the platform's code
	name     string // in the platform's table: "refresh", "probe", …
	app      platform.App
	held     platform.Credentials
	subject  string
	origins  []string // that are called, beyond those of the Spec
	again    bool     // a request is repeated where it only lacked a DPoP nonce
}

// sent marks what a request holds and no error may.
const sent = "hush-sent-"

const account = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"

// ways are those of every platform. A new platform needs no line here, unless it keeps
// something of its own in its credentials.
func ways() []way {
	var out []way
	for _, p := range platforms.All(platforms.Config{}) {
		w := way{
			platform: p, folder: p.Spec().ID, name: "refresh", subject: "4242",
			app:  platform.App{ClientID: "client", ClientSecret: vault.NewSecret(sent + "client-secret")},
			held: heldTokens(),
		}
		if p.Spec().Refresh == platform.RefreshNone {
			w.name = "probe"
		}
		switch p.Spec().ID {
		case "bluesky":
			out = append(out, blueskyWays(w)...)
		case "mastodon":
			w.app.Server, w.origins, w.subject = "https://mastodon.example", []string{"https://mastodon.example"}, "mastodon.example/4242"
			out = append(out, w)
		default:
			out = append(out, w)
		}
	}
	return append(out, customWays()...)
}

// customWays are of platforms that an operator describes: one with Bearer tokens, one with
// tokens that are bound to a key.
func customWays() []way {
	list, err := custom.Load([]string{"testdata"}, custom.Options{Getenv: func(string) string { return sent + "client-secret" }})
	if err != nil {
		panic(err) // the files are ours
	}
	var out []way
	for _, p := range list {
		id, secret := p.App()
		w := way{
			platform: p, folder: "custom", name: p.Spec().ID, subject: "4242", app: platform.App{ClientID: id, ClientSecret: secret}, held: heldTokens(),
		}
		if w.name == "bound" {
			key, err := dpop.NewKey()
			if err != nil {
				panic(err) // crypto/rand does not fail
			}
			w.held.Extra, w.again = key.JWK(), true
			probe := w
			probe.name = "probe" // what its API answers to a bound token
			out = append(out, probe)
		}
		out = append(out, w)
	}
	return out
}

// heldTokens are tokens as they are held.
func heldTokens() platform.Credentials {
	return platform.Credentials{
		Access: vault.NewSecret(sent + "access"), Refresh: vault.NewSecret(sent + "refresh"), ExpiresAt: today.Add(time.Minute),
	}
}

// blueskyWays are the two kinds of session, as the platform keeps them.
func blueskyWays(w way) []way {
	session := func(fields map[string]string) vault.Secret {
		fields["did"], fields["handle"], fields["pds"] = account, "page.example.com", "https://pds.example"
		b, _ := json.Marshal(fields) // strings
		return vault.NewSecret(string(b))
	}
	w.subject, w.origins = account, []string{"https://pds.example", "https://issuer.example"}
	w.app.ClientSecret = bluesky.NewClientKey()
	oauth, password := w, w
	oauth.again = true
	oauth.held.Extra = session(map[string]string{
		"key": bluesky.NewClientKey().Reveal(), "issuer": "https://issuer.example", "token_endpoint": "https://issuer.example/oauth/token",
	})
	password.name = "app_password"
	password.held.Extra = session(map[string]string{"way": "app_password"})
	return []way{oauth, password}
}

func (w way) id() string { return w.folder + "/" + w.name }

// inLab tells whether the whole program can be asked about it here.
func (w way) inLab() bool { return w.folder != "custom" }

// answer is how the platform says that all is well, by its table.
func (w way) answer(t table) answer {
	spec := w.platform.Spec()
	a := answer{
		fields: t.Answer, names: t.Names, granted: spec.ScopeNames(), now: today,
		values: map[string]string{
			"access": "new-canary-access", "refresh": "new-canary-refresh", "subject": w.subject, "scope": strings.Join(spec.ScopeNames(), " "),
		},
	}
	for _, s := range spec.Scopes {
		if s.Required && a.needed == "" {
			a.needed = s.Name
		} else if !s.Required {
			a.spare = s.Name
		}
	}
	return a
}

// today is the clock of what is asked of the platforms' code alone.
var today = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
