// Package crash proves that connecting survives kill -9 at every step, on both engines:
// the application's request for a link, our registration at a server, the callback, the
// choice, the application's confirmation and its cancel. The real program is killed and
// started again over the same data; the Lab runs in the test behind a gate that stops a
// chosen call before the platform sees it or before its answer leaves; on PostgreSQL a
// proxy stops a chosen COMMIT in the same two ways. Nothing in the product knows of it.
//
// What is connected then has to stay alive: refreshes are killed at every step and at
// random, a replica is frozen or cut off past its lease, the database is cut off from a
// process that lives, and a process is stopped politely (keep_*_test.go), at servers of
// each refresh model, whose log of redeems is judged against the database.
//
// Afterwards the same person goes on with what the pages offer, the application repeats
// what it got no answer to, and violations, a pure function, judges what the Lab, the
// APIs and the database say.
package crash
