package config

import (
	"net/url"
	"strings"
)

// show is a setting's value fit for a terminal and a report.
func show(name, value string) string {
	switch {
	case name == "PATCHBAY_KEY", strings.HasSuffix(name, "_SECRET"), strings.HasSuffix(name, "_TOKEN"), strings.HasSuffix(name, "_PASSWORD"):
		return "[secret]"
	case name == "PATCHBAY_DATABASE_URL":
		return ShowDatabase(value)
	}
	return value
}

// ShowDatabase is a database's address without what may be secret in it: the password
// and the query, in which PostgreSQL takes passwords too.
func ShowDatabase(address string) string {
	if strings.HasPrefix(address, "sqlite:") {
		return address
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || (u.User == nil && strings.Contains(address, "@")) { // a password was read as something else
		return "postgres://…"
	}
	shown := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	if u.User != nil {
		shown.User = url.User(u.User.Username())
	}
	return shown.String()
}
