package platform

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"patchbay/internal/httpx"
)

// Env is what platform code may use of the world.
type Env struct {
	HTTP      *httpx.Client // guarded, rebased to the Lab where that stands in, bounded
	Now       func() time.Time
	PublicURL string // this server's origin, no trailing slash
}

// asking is the world with its clock stopped now, for a request of tokens: the lives that
// the answer tells are counted from before it was asked for. A platform counts them from when
// it acted, and its answer may be long under way; counted from when that came, a token would
// be handed out that has ended.
func (e Env) asking() Env {
	now := e.Now()
	e.Now = func() time.Time { return now }
	return e
}

// Client calls a platform for one grant.
type Client struct {
	Env
	App         App
	Credentials Credentials
	Scopes      []string // as the token answer told; nil when it did not
	Subject     string   // as the token answer told; may be empty
}

// Get fetches a real address with the access token as Bearer and returns the
// answer, whatever its status. Errors are ErrUnavailable.
func (c *Client) Get(ctx context.Context, address string) (*httpx.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, ErrUnavailable.Because(errors.New("the address is not a URL")) // err would quote it
	}
	req.Header.Set("Authorization", "Bearer "+c.Credentials.Access.Reveal())
	req.Header.Set("Accept", "application/json")
	resp, err := c.HTTP.Do(req)
	if err != nil {
		return nil, ErrUnavailable.Because(err)
	}
	return resp, nil
}

// Decode reads a JSON answer; ErrUnavailable when it is not JSON of that shape.
func Decode(resp *httpx.Response, out any) error {
	if json.Unmarshal(resp.Body, out) != nil { // its error may quote a number of the answer
		return ErrUnavailable.Because(fmt.Errorf("answer with status %d is not the expected JSON", resp.Status))
	}
	return nil
}
