package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"

	"patchbay/internal/app"
	"patchbay/internal/config"
	"patchbay/internal/fault"
	"patchbay/internal/vault"
)

// labFile is where the Lab keeps its tokens, beside the database that holds them sealed.
const labFile = "lab-state.json"

// DevCmd runs everything on this machine: the server, a SQLite file and the Lab.
type DevCmd struct {
	Data               string   `help:"Directory for the database, the key and the credentials." default:"./patchbay-data" type:"path"`
	Addr               string   `help:"Address to listen on." default:"127.0.0.1:8080"`
	PublicURL          string   `help:"Origin under which people reach this server, for a tunnel or a phone (https://… or http://host:port). Default: the listening address." name:"public-url" placeholder:"URL"`
	LabURL             string   `help:"Origin under which browsers reach the Lab, to keep it on another origin than the application. With a port of its own it gets a listener there, or uses the Lab that already listens." name:"lab-url" placeholder:"URL"`
	LogLevel           string   `help:"debug, info, warn or error. Default: warn." enum:",debug,info,warn,error" default:"" placeholder:"LEVEL"`
	RequireRedirectURL bool     `help:"Workspace switch: MarketingBlocks' redirectUrl must be given." name:"require-redirect-url"`
	AllowRedirect      []string `help:"Workspace switch: redirect URLs that may be used, exactly; may be given several times. Default: any usable one." name:"allow-redirect" placeholder:"URL" sep:"none"`
	JSON               bool     `help:"Print one line of JSON when ready and nothing else on standard output."`
}

// Help teaches; kong shows it below the flags' summary.
func (c *DevCmd) Help() string {
	return `Everything runs in this process, needs no network and no registered app: platforms are played by the Lab under /lab/.
The first start makes a workspace and an API key and leaves both in DATA/credentials.json (mode 0600), where
"patchbay connect" and "patchbay channels" find them.

Examples:
  patchbay dev
  patchbay dev --addr 127.0.0.1:9000 --data /tmp/pb
  patchbay dev --public-url https://my-tunnel.example.com
  patchbay dev --json | head -n 1        # for scripts: {"base_url":…,"api_key":…,"workspace_id":…}

A real platform: set PATCHBAY_FACEBOOK_CLIENT_ID and PATCHBAY_FACEBOOK_CLIENT_SECRET (or PATCHBAY_X_…)
and the Lab no longer plays that one. PATCHBAY_DATABASE_URL=postgres://… uses PostgreSQL instead of the file.`
}

// Run serves until ctx ends.
func (c *DevCmd) Run(ctx context.Context, w *World) error {
	cfg, listener, err := c.prepare(ctx, w)
	if err != nil {
		return err
	}
	if err := c.makeKey(); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(w.Stderr, &slog.HandlerOptions{Level: cfg.LogLevel}))
	a, err := app.New(ctx, cfg, app.Options{Log: log, Keys: c.keyFile().Text, Lab: true, LabFile: filepath.Join(c.Data, labFile), Version: Version()})
	if err != nil {
		return startError(err)
	}
	defer a.Close()
	credentials, err := c.credentials(ctx, w, a, cfg.PublicURL)
	if err != nil {
		return err
	}
	listeners := []app.Listener{{Listen: listener, Handler: a.Handler}}
	second, err := labListener(ctx, cfg, a, listener)
	if err != nil {
		return err
	}
	if second != nil {
		listeners = append(listeners, *second)
	}
	return a.Serve(ctx, c.welcome(w, cfg, credentials), listeners...)
}

// startError shows what a person can act on and leaves the taxonomy out.
func startError(err error) error {
	f := fault.From(err)
	if errors.Is(f, fault.Internal) {
		return pooled(err)
	}
	return &exitError{code: exitOther, what: strings.TrimSuffix(f.Message, "."), next: "stop the other one, or choose another directory with --data", cause: err}
}

// prepare reads the settings and opens the listening address, whose port the public
// URL may need.
func (c *DevCmd) prepare(ctx context.Context, w *World) (config.Config, net.Listener, error) {
	cfg, err := config.FromEnv(w.Getenv, app.PlatformIDs())
	if err != nil {
		return cfg, nil, wrongSetting(err.Error())
	}
	if err := wrongSettings("dev", app.CustomProblems(cfg)); err != nil {
		return cfg, nil, err
	}
	cfg.DataDir = c.Data
	if w.Getenv("PATCHBAY_LOG_LEVEL") == "" {
		cfg.LogLevel = slog.LevelWarn
	}
	if c.LogLevel != "" {
		_ = cfg.LogLevel.UnmarshalText([]byte(c.LogLevel)) // an enum: always one of the levels
	}
	if err := errors.Join(setOrigin(&cfg.PublicURL, "--public-url", c.PublicURL), setOrigin(&cfg.LabURL, "--lab-url", c.LabURL)); err != nil {
		return cfg, nil, err
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return cfg, nil, fmt.Errorf("data directory: %w", err)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Addr)
	if err != nil {
		return cfg, nil, &exitError{
			code: exitOther, what: fmt.Sprintf("cannot listen on %s: %v", c.Addr, err),
			next: "choose another address, such as --addr 127.0.0.1:8090", cause: err,
		}
	}
	if cfg.LabURL == "" { // served here, however people reach us from outside
		cfg.LabCallURL = config.LocalURL(listener.Addr())
	}
	if cfg.PublicURL == "" {
		cfg.PublicURL = config.LocalURL(listener.Addr())
	}
	return cfg, listener, nil
}

func wrongSetting(what string) error {
	return &exitError{code: exitUsage, what: what, next: "see `patchbay dev --help`"}
}

func setOrigin(target *string, flag, value string) error {
	if value == "" {
		return nil
	}
	origin, err := config.Origin(value)
	if err != nil {
		return wrongSetting(flag + " " + err.Error())
	}
	*target = origin
	return nil
}

// keyFile is the key that seals secrets in the database, kept beside it.
func (c *DevCmd) keyFile() *vault.KeyFile { return vault.NewKeyFile(filepath.Join(c.Data, devKeyFile)) }

// makeKey makes it at the first start.
func (c *DevCmd) makeKey() error {
	if _, err := c.keyFile().Make(); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// labListener gives the Lab a listener where --lab-url names another port than the
// application's. A port that is taken is a Lab that runs already: our apps are
// registered there.
func labListener(ctx context.Context, cfg config.Config, a *app.App, main net.Listener) (*app.Listener, error) {
	if cfg.LabURL == "" {
		return nil, nil
	}
	host := strings.TrimPrefix(strings.TrimPrefix(cfg.LabURL, "http://"), "https://")
	_, port, err := net.SplitHostPort(host)
	if _, mine, _ := net.SplitHostPort(main.Addr().String()); err != nil || port == mine {
		return nil, nil // the same listener under another name, or a proxy in front of it
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", host)
	if err != nil {
		return nil, a.RegisterAtLab(ctx, cfg.LabURL)
	}
	return &app.Listener{Listen: listener, Handler: a.LabHandler()}, nil
}
