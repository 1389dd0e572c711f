// Package alive_test holds that channels stay alive after they were connected: refreshed in
// time and no oftener than need be, foretold where only the person can go on, explained
// when they do not work, lent to whoever may have them. The clock is the test's own, for
// the program and the Lab alike, and the engine does its work when the test says so.
package alive_test
