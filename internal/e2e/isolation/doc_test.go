// Package isolation proves that nothing crosses from one workspace to another, from one
// owner to another, or past the scopes of a key: every route, with every kind of id that
// could stand in it, for every kind of caller who may not have what it names. Routes,
// parameters and members come from the program's own table and its OpenAPI document, so
// that a new one without a case fails here.
package isolation_test
