// Package lab owns the built-in fake platforms: their consent pages, codes, tokens
// and answers, in the real shapes and with the real refusals, so that the whole
// product works with no network and no registered application.
//
// A platform stands at /lab/<platform>/<real host>/<real path>; any other host is
// refused, so that an address that is wrong in the world cannot work here. Everything
// is written from the platforms' public documentation (each platform's file opens with
// the list of what it refuses and where that is written) and never from the product's
// own platform code, which it exists to check: it imports nothing of the product but
// the route type.
//
// It also owns the clock that it shares with the product and that can be moved, scripted
// faults (every platform address passes one door, Lab.serve), the log of what was really
// redeemed, and what people do at a platform while no application looks. Everything is in
// memory; Keep and Save carry it over a restart. It does not own when it is saved, nor any
// listener.
package lab
