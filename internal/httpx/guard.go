package httpx

import "syscall"

// controlFunc is net.Dialer.Control: it sees the resolved address before any
// packet leaves, so a name that resolves to a private address is refused too.
type controlFunc = func(network, address string, conn syscall.RawConn) error
