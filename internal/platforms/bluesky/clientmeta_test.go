package bluesky

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/platform"
)

func TestClientID(t *testing.T) {
	t.Parallel()
	const development = "http://localhost?redirect_uri=http%3A%2F%2F127.0.0.1%2Foauth%2Fcallback%2Fbluesky&scope=atproto+transition%3Ageneric"
	for public, want := range map[string]string{
		"https://connect.example.com":      "https://connect.example.com/oauth/bluesky/client-metadata.json",
		"http://127.0.0.1:8080":            development,
		"http://localhost:8080":            development,
		"http://127.0.0.1":                 development,
		"http://[::1]:8080":                strings.Replace(development, "127.0.0.1", "%5B%3A%3A1%5D", 1),
		"https://connect.example.com:8443": "",
		"https://127.0.0.1":                "",
		"http://connect.example.com":       "",
		"http://192.168.1.5:8080":          "",
	} {
		if got := ClientID(public, public+"/oauth/callback/bluesky"); got != want {
			t.Errorf("%s: got %q, want %q", public, got, want)
		}
	}
}

func TestDocuments(t *testing.T) {
	t.Parallel()
	p := New(Config{Name: "Example Connect"}).(*Platform)
	env := platform.Env{PublicURL: "https://connect.example.com"}
	app := platform.App{ClientID: "https://connect.example.com/oauth/bluesky/client-metadata.json"}

	public := documentTexts(t, p, env, app)
	want := `{"client_id":"https://connect.example.com/oauth/bluesky/client-metadata.json","client_name":"Example Connect",` +
		`"client_uri":"https://connect.example.com","application_type":"web","grant_types":["authorization_code","refresh_token"],` +
		`"response_types":["code"],"scope":"atproto transition:generic",` +
		`"redirect_uris":["https://connect.example.com/oauth/callback/bluesky"],"dpop_bound_access_tokens":true,"token_endpoint_auth_method":"none"}`
	if diff := cmp.Diff(map[string]string{"client-metadata.json": want, "jwks.json": `{"keys":[]}`}, public); diff != "" {
		t.Errorf("public client (-want +got):\n%s", diff)
	}

	app.ClientSecret = NewClientKey()
	confidential := documentTexts(t, p, env, app)
	for _, part := range []string{`"private_key_jwt"`, `"ES256"`, `"jwks_uri":"https://connect.example.com/oauth/bluesky/jwks.json"`} {
		if !strings.Contains(confidential["client-metadata.json"], part) {
			t.Errorf("client metadata lacks %s", part)
		}
	}
	if keys := confidential["jwks.json"]; !strings.Contains(keys, `"kid"`) || strings.Contains(keys, `"d"`) {
		t.Errorf("jwks.json: got %s, want the public half with a key id", keys)
	}

	development := platform.App{ClientID: ClientID("http://127.0.0.1:1", "http://127.0.0.1:1/cb"), ClientSecret: NewClientKey()}
	if got := documentTexts(t, p, env, development); len(got) != 0 {
		t.Errorf("development client: got %d documents, want none", len(got))
	}
}

func documentTexts(t *testing.T, p *Platform, env platform.Env, app platform.App) map[string]string {
	t.Helper()
	documents, err := p.Documents(env, app)
	if err != nil {
		t.Fatalf("documents: %v", err)
	}
	texts := map[string]string{}
	for name, doc := range documents {
		b, err := json.Marshal(doc)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		texts[name] = string(b)
	}
	return texts
}

func TestGuide(t *testing.T) {
	t.Parallel()
	p := New(Config{}).(platform.Guide)
	if !strings.HasPrefix(p.Icon(), "<svg") || !strings.Contains(p.Icon(), "currentColor") {
		t.Error("icon: got no SVG in the text's colour")
	}
	if !strings.Contains(p.Setup(), "{public}/oauth/bluesky/client-metadata.json") {
		t.Error("setup guide: got no address of the client metadata")
	}
}
