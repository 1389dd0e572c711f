package config

import (
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strconv"
	"strings"
	"time"

	"patchbay/internal/vault"
)

// Prefix begins the name of every variable.
const Prefix = "PATCHBAY_"

// setting is one line of the table: what the variable is called and does.
type setting struct {
	name string
	set  func(*Config, string) error
}

func settings() []setting {
	return []setting{
		{"PATCHBAY_DATA", func(c *Config, v string) error { c.DataDir = v; return nil }},
		{"PATCHBAY_DATABASE_URL", func(c *Config, v string) error { c.DatabaseURL = v; return checkDatabase(v) }},
		{"PATCHBAY_PUBLIC_URL", func(c *Config, v string) (err error) { c.PublicURL, err = Origin(v); return err }},
		{"PATCHBAY_LISTEN", func(c *Config, v string) error { c.Listen = v; return checkListen(v) }},
		{"PATCHBAY_KEY_FILE", func(c *Config, v string) error { c.KeyFile = v; return nil }},
		{"PATCHBAY_KEY", func(c *Config, v string) error { c.Key = vault.NewSecret(v); return nil }},
		{"PATCHBAY_TRUSTED_PROXIES", func(c *Config, v string) (err error) { c.TrustedProxies, err = prefixes(v); return err }},
		{"PATCHBAY_MAX_CONNECTIONS", func(c *Config, v string) (err error) { c.MaxConnections, err = count(v); return err }},
		{"PATCHBAY_RATE_LIMIT", func(c *Config, v string) (err error) { c.RateLimit, err = rateLimit(v); return err }},
		{"PATCHBAY_METRICS_TOKEN", func(c *Config, v string) error { c.MetricsToken = vault.NewSecret(v); return longEnough(v) }},
		{"PATCHBAY_LAB_URL", func(c *Config, v string) (err error) { c.LabURL, err = Origin(v); return err }},
		{"PATCHBAY_LOG_LEVEL", func(c *Config, v string) (err error) { c.LogLevel, err = logLevel(v); return err }},
		{"PATCHBAY_LOG_FORMAT", func(c *Config, v string) (err error) { c.LogFormat, err = oneOf(v, "text", "json"); return err }},
		{"PATCHBAY_PLATFORM_TIMEOUT", func(c *Config, v string) (err error) { c.PlatformTimeout, err = positive(v); return err }},
		{"PATCHBAY_REFRESH_RATE", func(c *Config, v string) (err error) { c.RefreshRate, err = refreshRate(v); return err }},
		{"PATCHBAY_FACEBOOK_VERSION", func(c *Config, v string) (err error) {
			c.FacebookVersion, err = version(v, graphVersion, "v26.0")
			return err
		}},
		{"PATCHBAY_LINKEDIN_VERSION", func(c *Config, v string) (err error) {
			c.LinkedInVersion, err = version(v, monthVersion, "202608")
			return err
		}},
		{"PATCHBAY_LINKEDIN_ORGANIZATIONS", func(c *Config, v string) (err error) {
			c.LinkedInOrganizations, err = oneOf(v, "on", "off")
			return err
		}},
		{"PATCHBAY_BLUESKY_PLC", func(c *Config, v string) (err error) { c.BlueskyPLC, err = Origin(v); return err }},
		{"PATCHBAY_BLUESKY_RESOLVER", func(c *Config, v string) (err error) { c.BlueskyResolver, err = Origin(v); return err }},
		{"PATCHBAY_CUSTOM_PLATFORMS", func(c *Config, v string) (err error) { c.CustomPlatforms, err = paths(v); return err }},
		{"PATCHBAY_TRUSTED_ORIGINS", func(c *Config, v string) (err error) { c.TrustedOrigins, err = origins(v); return err }},
	}
}

// appSettings are the two lines of each platform's app.
func appSettings(platformIDs []string) []setting {
	var lines []setting
	for _, id := range platformIDs {
		prefix := Prefix + strings.ToUpper(id)
		lines = append(lines,
			setting{prefix + "_CLIENT_ID", func(c *Config, v string) error { return c.changeApp(id, func(a *AppCredentials) { a.ClientID = v }) }},
			setting{prefix + "_CLIENT_SECRET", func(c *Config, v string) error {
				return c.changeApp(id, func(a *AppCredentials) { a.ClientSecret = vault.NewSecret(v) })
			}},
		)
	}
	return lines
}

func (c *Config) changeApp(id string, change func(*AppCredentials)) error {
	app := c.Apps[id]
	change(&app)
	c.Apps[id] = app
	return nil
}

// Where a setting came from.
const (
	FromEnvironment = "environment"
	FromFile        = "file"
	FromDefault     = "default"
)

// Setting is one setting as it was read, fit to be shown.
type Setting struct {
	Name   string `json:"name"`
	Source string `json:"source"` // FromEnvironment, FromFile, FromDefault
	Value  string `json:"value"`  // "[secret]" for secrets; a database address without its password; of FromDefault empty, or what app.EffectiveSettings knows
}

// IsSet tells whether the environment or the file gave the variable.
func (c Config) IsSet(name string) bool {
	for _, s := range c.Settings {
		if s.Name == name {
			return s.Source != FromDefault
		}
	}
	return false
}

// Load reads the file at path over the defaults and the environment over the file;
// an empty path is no file. platformIDs names the platforms whose
// PATCHBAY_<ID>_CLIENT_ID and _CLIENT_SECRET may be set. The error holds everything
// that is wrong at once: see Problems.
func Load(getenv func(string) string, path string, platformIDs []string) (Config, error) {
	c := Config{Apps: map[string]AppCredentials{}, Listen: "127.0.0.1:8080", PlatformTimeout: 30 * time.Second, Getenv: getenv}
	lines := append(settings(), appSettings(platformIDs)...)
	file, wrong := readFile(path, lines)
	c.FileUnread = path != "" && file == nil
	for _, s := range lines {
		value, source := strings.TrimSpace(getenv(s.name)), FromEnvironment
		if value == "" {
			value, source = strings.TrimSpace(file[s.name]), FromFile
		}
		if value == "" {
			c.Settings = append(c.Settings, Setting{Name: s.name, Source: FromDefault})
			continue
		}
		shown := show(s.name, value)
		if err := s.set(&c, value); err != nil {
			wrong, shown = append(wrong, Problem{s.name, err.Error()}), "[not usable]" // it may be a secret in the wrong place
		}
		c.Settings = append(c.Settings, Setting{Name: s.name, Source: source, Value: shown})
	}
	return c, errors.Join(append(wrong, c.dropHalfApps(platformIDs)...)...)
}

// FromEnv is Load without a file.
func FromEnv(getenv func(string) string, platformIDs []string) (Config, error) {
	return Load(getenv, "", platformIDs)
}

// dropHalfApps keeps the apps that are whole.
func (c *Config) dropHalfApps(platformIDs []string) (wrong []error) {
	for _, id := range platformIDs {
		app, ok := c.Apps[id]
		if ok && (app.ClientID == "" || app.ClientSecret.Empty()) {
			prefix := Prefix + strings.ToUpper(id)
			wrong = append(wrong, Problem{prefix + "_CLIENT_ID, " + prefix + "_CLIENT_SECRET", "set both or neither"})
			delete(c.Apps, id)
		}
	}
	return wrong
}

// FileProblem is the name of a Problem with the file as a whole.
const FileProblem = "configuration file"

// Problem is one setting that cannot be used.
type Problem struct {
	Name    string // of the variable or variables, or FileProblem
	Message string // what is wrong and what to do; never the value
}

func (p Problem) Error() string { return p.Name + ": " + p.Message }

// Problems lists what is in an error of Load.
func Problems(err error) []Problem {
	var one Problem
	var several interface{ Unwrap() []error }
	switch {
	case err == nil:
		return nil
	case errors.As(err, &several):
		var all []Problem
		for _, e := range several.Unwrap() {
			all = append(all, Problems(e)...)
		}
		return all
	case errors.As(err, &one):
		return []Problem{one}
	default:
		return []Problem{{"settings", err.Error()}}
	}
}

func logLevel(v string) (level slog.Level, err error) {
	v, err = oneOf(v, "debug", "info", "warn", "error")
	if err != nil {
		return level, err
	}
	return level, level.UnmarshalText([]byte(v))
}

func oneOf(v string, words ...string) (string, error) {
	for _, w := range words {
		if strings.EqualFold(v, w) {
			return w, nil
		}
	}
	last := len(words) - 1
	return "", fmt.Errorf("must be %s or %s", strings.Join(words[:last], ", "), words[last])
}

// The forms of platforms' versions; which of them still serve is the platforms' to know.
var (
	graphVersion = regexp.MustCompile(`^v[1-9][0-9]{0,2}\.[0-9]{1,2}$`)
	monthVersion = regexp.MustCompile(`^20[0-9]{2}(0[1-9]|1[0-2])$`)
)

func version(v string, form *regexp.Regexp, example string) (string, error) {
	if !form.MatchString(v) {
		return "", fmt.Errorf("must be a version such as %s", example)
	}
	return v, nil
}

func count(v string) (int, error) {
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 {
		return 0, errors.New("must be a whole number of at least 1")
	}
	return n, nil
}

// rateLimit is requests per second; "off" is -1.
func rateLimit(v string) (int, error) {
	if v == "off" {
		return -1, nil
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 || n > 1_000_000 {
		return 0, errors.New(`must be requests per second such as 100, or "off"`)
	}
	return n, nil
}

func longEnough(secret string) error {
	if len(secret) < 16 {
		return errors.New("must have at least 16 characters")
	}
	return nil
}

// refreshRate is a number of refreshes a second, such as 200 or 0.5.
func refreshRate(v string) (float64, error) {
	rate, err := strconv.ParseFloat(v, 64)
	if err != nil || !(rate >= 0.01 && rate <= 100_000) {
		return 0, errors.New("must be a number of refreshes a second between 0.01 and 100000")
	}
	return rate, nil
}
