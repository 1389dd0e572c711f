package api_test

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"patchbay/internal/connect"
)

const appSecret = "canary-app-secret"

func TestAnAppIsMadeAndItsSecretNeverTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.post(t, "/v1/apps", `{"platform":"garden","client_id":"ours","client_secret":"`+appSecret+`"}`)
	same(t, "made", without(made, "created_at", "updated_at"), map[string]any{
		"id": made["id"], "platform": "garden", "name": "Garden", "client_id": "ours", "trouble": nil, "retired_at": nil,
		"redirect_uri": publicURL + "/oauth/callback/garden/" + idOf(made),
	})
	path := "/v1/apps/" + idOf(made)
	same(t, "read", w.get(t, path), made)
	same(t, "listed", w.get(t, "/v1/apps")["data"], any([]any{any(made)}))
	for _, a := range []answer{
		w.call(t, w.key, "GET", "/v1/apps", ""), w.call(t, w.key, "GET", path, ""), w.call(t, w.key, "PATCH", path, `{"client_secret":"`+appSecret+`"}`),
		w.call(t, w.key, "DELETE", path, ""), w.call(t, w.key, "GET", "/v1/events", ""), w.call(t, w.key, "POST", "/v1/apps", `{"client_secret":"`+appSecret+`"}`),
	} {
		if strings.Contains(a.text, appSecret) {
			t.Errorf("an answer tells the secret: %s", a.text)
		}
	}
	if strings.Contains(w.log.String(), appSecret) || strings.Contains(w.files(t), appSecret) {
		t.Error("the log or the database tells the secret")
	}
}

// files is every byte of the database.
func (w *world) files(t *testing.T) string {
	t.Helper()
	names, err := filepath.Glob(w.file + "*")
	must(t, err)
	var all strings.Builder
	for _, name := range names {
		text, err := os.ReadFile(name)
		must(t, err)
		all.Write(text)
	}
	if all.Len() < 1000 {
		t.Fatal("no database was found: the test is broken")
	}
	return all.String()
}

// The workspace's people consent to its own app, with its own secret, which may change.
func TestAnAppIsUsedFromNowOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.post(t, "/v1/apps", `{"platform":"garden","name":"Ours","client_id":"ours","client_secret":"first"}`)
	path := "/v1/apps/" + idOf(made)
	used := func() string {
		t.Helper()
		w.consentAt(t, w.create(t, ""), idOf(made))
		return w.garden.app.ClientID + " " + w.garden.app.ClientSecret.Reveal()
	}
	same(t, "used", used(), "ours first")
	renamed := wantStatus(t, w.call(t, w.key, "PATCH", path, `{"name":"Renamed"}`), 200).body
	same(t, "name", renamed["name"], any("Renamed"))
	same(t, "used when it has another name", used(), "ours first")
	wantStatus(t, w.call(t, w.key, "PATCH", path, `{"client_secret":"second","client_id":"ignored"}`), 200)
	same(t, "used with another secret", used(), "ours second")

	other := w.newKey(t, connect.Key{WorkspaceID: w.workspace(t, "Other").ID, Scopes: connect.Scopes()})
	w.consent(t, wantStatus(t, w.call(t, other, "POST", "/v1/sessions", ""), 201).body, "")
	same(t, "used by another workspace", w.garden.app.ClientID, "client")
}

func TestARetiredAppServesNoNewConsent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	body := `{"platform":"garden","client_id":"ours","client_secret":"s"}`
	made := w.post(t, "/v1/apps", body)
	path := "/v1/apps/" + idOf(made)
	w.refuse(t, "POST", "/v1/apps", `{"platform":"garden","client_id":"second","client_secret":"s"}`, 409, "", "app_exists")
	session := w.create(t, "")
	w.consentAt(t, session, idOf(made))
	retired := wantStatus(t, w.call(t, w.key, "DELETE", path, ""), 200).body
	when(t, retired["retired_at"])
	same(t, "retired again", wantStatus(t, w.call(t, w.key, "DELETE", path, ""), 200).body, retired)
	same(t, "read", w.get(t, path), retired)
	w.refuse(t, "PATCH", path, `{"name":"x"}`, 409, "", "app_retired")
	w.consent(t, w.create(t, ""), "")
	same(t, "used afterwards", w.garden.app.ClientID, "client")
	same(t, "channels", len(w.get(t, "/v1/channels")["data"].([]any)), 2)
	again := w.post(t, "/v1/apps", body) // the same client comes back
	same(t, "listed", len(w.get(t, "/v1/apps")["data"].([]any)), 2)
	if idOf(again) == idOf(made) {
		t.Error("a retired app came back to life")
	}
}

func TestWrongAppsAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, test := range []struct{ body, field, reason string }{
		{`{"platform":"nowhere","client_id":"c","client_secret":"s"}`, "platform", "unknown"},
		{`{"platform":"mastodon","client_id":"c","client_secret":"s"}`, "platform", "no_registration"},
		{`{"platform":"bluesky","client_id":"c","client_secret":"s"}`, "platform", "no_registration"},
		{`{"platform":"x","client_id":"","client_secret":"s"}`, "client_id", "length"},
		{`{"platform":"x","client_id":"a b","client_secret":"s"}`, "client_id", "characters"},
		{`{"platform":"x","client_id":"c","client_secret":"s\n"}`, "client_secret", "characters"},
		{`{"platform":"x","client_id":"c","client_secret":"ö"}`, "client_secret", "characters"},
		{`{"platform":"x","client_id":"c","client_secret":"` + strings.Repeat("s", 1025) + `"}`, "client_secret", "length"},
		{`{"platform":"x","client_id":"c","client_secret":"s","name":"` + strings.Repeat("n", 256) + `"}`, "name", "length"},
	} {
		w.refuse(t, "POST", "/v1/apps", test.body, 422, test.field, test.reason)
	}
	path := "/v1/apps/" + idOf(w.post(t, "/v1/apps", `{"platform":"x","client_id":"c","client_secret":"s"}`))
	before := w.get(t, path)
	w.refuse(t, "PATCH", path, `{"name":"x","client_secret":"a b"}`, 422, "client_secret", "characters")
	w.refuse(t, "PATCH", "/v1/apps/4711", `{"name":"x"}`, 404, "", "not_found")
	w.refuse(t, "DELETE", "/v1/apps/4711", "", 404, "", "not_found")
	w.refuse(t, "GET", "/v1/apps/1", "", 404, "", "not_found") // the server's own is nobody's
	same(t, "the app afterwards", w.get(t, path), before)
}

// consentAt is consent with an app of the workspace's own.
func (w *world) consentAt(t *testing.T, session map[string]any, app string) {
	t.Helper()
	var id int64
	_, err := fmt.Sscan(app, &id)
	must(t, err)
	w.comeBack(t, session, connect.CallbackRequest{AppID: id}, func(authorize url.Values) {
		if authorize.Get("redirect_uri") != publicURL+"/oauth/callback/garden/"+app {
			t.Errorf("got redirect_uri %s, want that of app %s", authorize.Get("redirect_uri"), app)
		}
	})
}
