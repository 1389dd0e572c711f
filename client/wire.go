package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// maxAnswer bounds what is read of an answer, in bytes; a page of 200 rows is below 1 MiB.
const maxAnswer = 16 << 20

// wire makes requests.
type wire struct {
	base    string
	key     Secret
	http    http.Client
	retries int
	timeout time.Duration
	agent   string
}

// call is one operation.
type call struct {
	method string
	path   string
	query  url.Values
	body   any           // nil: none
	once   string        // the idempotency key; empty: none
	held   time.Duration // for how long the server may keep silent
}

// do carries out an operation, sends it again as often as may be, and decodes the answer.
func do[T any](ctx context.Context, w *wire, c call) (T, error) {
	var out T
	var body []byte
	if c.body != nil {
		var err error
		if body, err = json.Marshal(c.body); err != nil {
			return out, fmt.Errorf("patchbay: %s %s: %w", c.method, c.path, err)
		}
	}
	answer, err := w.insist(ctx, c, body)
	if err != nil {
		return out, err
	}
	if err := json.Unmarshal(answer, &out); err != nil {
		return out, fmt.Errorf("patchbay: answer to %s %s: %w", c.method, c.path, err)
	}
	return out, nil
}

// send is one try: the body of a success, a *Problem, or why there was no answer.
func (w *wire) send(ctx context.Context, c call, body []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, w.timeout+c.held)
	defer cancel()
	address := w.base + c.path
	if len(c.query) > 0 {
		address += "?" + c.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, c.method, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+w.key.Reveal())
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", w.agent)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.once != "" {
		req.Header.Set("Idempotency-Key", c.once)
	}
	res, err := w.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }() // read to its end, or not wanted
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return nil, err
	}
	if res.StatusCode/100 != 2 {
		return nil, refusal(res, answer)
	}
	return answer, nil
}
