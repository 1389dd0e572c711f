package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// HealthcheckCmd asks a server on this machine whether it can serve.
type HealthcheckCmd struct {
	Listen string `name:"listen" placeholder:"ADDR" help:"Address that the server listens on (default: the server's own setting)."`

	settingsFlags
}

// Help is shown by --help.
func (*HealthcheckCmd) Help() string {
	return `Asks GET /readyz of the server on this machine: for the health check of a container, which has no shell and no curl.

Examples:

    patchbay healthcheck
    patchbay healthcheck --listen 127.0.0.1:9000

Exit codes: 0 it can serve, 1 it cannot, or nothing answers.
`
}

// Run asks once.
func (c *HealthcheckCmd) Run(ctx context.Context, w *World) error {
	cfg, _ := c.load(w) // what is wrong with the settings is the server's to say
	address, err := dialable(cmp.Or(c.Listen, cfg.Listen))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/readyz", nil)
	if err != nil {
		return err
	}
	direct := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // by no proxy of the environment
	res, err := direct.Do(req)
	if err != nil {
		return &exitError{code: exitOther, what: "nothing answers at " + address, cause: err}
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<10))
	if res.StatusCode != http.StatusOK {
		return &exitError{code: exitOther, what: fmt.Sprintf("the server at %s is not ready: it answered %s", address, res.Status)}
	}
	return nil
}

// dialable is the address under which this machine reaches a listening address.
func dialable(listen string) (string, error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "", &exitError{code: exitUsage, what: "--listen: " + err.Error()}
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
		if ip.Is6() {
			host = "::1"
		}
	}
	return net.JoinHostPort(host, port), nil
}
