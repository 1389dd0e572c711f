package lab

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
)

// App is an OAuth client registered at one of the Lab's platforms, always a
// confidential one. Redirect URIs are absolute, without query and fragment, and are
// compared byte for byte.
type App struct {
	Platform     string   `json:"platform"`
	ClientID     string   `json:"client_id"`
	ClientSecret string   `json:"client_secret"`
	RedirectURIs []string `json:"redirect_uris"`

	Name   string   `json:"-"` // as the consent page shows it; empty: the client id
	Scopes []string `json:"-"` // all that may be asked for, where that is fixed at registration
}

type appKey struct{ platform, clientID string }

// Register adds the client, or replaces the one of that platform and id. It errors
// when the platform is unknown, a field is missing or a redirect URI cannot be one.
func (l *Lab) Register(a App) error {
	if err := l.register(a); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.own[appKey{a.Platform, a.ClientID}] = true
	return nil
}

func (l *Lab) register(a App) error {
	if err := l.check(a); err != nil {
		return fmt.Errorf("register Lab app: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	a.RedirectURIs = slices.Clone(a.RedirectURIs)
	l.apps[appKey{a.Platform, a.ClientID}] = a
	l.rememberClient(a.ClientSecret)
	return nil
}

// rememberClient keeps a client's secret for Secrets.
func (l *Lab) rememberClient(secret string) {
	if slices.Contains(l.clients, secret) {
		return
	}
	if len(l.clients) >= 4*maxApps {
		l.clients = slices.Delete(l.clients, 0, maxApps)
	}
	l.clients = append(l.clients, secret)
	l.changed()
}

func (l *Lab) check(a App) error {
	switch {
	case !slices.ContainsFunc(l.platforms, func(p *platform) bool { return p.ID == a.Platform }):
		return fmt.Errorf("the Lab has no platform %q", a.Platform)
	case slices.ContainsFunc(l.platforms, func(p *platform) bool { return p.ID == a.Platform && p.Servers != nil && !p.listed }):
		return fmt.Errorf("%s clients register themselves at a server: POST its /api/v1/apps", a.Platform)
	case a.ClientID == "":
		return errors.New("client_id is missing")
	case a.ClientSecret == "":
		return errors.New("client_secret is missing")
	case len(a.RedirectURIs) == 0:
		return errors.New("redirect_uris is missing")
	}
	for _, raw := range a.RedirectURIs {
		if err := checkRedirectURI(raw); err != nil {
			return fmt.Errorf("redirect URI %q %w", raw, err)
		}
	}
	return nil
}

func checkRedirectURI(raw string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return errors.New("is no URL")
	case u.Scheme == "" || (u.Scheme == "http" || u.Scheme == "https") && u.Host == "":
		return errors.New("is not absolute")
	case u.RawQuery != "" || u.ForceQuery:
		return errors.New("has a query; what belongs to one person goes into state")
	case u.Fragment != "":
		return errors.New("has a fragment")
	}
	return nil
}

// maxApps bounds what strangers can register over HTTP.
const maxApps = 200

// registerOverHTTP refuses to replace what the Lab's own process registered: with a
// tunnel in front anybody may call.
func (l *Lab) registerOverHTTP(a App) error {
	l.mu.Lock()
	_, known := l.apps[appKey{a.Platform, a.ClientID}]
	own, full := l.own[appKey{a.Platform, a.ClientID}], len(l.apps) >= maxApps
	l.mu.Unlock()
	switch {
	case own:
		return errors.New("this client belongs to the server that runs the Lab")
	case full && !known:
		return errors.New("the Lab holds as many clients as it can")
	}
	return l.register(a)
}

// postApp is Register over HTTP, for a Lab in another process.
func (l *Lab) postApp(r *http.Request) (any, error) {
	var a App
	if err := readJSON(r, &a); err != nil {
		return nil, err
	}
	return nil, l.registerOverHTTP(a)
}
