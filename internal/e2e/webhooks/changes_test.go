package webhooks_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
)

// call wants a 2xx.
func (w *world) call(t testing.TB, key, method, path string, in, out any) {
	t.Helper()
	if err := w.try(t, key, method, path, in, out); err != nil {
		t.Fatal(err)
	}
}

// refused is an answer that is not 2xx.
type refused struct{ what string }

func (r refused) Error() string { return r.what }

// try is one request that the program may not survive.
func (w *world) try(t testing.TB, key, method, path string, in, out any) error {
	t.Helper()
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, w.program.BaseURL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+key)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return err
	case resp.StatusCode/100 != 2:
		return refused{fmt.Sprintf("%s %s: got %d: %s", method, path, resp.StatusCode, text)}
	case out == nil:
		return nil
	}
	if err := json.Unmarshal(text, out); err != nil {
		return refused{fmt.Sprintf("%s %s: %v: %s", method, path, err, text)}
	}
	return nil
}

// turn pauses a channel or resumes it: one event.
func (w *world) turn(t testing.TB, s *space, c *channel) {
	t.Helper()
	path := fmt.Sprintf("/v1/channels/%d", c.id)
	var got struct{ Lifecycle string }
	if c.lifecycle == "" {
		if w.try(t, s.key, http.MethodGet, path, nil, &got) != nil {
			return
		}
		c.lifecycle = got.Lifecycle
	}
	deed := map[string]string{"active": "/pause", "paused": "/resume"}[c.lifecycle]
	err := w.try(t, s.key, http.MethodPost, path+deed, struct{}{}, &got)
	switch {
	case err == nil:
		c.told++
		c.lifecycle = got.Lifecycle
	case errors.As(err, new(refused)):
		t.Error(err)
	default:
		c.untold++
		c.lifecycle = ""
	}
}
