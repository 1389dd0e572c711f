// Package crash proves that connecting survives kill -9 at every step, on both engines:
// the application's request for a link, our registration at a server, the callback, the
// choice, the application's confirmation and its cancel. The real program is killed and
// started again over the same data; the Lab runs in the test behind a gate that stops a
// chosen call before the platform sees it or before its answer leaves; on PostgreSQL a
// proxy stops a chosen COMMIT in the same two ways. Nothing in the product knows of it.
//
// Afterwards the same person goes on with what the pages offer, the application repeats
// what it got no answer to, and violations, a pure function, judges what the Lab, the
// APIs and the database say.
package crash
