package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"patchbay/internal/lab"
)

// OpenModels are the refresh models of the Lab's standard authorization servers, each of
// which is connected as the platform of that name.
var OpenModels = []string{"strict", "grace", "stable"}

// openRefresh is how a file tells each model.
var openRefresh = map[string]string{
	"strict": "{model: rotating}",
	"grace":  "{model: rotating_with_grace, grace: 30s}",
	"stable": "{model: stable}",
}

const openClient, openSecret = "patchbay-open", "open-client-secret"

// DescribeOpen describes the standard servers of a Lab that runs at labOrigin as custom
// platforms, one file each, for a program at publicURL, and registers its client there.
// The answer is their folder, for PATCHBAY_CUSTOM_PLATFORMS.
func DescribeOpen(t testing.TB, l *lab.Lab, labOrigin, publicURL string) string {
	t.Helper()
	dir, app := t.TempDir(), lab.App{Platform: "open", Name: "Patchbay", ClientID: openClient, ClientSecret: openSecret}
	put(t, filepath.Join(dir, "secret"), openSecret)
	for _, model := range OpenModels {
		app.RedirectURIs = append(app.RedirectURIs, publicURL+"/oauth/callback/"+model)
		at := labOrigin + "/lab/open/" + model + ".open.example"
		put(t, filepath.Join(dir, model+".yaml"), fmt.Sprintf(`id: %s
name: Server of the model %[1]s
authorize_url: %[2]s/authorize
token_url: %[2]s/token
revoke_url: %[2]s/revoke
client_id: %[3]s
client_secret_file: secret
scopes:
  - {name: profile, feature: profile, required: true}
refresh: %[4]s
identity: {url: %[2]s/userinfo, subject: /sub, name: /name, username: /preferred_username}
`, model, at, openClient, openRefresh[model]))
	}
	if err := l.Register(app); err != nil {
		t.Fatal(err)
	}
	return dir
}

func put(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// ConnectOpen connects a persona's account at one of those servers, as a person does, and
// answers the channel.
func (w *World) ConnectOpen(t testing.TB, model, persona string) int64 {
	t.Helper()
	var session struct {
		ID  int64  `json:"id"`
		URL string `json:"connect_url"`
	}
	w.Call(t, http.MethodPost, "/v1/sessions", map[string]any{
		"platforms": []string{model}, "owner": map[string]string{"external_id": model + "-" + persona},
	}).Into(t, http.StatusCreated, &session)
	p := NewPerson(t)
	consent := p.Submit(p.Form(p.Open(session.URL), "/platform", "platform="+model), url.Values{"platform": {model}})
	form := p.Form(consent, "", "decision=approve")
	fields := form.With(url.Values{"persona": {persona}, "decision": {"approve"}})
	page := p.Open(p.Fetch(form.Method, form.Action, fields).Redirect)
	var done struct {
		Status   string
		Channels []struct{ ID int64 }
	}
	w.Call(t, http.MethodGet, fmt.Sprintf("/v1/sessions/%d?wait=10", session.ID), nil).Into(t, http.StatusOK, &done)
	if done.Status != "succeeded" || len(done.Channels) != 1 {
		t.Fatalf("connect %s as %s: got %s with %d channels: %s", model, persona, done.Status, len(done.Channels), strings.TrimSpace(Text(page)))
	}
	return done.Channels[0].ID
}
