package app

import (
	"net/http"

	"patchbay/internal/api"
	"patchbay/internal/config"
	"patchbay/internal/dialect/marketingblocks"
	"patchbay/internal/dialect/smartlyq"
	"patchbay/internal/hosted"
	"patchbay/internal/httpx"
	"patchbay/internal/lab"
)

// routes joins every room's addresses.
func (a *App) routes(cfg config.Config, opt Options, inLab []string) ([]httpx.Route, error) {
	var standIn string
	var servers []string
	if a.Lab != nil {
		standIn, servers = labURL(cfg), lab.MastodonServers()
	}
	pages, err := hosted.New(hosted.Config{
		Service: a.Service, PublicURL: cfg.PublicURL, LabURL: standIn, InLab: inLab, LabServers: servers, Limits: a.rates,
		Faces: []hosted.Face{hosted.NativeFace{}, marketingblocks.Face{}, smartlyq.Face{}},
	})
	if err != nil {
		return nil, err
	}
	routes := append(a.probes(), a.metricsRoute(cfg, opt))
	routes = append(routes, pages.Routes()...)
	routes = append(routes, api.New(a.Service, a.Webhooks, api.Config{PublicURL: cfg.PublicURL, Version: opt.Version, Limit: a.rates.key}).Routes()...)
	routes = append(routes, marketingblocks.New(a.Service, cfg.PublicURL, opt.Now, a.rates.key).Routes()...)
	routes = append(routes, smartlyq.New(a.Service, cfg.PublicURL, opt.Now, a.rates.key).Routes()...)
	if a.Lab != nil {
		routes = append(routes, a.Lab.Routes()...)
	}
	return routes, nil
}

// probes are what a supervisor asks: alive, and able to serve.
func (a *App) probes() []httpx.Route {
	probe := func(path string, check func(*http.Request) error) httpx.Route {
		return httpx.Route{
			Method: http.MethodGet, Path: path, Auth: httpx.AuthNone, Format: httpx.FormatText,
			Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if err := check(r); err != nil {
					httpx.NoteError(r, err)
					http.Error(w, "not ready", http.StatusServiceUnavailable)
					return
				}
				w.Header().Set("Content-Type", "text/plain; charset=utf-8")
				_, _ = w.Write([]byte("ok\n"))
			}),
		}
	}
	return []httpx.Route{
		probe("/healthz", func(*http.Request) error { return nil }),
		probe("/readyz", func(r *http.Request) error { return a.Service.Ready(r.Context()) }),
	}
}
