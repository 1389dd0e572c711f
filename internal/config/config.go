// Package config owns the program's settings: one struct, read from the environment
// and a file, and checked as one table. It has no globals and opens nothing but that
// file; what a command needs to be set is the command's to say.
package config

import (
	"errors"
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
	Listen          string // "host:port" to listen on
	DataDir         string
	DatabaseURL     string // "sqlite:/path" or "postgres://…"; empty: SQLite in DataDir
	LabURL          string // origin of the Lab for browsers; empty: PublicURL
	LabCallURL      string // origin at which this process calls the Lab; empty: as LabURL
	LogLevel        slog.Level
	LogFormat       string         // "text" or "json"; empty: the command's own
	PlatformTimeout time.Duration  // of one call to a platform
	RefreshRate     float64        // refreshes and probes a second of one app, over all replicas; 0: 200
	TrustedProxies  []netip.Prefix // whose word about a client's address counts
	MaxConnections  int            // open at once; 0: the server's default
	RateLimit       int            // requests a second of one API key; 0: the default, below 0: none
	MetricsToken    vault.Secret   // that /metrics asks for; empty: it is off, but for dev

	KeyFile string       // holds the key-encryption keyset
	Key     vault.Secret // the keyset itself

	FacebookVersion       string
	LinkedInVersion       string
	LinkedInOrganizations string // "on" or "off"; empty: on
	BlueskyPLC            string
	BlueskyResolver       string
	TrustedOrigins        []string // http and loopback origins of development servers
	CustomPlatforms       []string // files that describe a platform each, and directories of such

	Getenv func(string) string // for variables that those files name; nil: nothing is set

	Apps map[string]AppCredentials // by platform id

	Settings   []Setting // what was read, in the table's order
	FileUnread bool      // there is a file, and nothing in it could be read: what is not set may be set there
}

// AppCredentials are the instance's own OAuth client at a platform.
type AppCredentials struct {
	ClientID     string
	ClientSecret vault.Secret
}

func checkDatabase(v string) error {
	for _, prefix := range []string{"sqlite:", "postgres://", "postgresql://"} {
		if strings.HasPrefix(v, prefix) {
			return nil
		}
	}
	return errors.New(`must begin with "sqlite:" or "postgres://"`)
}

func checkListen(v string) error {
	if _, port, err := net.SplitHostPort(v); err != nil || port == "" {
		return errors.New("must be an address to listen on, such as 127.0.0.1:8080 or :8080")
	}
	return nil
}

// prefixes reads networks; a single address is a network of one.
func prefixes(list string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for item := range strings.SplitSeq(list, ",") {
		item = strings.TrimSpace(item)
		prefix, err := netip.ParsePrefix(item)
		if err != nil {
			var addr netip.Addr
			if addr, err = netip.ParseAddr(item); err == nil && addr.Zone() == "" {
				prefix = netip.PrefixFrom(addr, addr.BitLen())
			}
		}
		if err != nil || !prefix.IsValid() {
			return nil, errors.New("must be networks separated by commas, such as 10.0.0.0/8,192.0.2.7")
		}
		out = append(out, prefix.Masked())
	}
	return out, nil
}

func paths(list string) ([]string, error) {
	var out []string
	for item := range strings.SplitSeq(list, ",") {
		if item = strings.TrimSpace(item); item == "" {
			return nil, errors.New("must be paths of files or directories, separated by commas")
		}
		out = append(out, item)
	}
	return out, nil
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
