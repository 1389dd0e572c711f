package app

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// publicURL asks for our own health under the address that people use.
func (d Doctor) publicURL(ctx context.Context) []Check {
	origin := d.Config.PublicURL
	if origin == "" {
		return nil
	}
	warn := func(found, next string) []Check { return []Check{{"public URL", CheckWarning, found, next}} }
	status, body, _, err := d.ask(ctx, origin+"/healthz")
	switch {
	case err != nil:
		return warn(origin+" does not answer from here: "+err.Error(), "start the server; then look at DNS, the proxy and its certificate. A machine may also just not reach itself by its public name")
	case status != http.StatusOK || strings.TrimSpace(body) != "ok":
		return warn(origin+"/healthz is answered by something else", "let the proxy hand every path to this server")
	}
	_, _, to, err := d.ask(ctx, origin+"/")
	if err == nil && strings.TrimSuffix(to, "/") == origin {
		return []Check{{
			"public URL", CheckProblem, origin + " sends browsers to itself for ever",
			"let the proxy hand on the Host that the browser sent (nginx: proxy_set_header Host $host), or name the proxy in PATCHBAY_TRUSTED_PROXIES",
		}}
	}
	return []Check{fine("public URL", "%s reaches a Patchbay", origin)}
}

// ask is one GET that follows no redirect.
func (d Doctor) ask(ctx context.Context, address string) (status int, body, location string, err error) {
	ctx, cancel := context.WithTimeout(ctx, callPatience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, "", "", err
	}
	client := &http.Client{
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(req)
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	if err != nil {
		return 0, "", "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
	return resp.StatusCode, string(text), resp.Header.Get("Location"), err
}
