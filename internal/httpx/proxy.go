package httpx

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Proxies are the networks whose word about a client counts: reverse proxies in front
// of this server. The zero value believes nobody.
type Proxies struct{ trusted []netip.Prefix }

// TrustProxies believes peers in the networks.
func TrustProxies(networks []netip.Prefix) Proxies { return Proxies{networks} }

// origin is where a request came from, as far as it can be believed.
type origin struct {
	client netip.Addr
	host   string
}

type originKey struct{}

// Handler works out each request's client for ClientIP and RequestHost.
func (p Proxies) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), originKey{}, p.origin(r))))
	})
}

// ClientIP is the address of whoever asks: the peer's, or what trusted proxies say. It
// is invalid where the connection has none, such as a Unix socket's.
func ClientIP(r *http.Request) netip.Addr {
	if o, ok := r.Context().Value(originKey{}).(origin); ok {
		return o.client
	}
	return peer(r)
}

// RequestHost is the host that the browser asked for: the request's own, or what a
// trusted proxy says in X-Forwarded-Host. It is empty when it cannot be known, because
// the proxy says nothing and asks us by a name of its own, as nginx does by default.
func RequestHost(r *http.Request) string {
	if o, ok := r.Context().Value(originKey{}).(origin); ok {
		return o.host
	}
	return r.Host
}

func (p Proxies) origin(r *http.Request) origin {
	from := origin{client: peer(r), host: r.Host}
	if !p.trust(from.client) {
		return from
	}
	switch host := last(r.Header.Values("X-Forwarded-Host")); {
	case host != "":
		from.host = host
	case internalName(r.Host):
		from.host = ""
	}
	from.client = p.client(from.client, r.Header)
	return from
}

// client believes whichever header is there. Most proxies write X-Forwarded-For and
// hand on a Forwarded that the client made up, a few the other way round: where both
// are there and differ, one is a lie, and the proxy itself is all that is known.
func (p Proxies) client(proxy netip.Addr, h http.Header) netip.Addr {
	list, standard := h.Values("X-Forwarded-For"), h.Values("Forwarded")
	switch {
	case len(standard) == 0:
		return p.walk(proxy, split(list))
	case len(list) == 0:
		return p.walk(proxy, forwardedFor(standard))
	}
	one, two := p.walk(proxy, split(list)), p.walk(proxy, forwardedFor(standard))
	if one != two {
		return proxy
	}
	return one
}

// walk goes from the right, where our own proxies wrote, to the first address that is
// none of them: what stands left of it is the client's own invention. A word that is
// no address ends the walk at the hop that wrote it.
func (p Proxies) walk(proxy netip.Addr, hops []string) netip.Addr {
	known := proxy
	for i := len(hops) - 1; i >= 0 && p.trust(known); i-- {
		addr, ok := hopAddress(hops[i])
		if !ok {
			break
		}
		known = addr
	}
	return known
}

// internalName tells names by which no browser comes through a proxy: an address, or
// a single word such as that of a container.
func internalName(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	_, isAddress := hopAddress(host)
	return isAddress || !strings.Contains(host, ".")
}

func (p Proxies) trust(addr netip.Addr) bool {
	for _, network := range p.trusted {
		if network.Contains(addr) {
			return true
		}
	}
	return false
}

func peer(r *http.Request) netip.Addr {
	addr, _ := hopAddress(r.RemoteAddr)
	return addr
}

// hopAddress reads "192.0.2.7", "192.0.2.7:4711", "2001:db8::1", "[2001:db8::1]" and
// "[2001:db8::1]:4711".
func hopAddress(text string) (netip.Addr, bool) {
	text = strings.TrimSpace(text)
	if both, err := netip.ParseAddrPort(text); err == nil {
		return both.Addr().Unmap().WithZone(""), true
	}
	if inner, ok := strings.CutPrefix(text, "["); ok {
		text = strings.TrimSuffix(inner, "]")
	}
	addr, err := netip.ParseAddr(text)
	return addr.Unmap().WithZone(""), err == nil
}

func split(lines []string) []string {
	var all []string
	for _, line := range lines {
		all = append(all, strings.Split(line, ",")...)
	}
	return all
}

func last(lines []string) string {
	all := split(lines)
	if len(all) == 0 {
		return ""
	}
	return strings.TrimSpace(all[len(all)-1])
}

// forwardedFor lists the for= of each element (RFC 7239); one without is an empty
// word. Quoted commas and semicolons do not occur in addresses, so that whoever
// writes them is not understood, which ends the walk.
func forwardedFor(lines []string) []string {
	var hops []string
	for _, element := range split(lines) {
		hop := ""
		for pair := range strings.SplitSeq(element, ";") {
			name, value, _ := strings.Cut(pair, "=")
			if strings.EqualFold(strings.TrimSpace(name), "for") {
				hop = strings.Trim(strings.TrimSpace(value), `"`)
			}
		}
		hops = append(hops, hop)
	}
	return hops
}
