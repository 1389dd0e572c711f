package lab

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// What the Lab's Facebook refuses, and where that is written:
//
//	a host other than www.facebook.com (dialog) or graph.facebook.com      manual-flow [1]
//	a version after its end date, or one that never was                    changelog/versions [2]
//	unknown client, redirect URI not registered byte for byte, no state    manual-flow [1]
//	PKCE parameters at the dialog (a code_verifier at the exchange is
//	accepted and ignored, as existing clients of Meta send one)            manual-flow [1]: none defined
//	an auth_type other than rerequest and reauthenticate                   permissions [3], re-authentication [8]
//	permissions that do not exist, or not separated by commas              permissions [3]
//	client credentials by HTTP Basic; a wrong secret (code 1)              manual-flow [1]
//	a code used twice (100/36009), older than ten minutes (100/36007),
//	or with another redirect URI (100/36008)                               manual-flow [1]
//	exchanging a token that has expired (190/463)                          get-long-lived [4]
//	debug_token without the app's own token                                debugging [5]
//	DELETE permissions with neither the person's token nor the app's own;
//	with a page's                                                          reference/user/permissions [7]
//	portfolios without business_management (200)                           permissions [3]
//	any call with a removed (190/458) or expired (190/463) token           error-handling [6]
//
// [1] https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow
// [2] https://developers.facebook.com/docs/graph-api/changelog/versions/
// [3] https://developers.facebook.com/docs/facebook-login/web/permissions/
// [4] https://developers.facebook.com/docs/facebook-login/guides/access-tokens/get-long-lived
// [5] https://developers.facebook.com/docs/facebook-login/guides/access-tokens/debugging
// [6] https://developers.facebook.com/docs/graph-api/guides/error-handling
// [7] https://developers.facebook.com/docs/graph-api/reference/user/permissions/
// [8] https://developers.facebook.com/docs/facebook-login/guides/advanced/re-authentication
//
// Milder than Meta: a declined permission is asked for again also without
// auth_type=rerequest; http redirect URIs are accepted; data_access_expires_at is
// told but ends nothing; a release date in the future does not matter.

const (
	fbDialogHost = "www.facebook.com"
	fbGraphHost  = "graph.facebook.com"
	fbLatest     = "v26.0"

	fbCodeLife   = 10 * time.Minute
	fbShortLife  = 5183 * time.Second    // Meta: about one to two hours
	fbLongLife   = 5183944 * time.Second // sixty days
	fbDataAccess = 90 * 24 * time.Hour
)

// facebook is the fake Facebook: classic login and the Pages part of the Graph API. Each
// platform that people reach by way of it has one of its own: clients, grants and tokens
// of the Lab's Facebook are nothing to the Lab's Instagram.
type facebook struct {
	lab      *Lab
	dialog   *dialog
	versions map[string]string    // to the day from which it is refused, "" while none is set
	grants   map[[2]string]*grant // by client and person
}

func newFacebook(l *Lab) *facebook {
	return facebookLogin(l, "facebook", "Facebook", facebookPersonas(), facebookCrowd, facebookScopes())
}

func facebookLogin(l *Lab, id, name string, personas []persona, crowd func(int) persona, scopes []scope) *facebook {
	f := &facebook{lab: l, grants: map[[2]string]*grant{}, versions: map[string]string{
		"v26.0": "", "v25.0": "2028-07-29", "v24.0": "2028-02-18", "v23.0": "2027-10-08",
		"v22.0": "2027-05-20", "v21.0": "2027-01-21", "v20.0": "2026-09-24",
	}}
	f.dialog = &dialog{
		Platform: id, Name: name, Personas: personas, crowd: crowd,
		scopes: scopes, separator: ",", codeIsAssumed: true, codeLife: fbCodeLife, fragment: "#_=_",
		denial: url.Values{"error": {"access_denied"}, "error_reason": {"user_denied"}, "error_code": {"200"}, "error_description": {"Permissions error"}},
		check:  checkDialogRequest,
		// Configuration problems come back with other names than a denial.
		failure: func(p *problem) url.Values { return url.Values{"error_code": {"100"}, "error_message": {p.message}} },
		newCode: func() string { return "AQ" + random(6) },
		consent: f.consent,
	}
	return f
}

func facebookScopes() []scope {
	return []scope{
		{"public_profile", "See your name and picture", true},
		{"pages_show_list", "See which pages you manage", false},
		{"pages_manage_posts", "Publish on your pages", false},
		{"pages_read_engagement", "Read your pages' posts and followers", false},
		{"business_management", "Reach pages in your business portfolios", false},
		{"read_insights", "Read your pages' statistics", false},
		{"pages_manage_engagement", "Answer and like comments on your pages", false},
		{"pages_read_user_content", "Read what visitors wrote on your pages", false},
		{"pages_manage_metadata", "Change your pages' settings", false},
		{"pages_messaging", "Answer your pages' messages", false},
	}
}

func (f *facebook) platform() *platform {
	get := func(path string, serve func(*http.Request) (reply, error)) endpoint {
		return endpoint{http.MethodGet, fbGraphHost, "/{version}/" + path, f.versioned(serve)}
	}
	as := func(method string, e endpoint) endpoint { e.method = method; return e }
	authorize := endpoint{http.MethodGet, fbDialogHost, "/{version}/dialog/oauth", f.openDialog}
	token := get("oauth/access_token", f.token)
	permissions := get("{node}/permissions", f.permissions)
	return &platform{ID: f.dialog.Platform, Dialog: f.dialog, adopt: f.adopt, endpoints: []endpoint{
		authorize, as(http.MethodPost, authorize),
		token, as(http.MethodPost, token),
		get("debug_token", f.debugToken),
		permissions,
		as(http.MethodDelete, get("{node}/permissions", f.remove)),
		as(http.MethodDelete, get("{node}/permissions/{permission}", f.remove)),
		get("{node}/accounts", f.accounts),
		get("{node}/businesses", f.businesses),
		get("{node}/owned_pages", f.portfolioPages(asOwner)),
		get("{node}/client_pages", f.portfolioPages(asAgent)),
		get("{node}", f.node),
	}}
}

// checkVersion errors in Meta's words for a version that has ended or never was.
func (f *facebook) checkVersion(version string) error {
	until, known := f.versions[version]
	if !known {
		return graphError(http.StatusBadRequest, 2500, 0, "Unknown path components: /"+version)
	}
	if until != "" && f.lab.now().UTC().Format(time.DateOnly) >= until {
		return graphError(http.StatusBadRequest, 2635, 0, "(#2635) You are calling a deprecated version of the API. Please update to the latest version: "+fbLatest+".")
	}
	return nil
}

func (f *facebook) versioned(serve func(*http.Request) (reply, error)) func(*http.Request) (reply, error) {
	return func(r *http.Request) (reply, error) {
		if err := f.checkVersion(r.PathValue("version")); err != nil {
			return reply{}, err
		}
		out, err := serve(r)
		if err != nil {
			out = refusalReply(err)
		}
		out.header.Set("Facebook-Api-Version", r.PathValue("version"))
		out.header.Set("X-App-Usage", `{"call_count":0,"total_cputime":0,"total_time":0}`)
		return out, nil
	}
}

func (f *facebook) openDialog(r *http.Request) (reply, error) {
	if err := f.checkVersion(r.PathValue("version")); err != nil {
		return f.lab.errorPage(f.dialog.Name, "version", "The version "+r.PathValue("version")+" in the address has ended or never was. The latest is "+fbLatest+"."), nil
	}
	return f.lab.authorize(f.dialog)(r)
}

// checkDialogRequest: Meta's manual flow defines no PKCE, so a client that sends it was
// written for another platform; auth_type is a list of what is documented. There is no
// redirect for these, only a page.
func checkDialogRequest(_ *request, q url.Values) *problem {
	for kind := range strings.SplitSeq(q.Get("auth_type"), ",") {
		if !slices.Contains([]string{"", "rerequest", "reauthenticate"}, kind) {
			return &problem{param: "auth_type", onPage: true, message: "auth_type is a list of rerequest and reauthenticate."}
		}
	}
	for _, name := range []string{"code_challenge", "code_challenge_method"} {
		if q.Has(name) {
			return &problem{param: name, onPage: true, message: "Facebook's login has no PKCE: do not send " + name + "."}
		}
	}
	return nil
}

// adopt knows a consent again that was kept, and its pages' lasting tokens.
func (f *facebook) adopt(g *grant) {
	if g.ended == "" {
		f.grants[[2]string{g.clientID, g.persona.ID}] = g
	}
	g.pages = map[string]*token{}
	for _, t := range g.others {
		if t.page != nil && t.expires.IsZero() {
			g.pages[t.page.ID] = t
		}
	}
}

// consent updates the one grant of that person and client: what was asked for now is
// granted or declined, what was granted before and not asked for stays.
func (f *facebook) consent(c consent) *grant {
	key := [2]string{c.clientID, c.persona.ID}
	g := f.grants[key]
	if g == nil || g.ended != "" {
		g = f.lab.newGrant(&grant{platform: f.dialog.Platform, clientID: c.clientID, persona: c.persona})
		f.grants[key] = g
	}
	f.lab.addGrant(g) // it may have been forgotten with its last token
	asked := append(slices.Clone(c.granted), c.declined...)
	answered := func(s string) bool { return slices.Contains(asked, s) }
	g.granted = append(slices.DeleteFunc(g.granted, answered), c.granted...)
	g.declined = append(slices.DeleteFunc(g.declined, answered), c.declined...)
	g.targets, g.since = c.targets, f.lab.now()
	return g
}
