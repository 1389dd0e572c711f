// Package badinput sends what nobody should send to every address of the running
// program, on both engines. The addresses are those that the program mounted: one
// without an entry in the table here fails the test, so that no new route is forgotten.
// The native API needs no entries: its bad input is derived from its OpenAPI document.
//
// Each answer must be an error in the route's own format, say nothing of a secret that
// was sent, and leave every table of the database as it was.
package badinput
