package connect_test

import (
	"net/netip"
	"strconv"
	"strings"
)

// browserURL is what a browser makes of an address: a small reading of the URL Standard
// (https://url.spec.whatwg.org/#url-parsing) of its own, which shares nothing with net/url.
type browserURL struct {
	scheme   string
	special  bool // http, https, ws, wss, ftp, file: a host is found wherever it can be
	userinfo bool
	host     string // serialized; an IPv4 address in any spelling as four numbers
	query    string
}

var specialPorts = map[string]bool{"http": true, "https": true, "ws": true, "wss": true, "ftp": true, "file": true}

// readAsBrowser answers ok=false where a browser refuses the address, or would take it
// relative to the page it stands on.
func readAsBrowser(raw string) (u browserURL, ok bool) {
	rest := strings.TrimFunc(raw, func(r rune) bool { return r <= ' ' })
	rest = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(rest)
	if u.scheme, rest, ok = cutScheme(rest); !ok {
		return u, false
	}
	u.special = specialPorts[u.scheme]
	rest, _, _ = strings.Cut(rest, "#")
	rest, u.query, _ = strings.Cut(rest, "?")
	if u.special {
		rest = strings.ReplaceAll(rest, `\`, "/")
		return u.authority(strings.TrimLeft(rest, "/"))
	}
	if after, found := strings.CutPrefix(rest, "//"); found {
		return u.authority(after)
	}
	return u, true // an opaque path, or one without a host
}

func cutScheme(s string) (scheme, rest string, ok bool) {
	scheme, rest, ok = strings.Cut(s, ":")
	scheme = strings.ToLower(scheme)
	for i, r := range scheme {
		letter := 'a' <= r && r <= 'z'
		if !letter && (i == 0 || !strings.ContainsRune("0123456789+-.", r)) {
			return "", "", false
		}
	}
	return scheme, rest, ok && scheme != ""
}

func (u browserURL) authority(rest string) (browserURL, bool) {
	end := strings.IndexByte(rest, '/')
	if end < 0 {
		end = len(rest)
	}
	host := rest[:end]
	if at := strings.LastIndexByte(host, '@'); at >= 0 {
		u.userinfo, host = true, host[at+1:]
	}
	if colon := strings.LastIndexByte(host, ':'); colon > strings.LastIndexByte(host, ']') {
		if n, err := strconv.Atoi("0" + host[colon+1:]); err != nil || n > 65535 {
			return u, false
		}
		host = host[:colon]
	}
	var ok bool
	u.host, ok = readHost(host, u.special)
	return u, ok && (u.host != "" || !u.special)
}

// readHost is the host parser. Names that are not ASCII are beyond it: browsers map
// them, and nothing that is accepted here may hold one.
func readHost(host string, special bool) (string, bool) {
	if inner, found := strings.CutPrefix(host, "["); found {
		inner, found = strings.CutSuffix(inner, "]")
		addr, err := netip.ParseAddr(inner)
		return addr.String(), found && err == nil && addr.Is6() && addr.Zone() == ""
	}
	if strings.ContainsFunc(host, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`#/:<>?@[\]^|%`, r) }) {
		return "", false // an escape in a name, which browsers decode, counts as broken too
	}
	if !special {
		return host, true
	}
	host = strings.ToLower(host)
	labels := strings.Split(strings.TrimSuffix(host, "."), ".")
	if !endsInNumber(labels[len(labels)-1]) {
		return host, true
	}
	return readIPv4(labels)
}

func endsInNumber(last string) bool {
	_, number := readNumber(last)
	return number || (last != "" && strings.Trim(last, "0123456789") == "") // "09" is no number and still meant as one
}

// readIPv4 is the IPv4 parser: one to four numbers, the last of which fills what is left.
func readIPv4(labels []string) (string, bool) {
	if len(labels) > 4 {
		return "", false
	}
	var address uint64
	for i, label := range labels {
		n, ok := readNumber(label)
		last := i == len(labels)-1
		room := uint64(256)
		if last {
			room = 1 << (8 * (5 - len(labels)))
		}
		if !ok || n >= room {
			return "", false
		}
		if last {
			address |= n
		} else {
			address |= n << (8 * (3 - i))
		}
	}
	return netip.AddrFrom4([4]byte{byte(address >> 24), byte(address >> 16), byte(address >> 8), byte(address)}).String(), true
}

// readNumber reads decimal, octal ("017") and hexadecimal ("0xf"; "0x" is 0).
func readNumber(s string) (uint64, bool) {
	switch {
	case s == "":
		return 0, false
	case strings.HasPrefix(s, "0x"):
		n, err := strconv.ParseUint("0"+s[2:], 16, 64)
		return n, err == nil
	case len(s) > 1 && s[0] == '0':
		n, err := strconv.ParseUint(s, 8, 64)
		return n, err == nil
	}
	n, err := strconv.ParseUint(s, 10, 64)
	return n, err == nil
}

func browserLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || (err == nil && addr.Unmap().IsLoopback())
}
