package bluesky

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"code.dny.dev/ssrf"

	"patchbay/internal/httpx"
	"patchbay/internal/platform"
)

// fetch reads one public document. Redirects come back as they are, never followed.
func fetch(ctx context.Context, env platform.Env, address string) (*httpx.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, platform.ErrServerRefused.Because(err)
	}
	req.Header.Set("Accept", "application/json")
	return send(env, req)
}

// send makes the call. A server that the guard will not dial is refused, which no
// later try would change; any other broken call is ErrUnavailable.
func send(env platform.Env, req *http.Request) (*httpx.Response, error) {
	resp, err := env.HTTP.Do(req)
	switch {
	case err == nil:
		return resp, nil
	case errors.Is(err, ssrf.ErrProhibitedIP), errors.Is(err, ssrf.ErrProhibitedPort), errors.Is(err, ssrf.ErrProhibitedNetwork):
		return nil, platform.ErrServerRefused.Because(err)
	default:
		return nil, platform.ErrUnavailable.Because(err)
	}
}

// fetchJSON reads a document that has to be there: anything but 200 and JSON of the
// expected shape refuses the server, except that a 5xx may pass by itself.
func fetchJSON(ctx context.Context, env platform.Env, address string, out any) error {
	resp, err := fetch(ctx, env, address)
	if err != nil {
		return err
	}
	if resp.Status >= 500 {
		return platform.ErrUnavailable.Because(fmt.Errorf("%s answered %d", address, resp.Status))
	}
	if resp.Status != http.StatusOK {
		return platform.ErrServerRefused.Because(fmt.Errorf("%s answered %d", address, resp.Status))
	}
	if json.Unmarshal(resp.Body, out) != nil {
		return platform.ErrServerRefused.Because(fmt.Errorf("%s is not the expected JSON", address))
	}
	return nil
}
