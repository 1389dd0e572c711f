package ssrf_test

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/net/dns/dnsmessage"
)

// zone is the DNS server of these tests. What a name resolves to is written in the name:
//
//	4-7f000001.probe.test             A 127.0.0.1
//	6-<32 digits>.probe.test          AAAA
//	46-7f000001.probe.test            A 127.0.0.1 beside a public AAAA
//	flip-7f000001-<any>.probe.test    public at the first question, 127.0.0.1 from then on
//	cname-3-7f000001.probe.test       three CNAMEs, then A 127.0.0.1
//
// A number that old C libraries take for an address (0x7f.1) resolves to it, as it does
// behind resolvers that are too helpful. Everything else does not exist.
type zone struct {
	mu    sync.Mutex
	asked map[string]int    // questions for the A or AAAA of a name
	txt   map[string]string // by name, without the final dot
}

// public passes the guard and leads nowhere: the 6bone's range went back to IANA in 2006
// and is routed by nobody.
var public = netip.MustParseAddr("3ffe::1")

func newZone() *zone { return &zone{asked: map[string]int{}, txt: map[string]string{}} }

func (z *zone) setTXT(name, value string) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.txt[name] = value
}

// questions tells how often a host's addresses were asked for.
func (z *zone) questions(host string) int {
	z.mu.Lock()
	defer z.mu.Unlock()
	name, _, _ := strings.Cut(host, ":")
	return z.asked[name+dnsmessage.TypeA.String()] + z.asked[name+dnsmessage.TypeAAAA.String()]
}

// resolver asks the zone over a pipe: no packet leaves.
func (z *zone) resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go z.serve(server)
		return client, nil
	}}
}

// serve speaks DNS over a stream: two bytes of length before each message (RFC 1035 §4.2.2).
func (z *zone) serve(conn net.Conn) {
	defer conn.Close()
	for {
		var size [2]byte
		if _, err := io.ReadFull(conn, size[:]); err != nil {
			return
		}
		query := make([]byte, binary.BigEndian.Uint16(size[:]))
		if _, err := io.ReadFull(conn, query); err != nil {
			return
		}
		answer, err := z.answer(query)
		if err != nil {
			return
		}
		if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...)); err != nil {
			return
		}
	}
}

func (z *zone) answer(query []byte) ([]byte, error) {
	var m dnsmessage.Message
	if err := m.Unpack(query); err != nil {
		return nil, err
	}
	q := m.Questions[0]
	m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
	m.Answers = z.records(q)
	if len(m.Answers) == 0 {
		m.RCode = dnsmessage.RCodeNameError
		if q.Type == dnsmessage.TypeA || q.Type == dnsmessage.TypeAAAA {
			if four, six := addressesOf(strings.TrimSuffix(strings.ToLower(q.Name.String()), "."), 1); four.IsValid() || six.IsValid() {
				m.RCode = dnsmessage.RCodeSuccess // it exists, with the other kind of address
			}
		}
	}
	return m.Pack()
}

func (z *zone) records(q dnsmessage.Question) []dnsmessage.Resource {
	name := strings.TrimSuffix(strings.ToLower(q.Name.String()), ".")
	z.mu.Lock()
	defer z.mu.Unlock()
	if q.Type == dnsmessage.TypeTXT {
		if text, ok := z.txt[name]; ok {
			return []dnsmessage.Resource{record(q.Name, &dnsmessage.TXTResource{TXT: []string{text}})}
		}
		return nil
	}
	key := name + q.Type.String()
	z.asked[key]++
	var chain []dnsmessage.Resource
	if rest, ok := strings.CutPrefix(name, "cname-"); ok {
		digits, last, _ := strings.Cut(rest, "-")
		n, _ := strconv.Atoi(digits)
		name = "4-" + last
		for i := range n {
			next := dnsmessage.MustNewName("hop" + strconv.Itoa(i) + "." + name + ".")
			if i == n-1 {
				next = dnsmessage.MustNewName(name + ".")
			}
			chain = append(chain, record(q.Name, &dnsmessage.CNAMEResource{CNAME: next}))
			q.Name = next
		}
	}
	four, six := addressesOf(name, z.asked[key])
	switch {
	case q.Type == dnsmessage.TypeA && four.IsValid():
		return append(chain, record(q.Name, &dnsmessage.AResource{A: four.As4()}))
	case q.Type == dnsmessage.TypeAAAA && six.IsValid():
		return append(chain, record(q.Name, &dnsmessage.AAAAResource{AAAA: six.As16()}))
	}
	return nil
}

func record(name dnsmessage.Name, body dnsmessage.ResourceBody) dnsmessage.Resource {
	return dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: name, Class: dnsmessage.ClassINET}, Body: body} // TTL 0
}

// addressesOf reads a name's addresses, at the nth time that it is asked for.
func addressesOf(name string, nth int) (four, six netip.Addr) {
	label, ours := strings.CutSuffix(name, ".probe.test")
	if !ours {
		return cAddress(name), netip.Addr{}
	}
	kind, rest, _ := strings.Cut(label, "-")
	digits, _, _ := strings.Cut(rest, "-")
	b, _ := hex.DecodeString(digits)
	addr, _ := netip.AddrFromSlice(b)
	switch {
	case kind == "4" || (kind == "flip" && nth > 1):
		return addr, netip.Addr{}
	case kind == "6":
		return netip.Addr{}, addr
	case kind == "46":
		return addr, public
	case kind == "flip":
		return netip.Addr{}, public
	case kind == "cname": // only asked whether it exists
		return addr, netip.Addr{}
	}
	return netip.Addr{}, netip.Addr{}
}

// cAddress is inet_aton: one to four numbers, decimal, octal or hexadecimal.
func cAddress(s string) netip.Addr {
	parts := strings.Split(s, ".")
	if len(parts) > 4 {
		return netip.Addr{}
	}
	var address uint64
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 0, 32)
		if err != nil {
			return netip.Addr{}
		}
		if i == len(parts)-1 {
			address |= n
		} else {
			address |= n << (8 * (3 - i))
		}
	}
	return netip.AddrFrom4([4]byte{byte(address >> 24), byte(address >> 16), byte(address >> 8), byte(address)})
}
