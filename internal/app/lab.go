package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"patchbay/internal/httpx"
	"patchbay/internal/lab"
)

// LabHandler serves the Lab alone, for a listener on another origin.
func (a *App) LabHandler() http.Handler {
	return httpx.Log(a.log, httpx.Mux(a.Lab.Routes()))
}

// RegisterAtLab makes this instance's Lab apps known to a Lab that runs elsewhere.
func (a *App) RegisterAtLab(ctx context.Context, origin string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for _, app := range a.labApps {
		if err := registerAtLab(ctx, origin, app); err != nil {
			return fmt.Errorf("register %s at the Lab at %s — is that a Lab? Choose another --lab-url otherwise: %w", app.Platform, origin, err)
		}
	}
	return nil
}

func registerAtLab(ctx context.Context, origin string, app lab.App) error {
	body, err := json.Marshal(app)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, origin+"/lab/apps", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	// Neither proxies nor redirects: the body holds our client's secret.
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<16))
	if resp.StatusCode != http.StatusNoContent {
		return fmt.Errorf("it answered %s", resp.Status)
	}
	return nil
}
