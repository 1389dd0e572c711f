package httpx

import (
	"net/netip"
	"syscall"

	"code.dny.dev/ssrf"
)

// controlFunc is net.Dialer.Control: it sees the resolved address before any
// packet leaves, so a name that resolves to a private address is refused too.
type controlFunc = func(network, address string, conn syscall.RawConn) error

// azureHost is public by the registries and the virtual machine's own host by Azure
// (https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16).
var azureHost = netip.MustParsePrefix("168.63.129.16/32")

// guard lets through what the registries of special-purpose addresses call global,
// at the ports 80 and 443.
func guard() controlFunc { return ssrf.New(ssrf.WithDeniedV4Prefixes(azureHost)).Safe }
