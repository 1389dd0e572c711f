package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"patchbay/internal/config"
	"patchbay/internal/httpx"
	"patchbay/internal/jobs"
	"patchbay/internal/lab"
)

// clockOf is the clock that the whole program goes by, which beside a Lab is the Lab's:
// only there can it be moved.
func clockOf(opt Options) (*lab.Clock, func() time.Time) {
	switch {
	case opt.Clock == nil && opt.Lab:
		opt.Clock = lab.NewClock(opt.Now)
	case opt.Clock == nil && opt.Now == nil:
		return nil, time.Now
	case opt.Clock == nil:
		return nil, opt.Now
	}
	return opt.Clock, opt.Clock.Now
}

// openLab makes a Lab, with what an earlier one left in the file.
func openLab(origin string, clock *lab.Clock, file string) (*lab.Lab, error) {
	l := lab.New(lab.Config{BaseURL: origin, Clock: clock})
	if file == "" {
		return l, nil
	}
	return l, l.Keep(file)
}

// labLoop keeps what changed at the Lab: a process that is killed loses a second of it.
func labLoop(l *lab.Lab) jobs.Loop {
	return jobs.Loop{Name: "keep_lab", Every: time.Second, Do: func(context.Context) error { return l.Save() }}
}

// ServeLab serves a Lab and nothing else until ctx ends. It calls ready once the listener
// is being served.
func ServeLab(ctx context.Context, log *slog.Logger, listener net.Listener, file string, ready func()) error {
	l, err := openLab(config.LocalURL(listener.Addr()), nil, file)
	if err != nil {
		_ = listener.Close()
		return err
	}
	routes := append(l.Routes(), httpx.Route{
		Method: http.MethodGet, Path: "/{$}", Auth: httpx.AuthNone, Format: httpx.FormatLab, Handler: http.RedirectHandler("/lab/", http.StatusFound),
	})
	limits := DefaultLimits()
	server := limits.server(httpx.Log(log, httpx.Mux(routes)), log)
	ctx, stop := context.WithCancel(ctx)
	var loops sync.WaitGroup
	loops.Go(func() { jobs.Run(ctx, log, []jobs.Loop{labLoop(l)}) })
	failed := make(chan error, 1)
	loops.Go(func() { failed <- server.Serve(limits.listener(listener)) })
	ready()
	select {
	case <-ctx.Done():
		err = shutdown([]*http.Server{server})
	case err = <-failed:
	}
	stop()
	loops.Wait()
	return errors.Join(err, l.Save())
}

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
