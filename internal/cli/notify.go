package cli

import (
	"net"
	"strings"
)

// notify tells systemd how the service is doing, where it asked to be told
// (sd_notify(3), Type=notify). Nobody depends on the answer.
func notify(w *World, state string) {
	socket := w.Getenv("NOTIFY_SOCKET")
	if socket == "" {
		return
	}
	if name, abstract := strings.CutPrefix(socket, "@"); abstract {
		socket = "\x00" + name
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		return
	}
	defer conn.Close()
	_, _ = conn.Write([]byte(state))
}
