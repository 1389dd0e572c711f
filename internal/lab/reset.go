package lab

import (
	"net"
	"net/http"
	"reflect"
)

// reset ends the connection with a TCP reset, as a crashed server or a proxy in between
// does. Where the connection cannot be had, it is closed.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if c, ok := lingering(conn); ok {
		_ = c.SetLinger(0) // nothing in between: closing it sends RST
	}
	_ = conn.Close()
}

type lingerer interface{ SetLinger(seconds int) error }

// lingering looks through wrappers, such as that of a listener that counts its
// connections, which embed the connection and hide what it can do.
func lingering(conn net.Conn) (lingerer, bool) {
	for range 5 {
		if c, ok := conn.(lingerer); ok {
			return c, true
		}
		v := reflect.Indirect(reflect.ValueOf(conn))
		if v.Kind() != reflect.Struct || !v.FieldByName("Conn").IsValid() {
			return nil, false
		}
		inner, ok := v.FieldByName("Conn").Interface().(net.Conn)
		if !ok {
			return nil, false
		}
		conn = inner
	}
	return nil, false
}
