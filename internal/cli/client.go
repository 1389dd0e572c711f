package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"patchbay/internal/vault"
)

const (
	maxAnswer      = 8 << 20
	answerDeadline = 30 * time.Second // on top of what a call asks the server to wait
)

// client speaks the native API.
type client struct {
	base      string
	key       vault.Secret
	workspace int64 // the key's, where the credentials file tells it; else 0
	http      *http.Client
}

func newClient(c Credentials) (*client, error) {
	u, err := url.Parse(c.BaseURL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.Path+u.RawQuery+u.Fragment != "" {
		return nil, &exitError{code: exitUsage, what: "the server's address is not usable", next: "it looks like http://127.0.0.1:8080 or https://patchbay.example.com, without a path"}
	}
	return &client{base: c.BaseURL, key: vault.NewSecret(c.APIKey), workspace: c.WorkspaceID, http: &http.Client{CheckRedirect: stay}}, nil
}

// stay follows no redirect: a POST would lose its body, and the key is for one server.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// get asks for a resource and decodes the answer into out.
func (c *client) get(ctx context.Context, path string, query url.Values, out any) error {
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return c.do(ctx, answerDeadline, http.MethodGet, path, nil, out)
}

// wait is get for a call that the server may hold for as long as held.
func (c *client) wait(ctx context.Context, held time.Duration, path string, query url.Values, out any) error {
	if query == nil {
		query = url.Values{}
	}
	query.Set("wait", strconv.Itoa(int(held.Seconds())))
	return c.do(ctx, held+answerDeadline, http.MethodGet, path+"?"+query.Encode(), nil, out)
}

func (c *client) post(ctx context.Context, path string, in, out any) error {
	return c.send(ctx, http.MethodPost, path, in, out)
}

func (c *client) patch(ctx context.Context, path string, in, out any) error {
	return c.send(ctx, http.MethodPatch, path, in, out)
}

func (c *client) send(ctx context.Context, method, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("request: %w", err)
	}
	return c.do(ctx, answerDeadline, method, path, body, out)
}

// remove deletes; the answer has no body.
func (c *client) remove(ctx context.Context, path string) error {
	return c.do(ctx, answerDeadline, http.MethodDelete, path, nil, nil)
}

// do calls, and decodes the answer into out unless that is nil.
func (c *client) do(ctx context.Context, deadline time.Duration, method, path string, body []byte, out any) error {
	timed, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	req, err := http.NewRequestWithContext(timed, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("request: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+c.key.Reveal())
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "patchbay-cli/"+buildInfo().Version)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := c.http.Do(req)
	if err != nil {
		return c.unreachable(ctx, err)
	}
	defer func() { _ = res.Body.Close() }() // read to its end, or not wanted
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	switch {
	case err != nil:
		return c.unreachable(ctx, err)
	case res.StatusCode/100 != 2:
		return c.refused(res, answer)
	case out == nil:
		return nil
	case json.Unmarshal(answer, out) != nil:
		return c.notPatchbay(fmt.Sprintf("its answer to %s is not what the API promises", path))
	}
	return nil
}
