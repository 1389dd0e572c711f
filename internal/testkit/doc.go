// Package testkit gives tests the real parts they run against: a PostgreSQL schema, a browser, the reference
// Bluesky servers, and the built patchbay program. Only tests import it. It holds no fakes: those live with
// what they imitate, in package lab.
//
// scripts/deps installs the parts and scripts/test starts PostgreSQL. Where a part is missing the test is
// skipped, except when CI is set: then it fails, so that a skip never hides there.
//
// Starting a browser or a server takes seconds, so one of each is shared by all tests of a binary. These are
// the package's only variables; everything a test can change (schema, cookies, accounts' sessions) is its own.
package testkit
