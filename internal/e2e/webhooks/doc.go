// Package webhooks proves that every event reaches every receiver that works, once, in
// order, whatever happens to the program and whatever other receivers do. The real program
// is killed and started again while receivers of the test answer, fail, hang, drip,
// redirect, answer without an end, hang up or ask for patience. Each keeps a log of what
// came and when; violations, a pure function, judges the logs against the events that the
// API tells, the rows of the database and the moments at which the program died.
//
// Beside it the npm libraries that applications use verify what is signed, while the
// secret is rotated.
package webhooks
