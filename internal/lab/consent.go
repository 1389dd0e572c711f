package lab

import (
	"cmp"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// dialog is an authorize page: what a person reads, and what differs by platform.
type dialog struct {
	Platform, Name string // "facebook", "Facebook"
	Personas       []persona
	AllOrNothing   bool // single permissions cannot be refused

	clients       string              // the platform under which its clients are registered; empty: Platform
	crowd         func(n int) persona // one of the crowd: see crowd.go
	scopes        []scope
	anyScope      bool // every name is a scope, and none at all means profile
	separator     string
	issuer        string // told with every redirect (RFC 9207); empty: not
	codeIsAssumed bool   // response_type may be absent and then means code
	codeLife      time.Duration
	denial        url.Values
	CancelLogin   url.Values // what giving up at the sign-in answers, where that differs from denying; else nil
	fragment      string     // appended to every redirect

	check   func(*request, url.Values) *problem // the platform's own parameters
	failure func(*problem) url.Values           // the redirect's query for a problem
	newCode func() string
	consent func(consent) *grant
}

// scope is one permission and what it lets an application do.
type scope struct {
	Name, Allows string
	Automatic    bool // part of every consent
}

// request is a valid authorize request.
type request struct {
	App               App
	RedirectURI       string
	State             string
	Scopes            []scope
	challenge, method string
	nonce             string // OpenID Connect
}

// consent is what a person decided.
type consent struct {
	clientID          string
	persona           persona
	granted, declined []string
	targets           []string
}

// problem is why an authorize request is refused.
type problem struct {
	param   string // the parameter at fault, which is also the outcome
	code    string // RFC 6749 section 4.1.2.1
	message string
	onPage  bool // shown to the person, since there is nowhere safe or useful to send it
}

// serve answers the authorize address: GET shows, POST decides. Both check everything.
func (l *Lab) authorize(d *dialog) func(*http.Request) (reply, error) {
	return func(r *http.Request) (reply, error) {
		q := r.URL.Query()
		req, bad := l.request(d, q)
		if bad != nil && bad.onPage {
			return l.errorPage(d.Name, bad.param, bad.message), nil
		}
		if bad != nil {
			return d.back(q, bad.param, d.failure(bad)), nil
		}
		if r.Method != http.MethodPost {
			return l.consentPage(d, req), nil
		}
		return l.decide(d, req, r.PostForm), nil
	}
}

// request checks in the order of trust: nothing is redirected before the client and
// its redirect URI are known, nor without the state that says whose trip it is.
func (l *Lab) request(d *dialog, q url.Values) (*request, *problem) {
	req := &request{RedirectURI: q.Get("redirect_uri"), State: q.Get("state")}
	if name := repeated(q); name != "" {
		return nil, &problem{param: name, onPage: true, message: "The parameter " + name + " was sent more than once."}
	}
	app, known := l.apps[appKey{cmp.Or(d.clients, d.Platform), q.Get("client_id")}]
	switch {
	case !known:
		return nil, &problem{param: "client_id", onPage: true, message: "No application with this client_id is registered here. POST /lab/apps registers one."}
	case !slices.Contains(app.RedirectURIs, req.RedirectURI):
		return nil, &problem{param: "redirect_uri", onPage: true, message: "This redirect_uri is not registered for the application. It must be the same, byte for byte."}
	case req.State == "":
		return nil, &problem{param: "state", onPage: true, message: "The state parameter is missing."}
	}
	req.App = app
	if bad := d.checkResponseType(q); bad != nil {
		return nil, bad
	}
	if bad := d.check(req, q); bad != nil {
		return nil, bad
	}
	return req, d.readScopes(req, q.Get("scope"))
}

func (d *dialog) checkResponseType(q url.Values) *problem {
	got := q.Get("response_type")
	if got == "code" || got == "" && d.codeIsAssumed {
		return nil
	}
	return &problem{param: "response_type", code: "unsupported_response_type", message: "response_type must be code."}
}

func (d *dialog) readScopes(req *request, asked string) *problem {
	if d.anyScope {
		return req.takeScopes(cmp.Or(asked, "profile"))
	}
	if asked == "" {
		return &problem{param: "scope", code: "invalid_scope", message: "The scope parameter is missing."}
	}
	names := strings.Split(asked, d.separator)
	for _, name := range names {
		if !slices.ContainsFunc(d.scopes, func(s scope) bool { return s.Name == name }) {
			return &problem{param: "scope", code: "invalid_scope", message: "Invalid Scopes: " + name}
		}
	}
	for _, s := range d.scopes {
		if s.Automatic || slices.Contains(names, s.Name) {
			req.Scopes = append(req.Scopes, s)
		}
	}
	return nil
}

// scopeToken is a scope's name, as RFC 6749 section 3.3 has it but for length and the odder signs.
var scopeToken = regexp.MustCompile(`^[A-Za-z0-9:/._~-]{1,100}$`)

// takeScopes takes every name for a scope.
func (req *request) takeScopes(asked string) *problem {
	for name := range strings.SplitSeq(asked, " ") {
		if !scopeToken.MatchString(name) {
			return &problem{param: "scope", code: "invalid_scope", message: "The scope is malformed."}
		}
		if !slices.ContainsFunc(req.Scopes, func(s scope) bool { return s.Name == name }) {
			req.Scopes = append(req.Scopes, scope{name, "Permission " + name, false})
		}
	}
	return nil
}

func (l *Lab) decide(d *dialog, req *request, form url.Values) reply {
	switch form.Get("decision") {
	case "deny":
		return d.back(url.Values{"redirect_uri": {req.RedirectURI}, "state": {req.State}}, "denied", d.denial)
	case "cancel_login":
		if d.CancelLogin != nil {
			return d.back(url.Values{"redirect_uri": {req.RedirectURI}, "state": {req.State}}, "cancelled", d.CancelLogin)
		}
	case "approve":
		return l.approve(d, req, form)
	}
	return l.errorPage(d.Name, "decision", "The form came without a decision: approve or deny.")
}

func (l *Lab) approve(d *dialog, req *request, form url.Values) reply {
	who, known := d.persona(form.Get("persona"))
	if !known {
		return l.errorPage(d.Name, "persona", "The form came without a persona to sign in as.")
	}
	c := consent{clientID: req.App.ClientID, persona: who}
	for _, s := range req.Scopes {
		if d.AllOrNothing || s.Automatic || slices.Contains(form["scope"], s.Name) {
			c.granted = append(c.granted, s.Name)
		} else {
			c.declined = append(c.declined, s.Name)
		}
	}
	for _, p := range c.persona.Pages { // another persona's boxes are ticked too, and mean nothing
		if slices.Contains(form["target"], p.ID) {
			c.targets = append(c.targets, p.ID)
		}
	}
	if len(c.targets) == 0 && crowdKey.MatchString(who.Key) { // the page has no boxes for them
		for _, p := range who.Pages {
			c.targets = append(c.targets, p.ID)
		}
	}
	value := l.issueCode(d.newCode(), &code{
		grant: d.consent(c), redirectURI: req.RedirectURI,
		challenge: req.challenge, method: req.method, nonce: req.nonce, expires: l.now().Add(d.codeLife),
	})
	return d.back(url.Values{"redirect_uri": {req.RedirectURI}, "state": {req.State}}, "approved", url.Values{"code": {value}})
}

// back returns to the application with the answer and the state it sent. Registered
// redirect URIs have no query, so the answer is the whole of it.
func (d *dialog) back(request url.Values, outcome string, answer url.Values) reply {
	q := url.Values{"state": {request.Get("state")}}
	if d.issuer != "" {
		q.Set("iss", d.issuer)
	}
	for name, values := range answer {
		q[name] = values
	}
	return redirectReply(outcome, request.Get("redirect_uri")+"?"+q.Encode()+d.fragment)
}
