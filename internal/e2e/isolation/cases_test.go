package isolation_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"patchbay/internal/connect"
	"patchbay/internal/e2e"
	"patchbay/internal/httpx"
)

// check is the case of a route that the native API's document does not describe.
type check func(t *testing.T, w *world, r httpx.Route, intruders, dead []intruder)

var cases = map[string]check{
	"/v1/": noRoute,
	"POST /api/v1/social-sparks/connect-channel": connectChannel,
	"GET /api/v1/social-sparks/connect-status":   connectStatus,

	"GET /v1/social/accounts":                      socialCheck,
	"GET /v1/social/accounts/health":               socialCheck,
	"GET /v1/social/accounts/{id}/health":          socialCheck,
	"GET /v1/social/accounts/{id}/reconnect-url":   socialCheck,
	"GET /v1/social/accounts/{id}/connect-options": socialCheck,
	"POST /v1/social/accounts/{id}/connect-select": socialCheck,
	"POST /v1/social/accounts/{id}/pause":          socialCheck,
	"POST /v1/social/accounts/{id}/resume":         socialCheck,
	"POST /v1/social/accounts/{id}/move":           socialCheck,
	"PATCH /v1/social/accounts/{id}":               socialCheck,
	"DELETE /v1/social/accounts/{id}":              socialCheck,
	"POST /v1/social/connect/{platform}":           socialCheck,
	"GET /v1/social/connect/{state_token}":         socialCheck,
	"GET /v1/social/account-groups":                socialCheck,
	"POST /v1/social/account-groups":               socialCheck,
	"GET /v1/social/account-groups/{group_id}":     socialCheck,
	"PUT /v1/social/account-groups/{group_id}":     socialCheck,
	"DELETE /v1/social/account-groups/{group_id}":  socialCheck,

	"GET /connect/s/{token}":                               lookAtLink,
	"GET /connect/channels":                                lookAtLink,
	"GET /connect/{platform}":                              lookAtLink,
	"POST /connect/s/{token}/platform":                     postToFinished("/platform", url.Values{"platform": {"x"}}),
	"POST /connect/s/{token}/leave":                        postToFinished("/leave", nil),
	"POST /connect/s/{token}/losses":                       postToFinished("/losses", nil),
	"POST /connect/s/{token}/targets":                      chooseForeign,
	"GET /oauth/callback/{platform}":                       comeBack,
	"GET /oauth/callback/{platform}/{app}":                 comeBack,
	"GET /connect/s/{token}/platform":                      redirects,
	"GET /connect/s/{token}/targets":                       redirects,
	"GET /connect/s/{token}/losses":                        redirects,
	"GET /connect/s/{token}/leave":                         redirects,
	"GET /connect/s/{token}/platform/{platform}":           lookAtForm(""),
	"GET /connect/s/{token}/platform/{platform}/password":  lookAtForm("/password"),
	"POST /connect/s/{token}/platform/{platform}":          postToFinished("/platform/bluesky", url.Values{"input": {"alice.test"}}),
	"POST /connect/s/{token}/platform/{platform}/password": postToFinished("/platform/bluesky/password", url.Values{"account": {"alice.test"}, "password": {"p"}}),
}

// open are the routes that tell everybody the same, with the reason. Those of the Lab,
// which plays the platforms, know no workspace.
var open = map[string]string{
	"GET /healthz":       "says whether the process lives",
	"GET /readyz":        "says whether the database answers",
	"GET /metrics":       "counts for the operator, who has a token of their own; no workspace's name or id is a label",
	"GET /openapi.json":  "the same for everybody",
	"GET /docs":          "a page and its files",
	"GET /docs/page.css": "a page and its files", "GET /docs/page.js": "a page and its files", "GET /docs/rapidoc.js": "a page and its files",
	"GET /{$}":                         "names nobody",
	"/":                                "there is nothing here",
	"/api/v1/social-sparks/":           "there is nothing here",
	"/v1/social":                       "there is nothing here",
	"/v1/social/":                      "there is nothing here",
	"GET /oauth/{platform}/{document}": "what platforms fetch of the instance's own app",
}

// noRoute: what does not exist does not exist for anybody with a key.
func noRoute(t *testing.T, w *world, _ httpx.Route, intruders, dead []intruder) {
	want := w.send(t, w.Key, http.MethodGet, "/v1/nothing", nil, "").want(t, http.StatusNotFound)
	for _, in := range intruders {
		if got := w.send(t, in.key, http.MethodGet, "/v1/nothing", nil, ""); got != want {
			t.Errorf("by %s: got %v, want %v", in.name, got, want)
		}
	}
	for _, in := range dead {
		w.send(t, in.key, http.MethodGet, "/v1/nothing", nil, "").want(t, http.StatusUnauthorized)
	}
}

func connectChannel(t *testing.T, w *world, r httpx.Route, intruders, dead []intruder) {
	call := func(key, user string) answer {
		return w.send(t, key, r.Method, r.Path, map[string]string{"userId": user, "redirectUrl": w.Receiver.URL}, "")
	}
	for _, in := range intruders {
		nobody := call(in.key, "nobody-"+in.own.name)
		got := call(in.key, otherExternal)
		if got.status != nobody.status || (got.status >= 400 && got != nobody) {
			t.Errorf("%s by %s: got %v, want as for nobody: %v", r.Pattern(), in.name, got, nobody)
		}
		w.unharmed(t, r.Pattern()+" by "+in.name, in, got.status >= 400)
	}
	for _, key := range []string{w.less[string(connect.ScopeSessionsWrite)], dead[0].key, dead[1].key} {
		call(key, w.victim.external()).want(t, http.StatusUnauthorized)
	}
	w.unchanged(t, r.Pattern()+" by keys that may not")
}

// connectStatus answers whoever has a live key of the workspace and the link: the link
// is the proof.
func connectStatus(t *testing.T, w *world, r httpx.Route, intruders, dead []intruder) {
	link := w.NewLink(t, "user-of-victim", w.Receiver.URL)
	links := []string{link.Token}
	for _, v := range w.victim.visits {
		links = append(links, v.token)
	}
	w.before = w.db.Dump(t)
	status := func(key, token string) answer {
		return w.send(t, key, r.Method, r.Path+"?connect_token="+token, nil, "")
	}
	status(w.Key, link.Token).want(t, http.StatusOK)
	for _, in := range intruders {
		nobody := status(in.key, strings.Repeat("n", 43)).want(t, http.StatusNotFound)
		for _, token := range links {
			if got := status(in.key, token); got != nobody {
				t.Errorf("%s by %s: got %v, want as for no link: %v", r.Pattern(), in.name, got, nobody)
			}
		}
	}
	for _, in := range dead {
		status(in.key, link.Token).want(t, http.StatusUnauthorized)
	}
	w.unchanged(t, r.Pattern())
}

// accounts are what only the victim's own browsers may be shown.
func (w *world) accounts() []string {
	return []string{"lab_creator", "Creator account", "Harbour Bakery", "Night Market", "Paper Kites", "of=victim", "code="}
}

// lookAtLink: another browser learns nothing from the victim's links, in whatever state.
func lookAtLink(t *testing.T, w *world, r httpx.Route, intruders, _ []intruder) {
	for how, v := range w.victim.visits {
		address := w.URL + strings.NewReplacer("{token}", v.token, "{platform}", "facebook").Replace(r.Path)
		if !strings.Contains(r.Path, "{token}") {
			address += "?connect_token=" + v.token + "&state=" + v.token
		}
		for _, in := range intruders {
			page := in.own.visits["done"].p.Open(address)
			mustNotTell(t, "the page of a link that is "+how+", to "+in.name, page.Body, w.accounts())
		}
		if own := v.p.Open(address); how == "picking" && !strings.Contains(own.Body, "Harbour Bakery") {
			t.Errorf("the own browser is not shown its pages: the case proves nothing: %s", e2e.Text(own))
		}
	}
	w.unchanged(t, r.Pattern())
}

func lookAtForm(rest string) check {
	return func(t *testing.T, w *world, r httpx.Route, intruders, _ []intruder) {
		for how, v := range w.victim.visits {
			page := intruders[0].own.visits["done"].p.Open(w.URL + "/connect/s/" + v.token + "/platform/bluesky" + rest)
			mustNotTell(t, r.Pattern()+" of a link that is "+how, page.Body, w.accounts())
		}
		w.unchanged(t, r.Pattern())
	}
}

// redirects lead to the page of the same link, and look at nothing.
func redirects(t *testing.T, w *world, r httpx.Route, intruders, _ []intruder) {
	v := w.victim.visits["picking"]
	page := intruders[0].own.visits["done"].p.Fetch(http.MethodGet, strings.Replace(w.URL+r.Path, "{token}", v.token, 1), nil)
	if page.Redirect != w.URL+"/connect/s/"+v.token {
		t.Errorf("%s: got %q, want the page of the link", r.Pattern(), page.Redirect)
	}
}

// post sends a form of a link with an intruder's own browser and its own form token.
func (v *visit) post(w *world, token, rest string, fields url.Values) e2e.Page {
	own := v.p.Form(v.p.Open(w.URL+"/connect/s/"+v.token+"?choose=1"), "", "")
	set := own.With(fields)
	return v.p.Fetch(http.MethodPost, w.URL+"/connect/s/"+token+rest, set)
}

// postToFinished: a link lets whoever has it begin, but when its work is done nobody
// moves it any more, nor learns what it did.
func postToFinished(rest string, fields url.Values) check {
	return func(t *testing.T, w *world, r httpx.Route, intruders, _ []intruder) {
		for _, in := range intruders {
			for _, how := range []string{"done", "pages"} {
				page := in.own.visits["picking"].post(w, w.victim.visits[how].token, rest, fields)
				mustNotTell(t, r.Pattern()+" by "+in.name, page.Body+page.Redirect, w.accounts())
			}
		}
		w.unchanged(t, r.Pattern())
	}
}

// chooseForeign: the choice of another browser's attempt is not open, and what another
// consent reached cannot be chosen in one's own.
func chooseForeign(t *testing.T, w *world, r httpx.Route, intruders, _ []intruder) {
	victim := w.victim.visits["picking"]
	for _, in := range intruders {
		own := in.own.visits["picking"]
		for name, page := range map[string]e2e.Page{
			"the victim's link, the victim's pages": own.post(w, victim.token, "/targets", url.Values{"target": victim.targets}),
			"the victim's link, own pages":          own.post(w, victim.token, "/targets", url.Values{"target": own.targets}),
			"own link, the victim's pages":          own.post(w, own.token, "/targets", url.Values{"target": victim.targets}),
			"own link, one of the victim's pages":   own.post(w, own.token, "/targets", url.Values{"target": {own.targets[0], victim.targets[0]}}),
		} {
			if page.Status < 400 {
				t.Errorf("%s by %s: got %d to %s, want a refusal", name, in.name, page.Status, page.Redirect)
			}
			mustNotTell(t, name+" by "+in.name, page.Redirect, w.accounts())
		}
	}
	w.unchanged(t, r.Pattern())
}

// comeBack: a consent that another browser began is not taken, nor one's own at the
// address of another's app.
func comeBack(t *testing.T, w *world, r httpx.Route, intruders, _ []intruder) {
	for _, in := range intruders {
		own := in.own.visits["away"]
		for name, address := range map[string]string{
			"the victim's state":                           "/oauth/callback/x?code=c&state=" + w.victim.visits["away"].state,
			"the victim's state, denied":                   "/oauth/callback/x?error=access_denied&state=" + w.victim.visits["away"].state,
			"the victim's state at its app":                fmt.Sprintf("/oauth/callback/linkedin/%d?code=c&state=%s", w.victim.ids["apps"][0], w.victim.visits["away"].state),
			"own state at the address of the victim's app": fmt.Sprintf("/oauth/callback/x/%d?code=c&state=%s", w.victim.ids["apps"][0], own.state),
			"own state at another platform":                "/oauth/callback/facebook?code=c&state=" + own.state,
		} {
			page := own.p.Fetch(http.MethodGet, w.URL+address, nil)
			if page.Status < 400 {
				t.Errorf("%s by %s: got %d to %s, want a refusal", name, in.name, page.Status, page.Redirect)
			}
			mustNotTell(t, name+" by "+in.name, page.Body+page.Redirect, w.accounts())
		}
	}
	w.unchanged(t, r.Pattern())
}

func without(scope connect.Scope) (rest []connect.Scope) {
	for _, s := range connect.Scopes() {
		if s != scope {
			rest = append(rest, s)
		}
	}
	return rest
}
