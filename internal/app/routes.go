package app

import (
	"net/http"

	"patchbay/internal/api"
	"patchbay/internal/config"
	"patchbay/internal/dialect/marketingblocks"
	"patchbay/internal/hosted"
	"patchbay/internal/httpx"
)

// routes joins every room's addresses.
func (a *App) routes(cfg config.Config, opt Options, inLab []string) ([]httpx.Route, error) {
	standIn := ""
	if a.Lab != nil {
		standIn = labURL(cfg)
	}
	pages, err := hosted.New(hosted.Config{
		Service: a.Service, PublicURL: cfg.PublicURL, LabURL: standIn, InLab: inLab,
		Faces: []hosted.Face{hosted.NativeFace{}, marketingblocks.Face{}},
	})
	if err != nil {
		return nil, err
	}
	routes := a.probes()
	routes = append(routes, pages.Routes()...)
	routes = append(routes, api.New(a.Service, cfg.PublicURL, opt.Version).Routes()...)
	routes = append(routes, marketingblocks.New(a.Service, cfg.PublicURL, opt.Now).Routes()...)
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
