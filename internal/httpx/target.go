package httpx

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"code.dny.dev/ssrf"
)

// ErrTarget answers an address that somebody wants to be called at and that never will be.
var ErrTarget = errors.New("not an address that may be called")

// maxTarget is the longest address that is taken.
const maxTarget = 2048

// CheckTarget tells whether an address may be kept to be called later: what Do and Send
// would refuse whatever its name resolves to, and every spelling of an address that is not
// public, is ErrTarget. Names are not resolved: what they lead to may change at any time,
// and is guarded whenever it is dialled.
func (c *Client) CheckTarget(raw string) error {
	if raw == "" || len(raw) > maxTarget || strings.ContainsFunc(raw, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '\\' }) {
		return ErrTarget
	}
	u, err := url.Parse(raw)
	if err != nil || u.User != nil || u.Fragment != "" || u.Opaque != "" || !plainPort(u) {
		return ErrTarget
	}
	if c.trusted[u.Scheme+"://"+u.Host] || (c.loopback != nil && (u.Scheme == "http" || u.Scheme == "https") && namesLoopback(u.Hostname())) {
		return nil
	}
	if u.Scheme != "https" || !slices.Contains([]string{"", "443", "80"}, u.Port()) || !publicHost(u) {
		return ErrTarget
	}
	return nil
}

func plainPort(u *url.URL) bool {
	if strings.HasSuffix(u.Host, ":") {
		return false
	}
	port := u.Port()
	n, err := strconv.ParseUint(port, 10, 16)
	return port == "" || (err == nil && n != 0 && port == strconv.FormatUint(n, 10))
}

// publicHost lets through names that could be public, and addresses that are. A number in
// other clothes than an IPv4 address of four ("2130706433", "0x7f.1", "127.1") is refused
// whatever it means: resolvers and proxies read it differently.
func publicHost(u *url.URL) bool {
	host := u.Hostname()
	if strings.HasPrefix(u.Host, "[") {
		addr, err := netip.ParseAddr(host)
		return err == nil && addr.Is6() && addr.Zone() == "" && publicAddr(addr)
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Is4() && publicAddr(addr)
	}
	return publicName(strings.ToLower(host))
}

func publicAddr(a netip.Addr) bool {
	return ssrf.New(ssrf.WithDeniedV4Prefixes(azureHost)).SafeAddr(a) == nil
}

// neverPublic are the endings of names that no public server has: special-use names
// (https://www.iana.org/assignments/special-use-domain-names) and what clouds and home
// networks use inside.
var neverPublic = []string{"localhost", "localdomain", "local", "internal", "intranet", "private", "corp", "home", "lan", "arpa", "onion", "invalid", "alt"}

func publicName(host string) bool {
	labels := strings.Split(strings.TrimSuffix(host, "."), ".")
	last := labels[len(labels)-1]
	if len(labels) < 2 || len(host) > 254 || numeric(last) || slices.Contains(neverPublic, last) {
		return false
	}
	return !slices.ContainsFunc(labels, func(label string) bool {
		return label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != ""
	})
}

// numeric tells the last labels that some take for a part of an IPv4 address
// (https://url.spec.whatwg.org/#ends-in-a-number-checker).
func numeric(label string) bool {
	if hex, ok := strings.CutPrefix(label, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return strings.Trim(label, "0123456789") == ""
}

// namesLoopback tells hosts that name this machine and nothing else.
func namesLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

var errNotLoopback = errors.New("not an address of this machine")

// onlyLoopback is a net.Dialer.Control for names of this machine.
func onlyLoopback(_, address string, _ syscall.RawConn) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return errNotLoopback
	}
	if addr, err := netip.ParseAddr(host); err != nil || !addr.Unmap().IsLoopback() {
		return errNotLoopback
	}
	return nil
}
