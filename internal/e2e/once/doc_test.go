// Package once proves what an Idempotency-Key promises: however often a request is sent,
// by however many at a time, to whichever replica, and whatever is killed in between, it
// has one effect and one answer, byte for byte, and the secrets in that answer work.
package once_test
