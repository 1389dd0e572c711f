package custom

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"patchbay/internal/httpx"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// callRules are what RFC 6750 §3.1 says of a call with a token. A token that is refused
// may only be too old: a refresh will tell. A 401 without an error's name, in the body or
// in the challenge, may be a firewall's, which knows nothing of the token. Nor is it looked
// at while the proof is not accepted (RFC 9449 §7.1): a second wish for a newer nonce passes,
// and other proofs are refused mostly for this machine's clock (§11.1).
var callRules = []platform.Rule{
	{Word: "use_dpop_nonce", Class: platform.ClassTransient},
	{Word: "invalid_dpop_proof", Class: platform.ClassConfiguration},
	{Word: "insufficient_scope", Class: platform.ClassPermanent, Reason: platform.ReasonScopesMissing},
	{Word: platform.AnyWord, Status: http.StatusUnauthorized, Class: platform.ClassPermanent, Reason: platform.ReasonTokenRefused},
}

// call fetches an address with the access token, bound where there is a key.
func (p *Platform) call(ctx context.Context, c *platform.Client, address string) (*httpx.Response, error) {
	key, err := decodeKey(c.Credentials.Extra)
	if err != nil {
		return nil, platform.Refuse(platform.ClassPermanent, platform.ReasonTokenKind, err)
	}
	if key == nil {
		return c.Get(ctx, address)
	}
	resp, err := p.sender.Send(c.HTTP, *key, c.Credentials.Access, func() (*http.Request, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return nil, errors.New("the address is not a URL") // err would quote it
		}
		req.Header.Set("Accept", "application/json")
		return req, nil
	})
	if err != nil {
		return nil, platform.ErrUnavailable.Because(err)
	}
	return resp, nil
}

// ask reads an answer of the API in which found finds what it is asked for. Only where
// it does not is a 200 looked at for an error: an account may well have a "type".
func (p *Platform) ask(ctx context.Context, c *platform.Client, address string, found func(any) bool) (any, error) {
	resp, err := p.call(ctx, c, address)
	if err != nil {
		return nil, err
	}
	value, err := decode(resp.Body)
	if resp.Status >= 200 && resp.Status <= 299 && err == nil && found(value) {
		return value, nil
	}
	if resp.Status == http.StatusForbidden && strings.Contains(resp.Header.Get("WWW-Authenticate"), `error="insufficient_scope"`) {
		return nil, platform.Refuse(platform.ClassPermanent, platform.ReasonScopesMissing, errors.New("the API answered insufficient_scope"))
	}
	if no := platform.ReadRefusal(p.spec.CallRules, resp, c.Now()); no != nil {
		return nil, no
	}
	return nil, platform.ErrUnavailable.Because(fmt.Errorf("answer with status %d does not hold what the file points at", resp.Status))
}

// Targets asks whose consent this is and, where the file says where, what it reaches.
func (p *Platform) Targets(ctx context.Context, c *platform.Client) (platform.Identity, []platform.Target, error) {
	address, err := p.identityAddress(ctx, c.Env)
	if err != nil {
		return platform.Identity{}, nil, err
	}
	value, err := p.ask(ctx, c, address, func(v any) bool { return p.identity.subject.text(v) != "" })
	if err != nil {
		return platform.Identity{}, nil, err
	}
	id := platform.Identity{Subject: p.identity.subject.text(value), Facts: p.identity.of(value), Scopes: p.identity.scopes.words(value)}
	if p.targets == nil {
		return id, []platform.Target{{Kind: p.identity.kind, Role: platform.RoleAccount, ExternalID: id.Subject, Facts: id.Facts}}, nil
	}
	list, err := p.listTargets(ctx, c)
	return id, list, err
}

func (p *Platform) identityAddress(ctx context.Context, env platform.Env) (string, error) {
	if p.identity.url != "" {
		return p.identity.url, nil
	}
	e, err := p.endpoints(ctx, env)
	if err == nil && e.Userinfo == "" {
		err = platform.Refuse(platform.ClassConfiguration, "", errors.New("the issuer has no userinfo endpoint, and the file names no identity.url"))
	}
	return e.Userinfo, err
}

// maxPages bounds the walk over a list that does not end.
const maxPages = 50

func (p *Platform) listTargets(ctx context.Context, c *platform.Client) ([]platform.Target, error) {
	var list []platform.Target
	address := p.targets.url
	for range maxPages {
		value, err := p.ask(ctx, c, address, func(v any) bool { _, ok := p.targets.list.in(v).([]any); return ok })
		if err != nil {
			return nil, err
		}
		items, _ := p.targets.list.in(value).([]any)
		for _, item := range items {
			list = append(list, p.target(item))
		}
		next := p.targets.next.text(value)
		if next == "" {
			return list, nil
		}
		if address, err = follow(p.targets.url, next); err != nil {
			return nil, err
		}
	}
	return nil, platform.ErrUnavailable.Because(fmt.Errorf("the list of targets has more than %d pages", maxPages))
}

// follow is the address of the next page. It is on the first one's origin: the token
// goes nowhere else.
func follow(first, next string) (string, error) {
	base, err := url.Parse(first)
	if err != nil {
		return "", platform.ErrUnavailable.Because(errors.New("the address of the targets is not a URL"))
	}
	to, err := base.Parse(next)
	if err != nil || to.Scheme != base.Scheme || to.Host != base.Host || to.User != nil {
		return "", platform.ErrUnavailable.Because(errors.New("the next page of targets is on another origin"))
	}
	return to.String(), nil
}

func (p *Platform) target(item any) platform.Target {
	t := platform.Target{Kind: p.targets.kind, Role: platform.RoleAccount, ExternalID: p.targets.id.text(item), Facts: p.targets.of(item)}
	if p.targets.token == nil {
		return t
	}
	if token := p.targets.token.text(item); token != "" {
		t.Credentials.Access = vault.NewSecret(token)
	} else {
		t.Blocked = "no_token"
	}
	return t
}
