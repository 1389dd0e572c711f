package bluesky

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// origin checks an address that a stranger's document names as a whole server:
// https, a domain name, no port, no credentials, no path, query or fragment
// (https://atproto.com/specs/oauth). A trusted origin may be any.
func (p *Platform) origin(raw string) (string, error) {
	if slices.Contains(p.cfg.Trusted, raw) {
		return raw, nil
	}
	u, err := strictURL(raw)
	if err != nil {
		return "", err
	}
	if u.Path != "" || u.ForceQuery {
		return "", errors.New("a server's address must have no path")
	}
	return raw, nil
}

// endpoint checks an address below a server.
func (p *Platform) endpoint(raw string) error {
	for _, o := range p.cfg.Trusted {
		if strings.HasPrefix(raw, o+"/") {
			return nil
		}
	}
	_, err := strictURL(raw)
	return err
}

// strictURL is defence in depth: the guarded client checks the resolved address
// again when it dials.
func strictURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, errors.New("not an address")
	}
	if u.Scheme != "https" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Host == "" {
		return nil, errors.New("not a plain https address")
	}
	// The syntax of a handle is that of a public domain name: no port, no address in
	// any spelling, no single label, none of the reserved top-level domains.
	if _, err := parseHandle(u.Host); err != nil {
		return nil, fmt.Errorf("%q is not a public domain name without a port", u.Host)
	}
	return u, nil
}
