package connect

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"patchbay/internal/fault"
)

// Param is one query parameter. Parameters are ordered: published interfaces show
// them in an order, and clients have been seen to depend on it.
type Param struct{ Name, Value string }

// refusedSchemes would run code, read files, or never reach an application.
var refusedSchemes = []string{
	"javascript", "data", "file", "blob", "vbscript", "about", "intent", "content", "ws", "wss", "ftp",
	"view-source", "filesystem", "jar",
}

const maxRedirect = 2048

// ErrRedirect is the answer to a redirect URL that may not be used.
var ErrRedirect = fault.InvalidField("redirect_url", "url",
	"must be an https URL, an http URL on loopback, or a custom scheme of an application; without user name, backslash, spaces or control characters")

// CheckRedirect tells whether the person may be sent to raw: https, http on
// loopback, or an application's own scheme; and, where the workspace has an
// allow-list, exactly an entry of it.
func CheckRedirect(w Workspace, raw string) error {
	if !plainURLText(raw) {
		return ErrRedirect
	}
	u, err := url.Parse(raw)
	if err != nil || u.User != nil || !plainHost(u) || !usableScheme(u) {
		return ErrRedirect
	}
	if len(w.AllowedRedirects) > 0 && !slices.Contains(w.AllowedRedirects, raw) {
		return fault.InvalidField("redirect_url", "not_allowed", "is not on the workspace's list of redirect URLs")
	}
	return nil
}

// plainURLText refuses what browsers and servers read differently: control
// characters, spaces, backslashes, and anything that is not ASCII.
func plainURLText(raw string) bool {
	if raw == "" || len(raw) > maxRedirect {
		return false
	}
	return !strings.ContainsFunc(raw, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '\\' })
}

// plainHost refuses hosts that browsers read otherwise than Go, or not at all
// (https://url.spec.whatwg.org/#host-parsing): escapes, characters that no name has, ports
// above 65535, and numbers in other clothes than an address of four.
func plainHost(u *url.URL) bool {
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return false
		}
	}
	host := u.Hostname()
	if strings.HasPrefix(u.Host, "[") {
		addr, err := netip.ParseAddr(host)
		return err == nil && addr.Is6() && addr.Zone() == ""
	}
	if strings.ContainsFunc(host, func(r rune) bool { return !nameChar(r) }) {
		return false
	}
	if special := strings.EqualFold(u.Scheme, "http") || strings.EqualFold(u.Scheme, "https"); !special || !endsInNumber(host) {
		return true
	}
	_, err := netip.ParseAddr(host)
	return err == nil
}

func nameChar(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-._~!$&'()*+,;=", r)
}

// endsInNumber tells the hosts that browsers take for IPv4 addresses: "2130706433", "0x7f.1".
func endsInNumber(host string) bool {
	labels := strings.Split(strings.TrimSuffix(host, "."), ".")
	last := strings.ToLower(labels[len(labels)-1])
	if hex, ok := strings.CutPrefix(last, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return last != "" && strings.Trim(last, "0123456789") == ""
}

func usableScheme(u *url.URL) bool {
	scheme := strings.ToLower(u.Scheme)
	switch {
	case scheme == "":
		return false
	case scheme == "https":
		return u.Hostname() != ""
	case scheme == "http":
		return loopback(u.Hostname())
	default:
		// "app://user@host" has its user refused above; "app:opaque" has no authority.
		return !slices.Contains(refusedSchemes, scheme) && !strings.Contains(u.Opaque, "@")
	}
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

// AppendParams adds parameters to a URL that may already hold a query or a
// fragment. Commas stay as they are, as the published interfaces show lists.
func AppendParams(raw string, params []Param) string {
	if len(params) == 0 {
		return raw
	}
	base, fragment, hasFragment := strings.Cut(raw, "#")
	_, query, hasQuery := strings.Cut(base, "?")
	sep := "&"
	switch {
	case !hasQuery:
		sep = "?"
	case query == "", strings.HasSuffix(query, "&"):
		sep = ""
	}
	pairs := make([]string, len(params))
	for i, p := range params {
		pairs[i] = url.QueryEscape(p.Name) + "=" + strings.ReplaceAll(url.QueryEscape(p.Value), "%2C", ",")
	}
	out := base + sep + strings.Join(pairs, "&")
	if hasFragment {
		out += "#" + fragment
	}
	return out
}
