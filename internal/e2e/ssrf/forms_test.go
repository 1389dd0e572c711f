package ssrf_test

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

// denied is every address that nobody outside may make us call: our own reading of the
// IANA registries of special-purpose addresses, for IPv4
// (https://www.iana.org/assignments/iana-ipv4-special-registry) and for IPv6
// (https://www.iana.org/assignments/iana-ipv6-special-registry), and multicast.
// Outside of 2000::/3 nothing of IPv6 is public.
func denied(a netip.Addr) bool {
	if a = a.WithZone(""); a.Is6() && !netip.MustParsePrefix("2000::/3").Contains(a) {
		return true
	}
	return slices.ContainsFunc(deniedRanges, func(p netip.Prefix) bool { return p.Contains(a) })
}

var deniedRanges = prefixes(`0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.31.196.0/24
	192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4
	168.63.129.16/32 2001::/23 2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20`)

func prefixes(list string) (all []netip.Prefix) {
	for _, p := range strings.Fields(list) {
		all = append(all, netip.MustParsePrefix(p))
	}
	return all
}

// targets are addresses behind which something may listen: this machine, its network,
// the metadata services of clouds.
var targets = []string{
	"127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.254", "192.168.1.1", "169.254.169.254", "169.254.170.2",
	"100.64.0.1", "100.100.100.200", "168.63.129.16", "198.18.0.1", "192.0.0.192",
}

var otherAddresses = strings.Fields(`255.255.255.255 224.0.0.1 239.255.255.250 240.0.0.1 192.0.2.1 198.51.100.1 203.0.113.1 192.88.99.1 100.127.255.254 0.1.2.3
	[::] [::1] [0:0:0:0:0:0:0:1] [0000:0000:0000:0000:0000:0000:0000:0001] [::1%25lo] [::1%25eth0] [fe80::1] [fe80::1%25eth0] [fe80::1%251] [febf::1]
	[fec0::1] [fc00::1] [fd00:ec2::254] [fd20:ce::254] [fdff::1] [ff01::1] [ff02::1] [ff0e::1] [100::1] [100:0:0:1::1] [5f00::1] [4000::1] [e000::1]
	[2001:db8::1] [2001::1] [2001:10::1] [2001:20::1] [2001:2::1] [3fff::1] [2620:4f:8000::1] [::ffff:0:127.0.0.1] [::ffff:0:0:1]
	localhost LOCALHOST localhost. foo.localhost foo.localhost. localhost.localdomain ip6-localhost ip6-loopback local internal metadata
	metadata.google.internal instance-data kubernetes.default.svc host.docker.internal router.lan printer.local 127.0.0.1.nip.io.invalid
	127.0.0.1@127.0.0.1 example.com@127.0.0.1 example.com:80@127.0.0.1 127.0.0.1#@example.com 127.0.0.1?@example.com 127.0.0.1\@example.com
	127.0.0.1:443 127.0.0.1:80 127.0.0.1:22 127.0.0.1:6379 127.0.0.1:0 127.0.0.1:00443 127.0.0.1:65536 [::1]:443 [::1]:22 127.0.0.1.:443 :443 127.0.0.1%00 127.0.0.1%2f
	127.0.0.1%23 %31%32%37.0.0.1 loc%61lhost 1²7.0.0.1 ⓵⓶⓻.0.0.1 ⓛⓞⓒⓐⓛⓗⓞⓢⓣ ｌｏｃａｌｈｏｓｔ LOCALHOſT 127。0。0。1 127．0．0．1 127｡0｡0｡1`)

// spellings writes an IPv4 address in every way that something reads as it.
func spellings(address string) []string {
	a := netip.MustParseAddr(address)
	b := a.As4()
	n := uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	six := func(prefix string) string { // the address in the last 32 bits
		return fmt.Sprintf("[%s%x:%x]", prefix, n>>16, n&0xffff)
	}
	return []string{
		address, address + ".", fmt.Sprint(n), fmt.Sprintf("0x%08x", n), fmt.Sprintf("0X%X", n), fmt.Sprintf("0%o", n),
		fmt.Sprintf("0x%x.0x%x.0x%x.0x%x", b[0], b[1], b[2], b[3]), fmt.Sprintf("0%o.0%o.0%o.0%o", b[0], b[1], b[2], b[3]),
		fmt.Sprintf("%03d.%03d.%03d.%03d", b[0], b[1], b[2], b[3]), fmt.Sprintf("0x%x.%d", b[0], n&0xffffff), fmt.Sprintf("%d.%d.0x%x", b[0], b[1], n&0xffff),
		fullwidth(address), "[::ffff:" + address + "]", six("::ffff:"), "[::" + address + "]", six("64:ff9b::"), six("64:ff9b:1::"),
		fmt.Sprintf("[2002:%x:%x::1]", n>>16, n&0xffff), fmt.Sprintf("[2001:0:4136:e378:8000:63bf:%x:%x]", ^n>>16, ^n&0xffff),
		"4-" + hexOf(a) + ".probe.test", "cname-3-" + hexOf(a) + ".probe.test",
		"6-" + hexOf(netip.AddrFrom16(a.As16())) + ".probe.test", "4-" + hexOf(a) + ".probe.test:22", "4-" + hexOf(a) + ".PROBE.test.",
	}
}

func hexOf(a netip.Addr) string { return hex.EncodeToString(a.AsSlice()) }

func fullwidth(s string) string {
	return strings.Map(func(r rune) rune { return r + 0xff00 - 0x20 }, s)
}

// forms are hosts as an attacker writes them.
func forms() []string {
	all := slices.Clone(otherAddresses)
	for _, target := range targets {
		all = append(all, spellings(target)...)
	}
	for _, six := range []string{"::1", "fe80::1", "fd00:ec2::254", "64:ff9b::7f00:1", "64:ff9b:1::7f00:1", "2002:7f00:1::", "2001::1", "ff02::1"} {
		all = append(all, "6-"+hexOf(netip.MustParseAddr(six))+".probe.test")
	}
	return all
}

func TestThereAreManyForms(t *testing.T) {
	t.Parallel()
	all := forms()
	slices.Sort(all)
	if n := len(slices.Compact(all)); n < 300 {
		t.Errorf("got %d address forms, want 300", n)
	}
}
