package app

import (
	"net/http"

	"patchbay/internal/config"
	"patchbay/internal/fault"
	"patchbay/internal/httpx"
	"patchbay/internal/jobs"
	"patchbay/internal/vault"
)

// metricsRoute is what Prometheus reads: with the token that is configured, in dev also
// without one. It tells no secrets, but how busy somebody's business is.
func (a *App) metricsRoute(cfg config.Config, opt Options) httpx.Route {
	page := a.metrics.Page()
	return httpx.Route{
		Method: http.MethodGet, Path: "/metrics", Auth: httpx.AuthNone, Format: httpx.FormatText,
		Handler: httpx.Handle(writeText, func(w http.ResponseWriter, r *http.Request) error {
			if err := mayMeasure(cfg.MetricsToken, opt.Lab, r); err != nil {
				return err
			}
			page.ServeHTTP(w, r)
			return nil
		}),
	}
}

func mayMeasure(token vault.Secret, open bool, r *http.Request) error {
	switch {
	case token.Empty() && open:
		return nil
	case token.Empty():
		return fault.New(fault.NotFound, "metrics_off", "Metrics are off. Set PATCHBAY_METRICS_TOKEN and send it as: Authorization: Bearer …")
	case !httpx.Bearer(r).Equal(token):
		return fault.New(fault.Unauthenticated, "metrics_token", "Send the token of PATCHBAY_METRICS_TOKEN as: Authorization: Bearer …")
	}
	return nil
}

// writeText renders an error as a line of text.
func writeText(w http.ResponseWriter, _ *http.Request, err error) {
	f := fault.From(err)
	status := http.StatusInternalServerError
	switch f.Code {
	case fault.NotFound:
		status = http.StatusNotFound
	case fault.Unauthenticated:
		w.Header().Set("WWW-Authenticate", "Bearer")
		status = http.StatusUnauthorized
	}
	http.Error(w, f.Message, status)
}

// watched counts the rounds of loops.
func (a *App) watched(loops []jobs.Loop) []jobs.Loop {
	for i, l := range loops {
		loops[i].Do = a.metrics.Watched(l.Name, l.Do)
	}
	return loops
}
