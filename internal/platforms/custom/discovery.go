package custom

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"patchbay/internal/httpx"
	"patchbay/internal/platform"
)

// endpoints is where the server is called.
type endpoints struct {
	Authorize string
	Token     string
	Revoke    string // empty: it has none
	PAR       string // empty: it has none
	Userinfo  string // empty: it has none
	// Introspect is where it is told what a token is (RFC 7662); empty: nowhere.
	Introspect string
	PushFirst  bool   // it takes pushed requests only
	Issuer     string // what the callback's iss must be (RFC 9207); empty: none is sent
}

// document is RFC 8414 §2 and OpenID Connect Discovery §3, as far as they are used.
type document struct {
	Issuer       string `json:"issuer"`
	Authorize    string `json:"authorization_endpoint"`
	Token        string `json:"token_endpoint"`
	Revoke       string `json:"revocation_endpoint"`
	PAR          string `json:"pushed_authorization_request_endpoint"`
	Userinfo     string `json:"userinfo_endpoint"`
	Introspect   string `json:"introspection_endpoint"`
	RequirePAR   bool   `json:"require_pushed_authorization_requests"`
	IssParameter bool   `json:"authorization_response_iss_parameter_supported"`
}

// wellKnown is where an issuer's metadata may be: RFC 8414 §3.1 puts the path behind,
// OpenID Connect Discovery §4 before.
func wellKnown(issuer string) []string {
	u, err := url.Parse(issuer)
	if err != nil {
		return nil
	}
	origin, path := u.Scheme+"://"+u.Host, strings.TrimSuffix(u.EscapedPath(), "/")
	return []string{
		origin + "/.well-known/oauth-authorization-server" + path,
		origin + path + "/.well-known/openid-configuration",
		origin + path + "/.well-known/oauth-authorization-server", // not by the RFC, and common
	}
}

// discover reads the metadata. A place that has none (404) leads to the next; so does one
// that says no, since a firewall before the server knows neither. Only where nothing but
// 404 comes, there is none.
func (p *Platform) discover(ctx context.Context, env platform.Env) (endpoints, error) {
	failure := platform.Refuse(platform.ClassConfiguration, "", fmt.Errorf("metadata of %s: the issuer has none", p.spec.ID))
	for _, address := range wellKnown(p.issuer) {
		resp, err := get(ctx, env, address)
		switch {
		case err != nil:
			return endpoints{}, platform.Refuse(platform.ClassTransient, "", fmt.Errorf("metadata of %s: %w", p.spec.ID, err))
		case resp.Status == http.StatusOK:
			return p.read(resp)
		case resp.Status == http.StatusNotFound, resp.Status == http.StatusGone:
			continue
		}
		failure = platform.Refuse(platform.ClassTransient, "", fmt.Errorf("metadata of %s: status %d", p.spec.ID, resp.Status))
		if resp.Status >= 500 || resp.Status == http.StatusTooManyRequests {
			return endpoints{}, failure // it may be at this place as soon as the trouble is over
		}
	}
	return endpoints{}, failure
}

func get(ctx context.Context, env platform.Env, address string) (*httpx.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, errors.New("the address is not a URL")
	}
	req.Header.Set("Accept", "application/json")
	return env.HTTP.Do(req)
}

// read believes a document that is the issuer's own, to the letter (RFC 8414 §3.3), and
// whose addresses may be called. What the file names goes before.
func (p *Platform) read(resp *httpx.Response) (endpoints, error) {
	refuse := func(what string) (endpoints, error) {
		return endpoints{}, platform.Refuse(platform.ClassConfiguration, "", fmt.Errorf("metadata of %s: %s", p.spec.ID, what))
	}
	var d document
	if json.Unmarshal(resp.Body, &d) != nil {
		return endpoints{}, platform.Refuse(platform.ClassTransient, "", fmt.Errorf("metadata of %s: not the expected JSON", p.spec.ID))
	}
	if d.Issuer != p.issuer {
		return refuse("its issuer is another than the file's")
	}
	e := endpoints{
		Authorize: cmp.Or(p.fixed.Authorize, d.Authorize), Token: cmp.Or(p.fixed.Token, d.Token), Revoke: cmp.Or(p.fixed.Revoke, d.Revoke),
		PAR: cmp.Or(p.fixed.PAR, d.PAR), Userinfo: d.Userinfo, PushFirst: d.RequirePAR,
		Introspect: cmp.Or(p.fixed.Introspect, d.Introspect),
	}
	if e.Authorize == "" || e.Token == "" {
		return refuse("it names no authorization or no token endpoint")
	}
	for _, address := range []string{e.Authorize, e.Token, e.Revoke, e.PAR, e.Userinfo, e.Introspect} {
		if address != "" && checkAddress(address, p.trusted) != nil {
			return refuse("an endpoint is no address that may be called")
		}
	}
	if d.IssParameter {
		e.Issuer = d.Issuer
	}
	return e, nil
}
