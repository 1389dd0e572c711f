// Package config owns the program's settings: one struct, read from the
// environment and checked as a table. It has no globals and opens nothing.
package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"patchbay/internal/vault"
)

// Config is everything that can be set.
type Config struct {
	PublicURL       string // origin under which people and platforms reach us
	DataDir         string
	DatabaseURL     string // "sqlite:/path" or "postgres://…"; empty: SQLite in DataDir
	LabURL          string // origin of the Lab for browsers; empty: PublicURL
	LabCallURL      string // origin at which this process calls the Lab; empty: as LabURL
	LogLevel        slog.Level
	PlatformTimeout time.Duration // of one call to a platform

	FacebookVersion string
	BlueskyPLC      string
	BlueskyResolver string
	TrustedOrigins  []string // http and loopback origins of development servers

	Apps map[string]AppCredentials // by platform id
}

// AppCredentials are the instance's own OAuth client at a platform.
type AppCredentials struct {
	ClientID     string
	ClientSecret vault.Secret
}

// setting is one line of the table: what the variable is called and does.
type setting struct {
	name string
	set  func(*Config, string) error
}

func settings() []setting {
	return []setting{
		{"PATCHBAY_DATABASE_URL", func(c *Config, v string) error { c.DatabaseURL = v; return checkDatabase(v) }},
		{"PATCHBAY_PUBLIC_URL", func(c *Config, v string) (err error) { c.PublicURL, err = Origin(v); return err }},
		{"PATCHBAY_LAB_URL", func(c *Config, v string) (err error) { c.LabURL, err = Origin(v); return err }},
		{"PATCHBAY_LOG_LEVEL", func(c *Config, v string) error { return c.LogLevel.UnmarshalText([]byte(v)) }},
		{"PATCHBAY_PLATFORM_TIMEOUT", func(c *Config, v string) (err error) { c.PlatformTimeout, err = positive(v); return err }},
		{"PATCHBAY_FACEBOOK_VERSION", func(c *Config, v string) error { c.FacebookVersion = v; return nil }},
		{"PATCHBAY_BLUESKY_PLC", func(c *Config, v string) (err error) { c.BlueskyPLC, err = Origin(v); return err }},
		{"PATCHBAY_BLUESKY_RESOLVER", func(c *Config, v string) (err error) { c.BlueskyResolver, err = Origin(v); return err }},
		{"PATCHBAY_TRUSTED_ORIGINS", func(c *Config, v string) (err error) { c.TrustedOrigins, err = origins(v); return err }},
	}
}

// FromEnv reads the environment over the defaults. platformIDs names the platforms
// whose PATCHBAY_<ID>_CLIENT_ID and _CLIENT_SECRET may be set. Errors name the
// variable, never its value.
func FromEnv(getenv func(string) string, platformIDs []string) (Config, error) {
	c := Config{Apps: map[string]AppCredentials{}, PlatformTimeout: 30 * time.Second}
	var wrong []error
	for _, s := range settings() {
		if v := strings.TrimSpace(getenv(s.name)); v != "" {
			if err := s.set(&c, v); err != nil {
				wrong = append(wrong, fmt.Errorf("%s: %w", s.name, err))
			}
		}
	}
	for _, id := range platformIDs {
		prefix := "PATCHBAY_" + strings.ToUpper(id)
		client, secret := getenv(prefix+"_CLIENT_ID"), getenv(prefix+"_CLIENT_SECRET")
		switch {
		case client == "" && secret == "":
		case client == "" || secret == "":
			wrong = append(wrong, fmt.Errorf("%s_CLIENT_ID and %s_CLIENT_SECRET: set both or neither", prefix, prefix))
		default:
			c.Apps[id] = AppCredentials{ClientID: client, ClientSecret: vault.NewSecret(secret)}
		}
	}
	return c, errors.Join(wrong...)
}

func checkDatabase(v string) error {
	for _, prefix := range []string{"sqlite:", "postgres://", "postgresql://"} {
		if strings.HasPrefix(v, prefix) {
			return nil
		}
	}
	return errors.New(`must begin with "sqlite:" or "postgres://"`)
}

func positive(v string) (time.Duration, error) {
	d, err := time.ParseDuration(v)
	if err != nil || d <= 0 {
		return 0, errors.New("must be a duration such as 30s")
	}
	return d, nil
}

func origins(list string) ([]string, error) {
	var out []string
	for item := range strings.SplitSeq(list, ",") {
		o, err := Origin(strings.TrimSpace(item))
		if err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	return out, nil
}

// Origin checks that v is an http or https origin, such as "https://connect.example.com",
// and returns it without a trailing slash.
func Origin(v string) (string, error) {
	u, err := url.Parse(v)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil ||
		strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return "", errors.New("must be an origin such as https://connect.example.com, without a path")
	}
	host := strings.ToLower(u.Host)
	if def := map[string]string{"http": ":80", "https": ":443"}[u.Scheme]; u.Port() != "" {
		host = strings.TrimSuffix(host, def) // browsers leave it out
	}
	return u.Scheme + "://" + host, nil
}

// OnLoopback tells whether an origin's host is this machine itself.
func OnLoopback(origin string) bool {
	u, err := url.Parse(origin)
	if err != nil {
		return false
	}
	host := u.Hostname()
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || (err == nil && addr.IsLoopback())
}

// LocalURL is how a browser on this machine reaches a listening address.
func LocalURL(addr net.Addr) string {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return "http://" + addr.String()
	}
	if ip, err := netip.ParseAddr(host); err != nil || ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}
