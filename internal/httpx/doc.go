// Package httpx owns what all rooms share of HTTP: routes, handlers that return
// errors, limits, request ids and logs, the hosted pages' browser cookie and form
// token, and the guarded client for outgoing calls. It renders nobody's errors
// and knows no room.
package httpx
