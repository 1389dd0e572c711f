package lab

import (
	"encoding/json"
	"hash/fnv"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const mastodonVAPID = "BCk-QqERU0q-CfYZjcuB6lnyyOYfJ2AifKqfeGIm7Z-HiTU5T9eTG5GxVA0_OH5mMlI4UkkDTpaZwozy0TzdZ2M="

// mastodonError is the shape of the API proper, where the token endpoint has tokenError.
func mastodonError(status int, message string) error {
	return refusal{jsonReply(status, strconv.Itoa(status), map[string]string{"error": message})}
}

func invalidApp(what string) error {
	return mastodonError(http.StatusUnprocessableEntity, "Validation failed: "+what)
}

// wantedApp is a registration, sent as a form or as JSON.
type wantedApp struct {
	Name         string `json:"client_name"`
	RedirectURIs any    `json:"redirect_uris"` // text with one URI a line, or since 4.3 a list
	Scopes       string `json:"scopes"`
	Website      string `json:"website"`
}

func readWantedApp(r *http.Request) (wantedApp, error) {
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if kind == "application/json" {
		var w wantedApp
		if json.NewDecoder(r.Body).Decode(&w) != nil {
			return w, mastodonError(http.StatusBadRequest, "There was a problem parsing your JSON")
		}
		return w, nil
	}
	w := wantedApp{Name: r.PostForm.Get("client_name"), RedirectURIs: r.PostForm.Get("redirect_uris"), Scopes: r.PostForm.Get("scopes"), Website: r.PostForm.Get("website")}
	if list, sent := r.PostForm["redirect_uris[]"]; sent {
		w.RedirectURIs = anyOf(list)
	}
	return w, nil
}

func anyOf(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}

// redirectURIs is what the server makes of the parameter; nil where it takes none of it.
func (w wantedApp) redirectURIs(host string) []string {
	switch v := w.RedirectURIs.(type) {
	case string:
		return strings.Fields(v)
	case []any:
		var out []string
		for _, uri := range v {
			if s, ok := uri.(string); ok && host != mastodonOld {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}

// register is POST /api/v1/apps: anybody may.
func (m *mastodon) register(r *http.Request) (reply, error) {
	host := r.PathValue("host")
	want, err := readWantedApp(r)
	if err != nil {
		return reply{}, err
	}
	app, err := m.check(host, want)
	if err != nil {
		return reply{}, err
	}
	if len(m.lab.apps) >= maxApps {
		return reply{}, mastodonError(http.StatusTooManyRequests, "Too many requests")
	}
	m.lab.apps[appKey{app.Platform, app.ClientID}] = app
	m.lab.rememberClient(app.ClientSecret)
	body := map[string]any{
		"id": mastodonAppID(app), "name": app.Name, "website": want.Website,
		"redirect_uri": strings.Join(app.RedirectURIs, "\n"), "client_id": app.ClientID, "client_secret": app.ClientSecret,
	}
	if host == mastodonOld {
		body["vapid_key"] = mastodonVAPID
	} else {
		body["scopes"], body["redirect_uris"], body["client_secret_expires_at"] = app.Scopes, app.RedirectURIs, 0
	}
	return jsonReply(http.StatusOK, "ok", body), nil
}

// mastodonAppID is the app's number in its server's table. It is not its client id.
func mastodonAppID(app App) string {
	hash := fnv.New32a()
	hash.Write([]byte(app.Platform + " " + app.ClientID))
	return strconv.FormatUint(uint64(hash.Sum32()), 10)
}

// verifyApp tells which app a token is of: its own or a person's. Before 4.3 it asks for
// the scope read and leaves out the id.
func (m *mastodon) verifyApp(r *http.Request) (reply, error) {
	host := r.PathValue("host")
	t, err := m.living(host, bearer(r))
	if err != nil {
		return reply{}, err
	}
	app := m.lab.apps[appKey{mastodonKey(host), t.grant.clientID}]
	body := map[string]any{"name": app.Name, "website": nil}
	if host == mastodonOld {
		if !slices.Contains(t.scopes, "read") {
			return reply{}, mastodonError(http.StatusForbidden, "This action is outside the authorized scopes")
		}
		body["vapid_key"] = mastodonVAPID
		return jsonReply(http.StatusOK, "ok", body), nil
	}
	body["id"], body["scopes"], body["redirect_uris"] = mastodonAppID(app), app.Scopes, app.RedirectURIs
	body["redirect_uri"] = strings.Join(app.RedirectURIs, "\n")
	return jsonReply(http.StatusOK, "ok", body), nil
}

func (m *mastodon) check(host string, want wantedApp) (App, error) {
	app := App{
		Platform: mastodonKey(host), Name: want.Name, ClientID: random(2)[:43], ClientSecret: random(2)[:43],
		RedirectURIs: want.redirectURIs(host), Scopes: strings.Fields(want.Scopes),
	}
	if len(app.Scopes) == 0 {
		app.Scopes = []string{"read"}
	}
	switch {
	case host == mastodonClosed:
		return App{}, invalidApp("this server takes no new applications")
	case app.Name == "":
		return App{}, invalidApp("Application name can't be blank")
	case len(app.Name) > mastodonNameMax:
		return App{}, invalidApp("Application name is too long (maximum is 60 characters)")
	case len(app.RedirectURIs) == 0:
		return App{}, invalidApp("Redirect URI can't be blank")
	case !webAddress(want.Website) && want.Website != "":
		return App{}, invalidApp("Application website is not a valid URL")
	}
	for _, uri := range app.RedirectURIs {
		if checkRedirectURI(uri) != nil {
			return App{}, invalidApp("Redirect URI must be an absolute URI.")
		}
	}
	for _, name := range app.Scopes {
		if !slices.ContainsFunc(m.dialogs[host].scopes, func(s scope) bool { return s.Name == name }) {
			return App{}, invalidApp("Scopes doesn't match configured on the server.")
		}
	}
	return app, nil
}

func webAddress(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http")
}

// forget is the Lab's own: the server loses every app and with them every token, as
// one that was set up anew.
func (m *mastodon) forget(r *http.Request) (reply, error) {
	key, forgotten := mastodonKey(r.PathValue("host")), 0
	for k := range m.lab.apps {
		if k.platform == key {
			delete(m.lab.apps, k)
			forgotten++
		}
	}
	for _, t := range m.lab.tokens {
		if t.grant.platform == key {
			m.lab.end(t.grant, endForgotten)
		}
	}
	return jsonReply(http.StatusOK, "ok", map[string]int{"forgotten": forgotten}), nil
}
