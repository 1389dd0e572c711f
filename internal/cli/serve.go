package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"

	"patchbay/internal/app"
	"patchbay/internal/config"
	"patchbay/internal/fault"
)

// ServeCmd runs the server in production.
type ServeCmd struct {
	Listen  string `name:"listen" placeholder:"ADDR" help:"Address to listen on (default: $$PATCHBAY_LISTEN, else 127.0.0.1:8080)."`
	Migrate bool   `name:"migrate" help:"Bring the database's schema up to date first. A SQLite file is copied before. Without it, a database that needs it is refused."`

	settingsFlags
}

// Help teaches; kong shows it below the flags' summary.
func (*ServeCmd) Help() string {
	return `The server for real accounts: no Lab, and nothing is made up. It needs two settings:

    PATCHBAY_PUBLIC_URL    https origin under which people and platforms reach this server
    PATCHBAY_KEY_FILE      file with the key that seals every token (patchbay keys new --file FILE),
                           or PATCHBAY_KEY with what that file holds

and usually some of these:

    PATCHBAY_DATABASE_URL      postgres://…, or sqlite:/path/to/file.db (default: a file in --data)
    PATCHBAY_FACEBOOK_CLIENT_ID, PATCHBAY_FACEBOOK_CLIENT_SECRET
                               your app at a platform, and so for each; without one it is not offered
    PATCHBAY_TRUSTED_PROXIES   networks of the proxies in front, such as 10.0.0.0/8
    PATCHBAY_LOG_FORMAT        json (default here) or text;  PATCHBAY_LOG_LEVEL: info

A file has the same names in lower case without the prefix: public_url, x.client_id.
docs/configuration.md lists all; "patchbay doctor" examines what is set.

Examples:

    patchbay keys new --file /etc/patchbay/keyset.json
    PATCHBAY_PUBLIC_URL=https://connect.example.com PATCHBAY_KEY_FILE=/etc/patchbay/keyset.json patchbay serve --migrate
    patchbay serve --config /etc/patchbay/patchbay.yaml
    patchbay serve --config patchbay.yaml --listen :8080

GET /healthz answers 200 while the process serves, GET /readyz while the database does too. SIGTERM, SIGHUP and Ctrl-C stop it:
requests that are being served finish, which takes 75 seconds at most.

Exit codes: 0 stopped as asked, 1 another error, 2 settings are missing or wrong.
`
}

// Run serves until ctx ends.
func (c *ServeCmd) Run(ctx context.Context, w *World) error {
	cfg, keys, err := c.settings(w)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(cfg.DataDir, 0o700); err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", cfg.Listen)
	if err != nil {
		return &exitError{
			code: exitOther, what: fmt.Sprintf("cannot listen on %s: %v", cfg.Listen, err),
			next: "choose another address with --listen or PATCHBAY_LISTEN", cause: err,
		}
	}
	log := logger(w, cfg)
	for _, text := range unknown(w) {
		log.Warn(text)
	}
	a, err := app.New(ctx, cfg, app.Options{Log: log, Keys: keys, Version: Version(), KeepSchema: !c.Migrate})
	if err != nil {
		_ = listener.Close()
		return serveError(err)
	}
	defer a.Close()
	stopping := context.AfterFunc(ctx, func() {
		log.Info("stopping: no new requests; those that are being served finish")
		notify(w, "STOPPING=1")
	})
	defer stopping()
	err = a.Serve(ctx, func() { sayServing(log, cfg, a, listener); notify(w, "READY=1") }, app.Listener{Listen: listener, Handler: a.Handler})
	if err == nil {
		log.Info("stopped")
	}
	return err
}

// settings reads the settings and holds them to what production needs, all at once.
func (c *ServeCmd) settings(w *World) (config.Config, func() ([]byte, error), error) {
	cfg, err := c.load(w)
	problems := config.Problems(err)
	if c.Listen != "" {
		cfg.Listen = c.Listen
	}
	keys, keyProblem := keySource(cfg)
	if keyProblem != nil && (!cfg.FileUnread || cfg.KeyFile != "" || !cfg.Key.Empty()) {
		problems = append(problems, *keyProblem)
	}
	problems = append(problems, productionProblems(cfg, problems)...)
	problems = append(problems, app.CustomProblems(cfg)...)
	return cfg, keys, wrongSettings("serve", problems)
}

// productionProblems are settings that would do on a developer's machine.
func productionProblems(cfg config.Config, known []config.Problem) (problems []config.Problem) {
	told := func(name string) bool {
		for _, p := range known {
			if strings.Contains(p.Name, name) {
				return true
			}
		}
		return false
	}
	switch {
	case told("PATCHBAY_PUBLIC_URL"), cfg.FileUnread && cfg.PublicURL == "":
	case cfg.PublicURL == "":
		problems = append(problems, config.Problem{Name: "PATCHBAY_PUBLIC_URL", Message: "is not set. It is the origin under which people and platforms reach this server, such as https://connect.example.com; " +
			"connect links and the callbacks registered at platforms begin with it."})
	case strings.HasPrefix(cfg.PublicURL, "http:") && !config.OnLoopback(cfg.PublicURL):
		problems = append(problems, config.Problem{Name: "PATCHBAY_PUBLIC_URL", Message: "must be https: tokens and the cookie that protects a consent must not travel in the clear. http is for loopback alone. " +
			"A proxy may end TLS in front: docs/operations.md."})
	}
	if cfg.LabURL != "" {
		problems = append(problems, config.Problem{Name: "PATCHBAY_LAB_URL", Message: "is for `patchbay dev`: production has no Lab. Take it away."})
	}
	return problems
}

// logger writes JSON lines unless told otherwise. Durations are milliseconds there,
// since a bare number of nanoseconds says nothing.
func logger(w *World, cfg config.Config) *slog.Logger {
	options := &slog.HandlerOptions{Level: cfg.LogLevel}
	if cfg.LogFormat == "text" {
		return slog.New(slog.NewTextHandler(w.Stderr, options))
	}
	options.ReplaceAttr = func(_ []string, a slog.Attr) slog.Attr {
		if a.Value.Kind() != slog.KindDuration {
			return a
		}
		return slog.Float64(a.Key+"_ms", float64(a.Value.Duration().Microseconds())/1000)
	}
	return slog.New(slog.NewJSONHandler(w.Stderr, options))
}

// sayServing says once what runs.
func sayServing(log *slog.Logger, cfg config.Config, a *app.App, l net.Listener) {
	s := a.Started()
	if len(s.Migrated) > 0 {
		log.Info("migrated", slog.Any("migrations", s.Migrated), slog.String("copy_before", s.Copy))
	}
	log.Info("serving",
		slog.String("version", Version()), slog.String("engine", s.Engine), slog.String("address", l.Addr().String()),
		slog.String("public_url", cfg.PublicURL), slog.Any("platforms", s.Platforms), slog.Int("trusted_proxies", len(cfg.TrustedProxies)),
	)
}

// serveError says what to do about a database that cannot be used.
func serveError(err error) error {
	f := fault.From(err)
	next := map[string]string{
		"store_in_use":       "one process serves a SQLite file; use PostgreSQL for several",
		"migrations_pending": "run `patchbay migrate`, or start with --migrate",
		"schema_newer":       "start that version, or `patchbay restore` the copy that was made before it migrated",
		"wrong_key":          "set PATCHBAY_KEY_FILE to the keyset that belongs to this database; `patchbay doctor` counts what it opens",
	}[f.Reason]
	if errors.Is(f, fault.Internal) || next == "" {
		return pooled(err)
	}
	return &exitError{code: exitOther, what: strings.TrimSuffix(f.Message, "."), next: next, cause: err}
}
