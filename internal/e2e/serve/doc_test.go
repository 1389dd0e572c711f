// Package serve_test runs the built program as an operator does: it must refuse to
// start without what it needs, serve, stop, migrate, be backed up under load and be
// restored, behind proxies and PgBouncer too.
package serve_test
