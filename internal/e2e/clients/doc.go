// Package clients holds what other programs build on to their word: the OpenAPI document,
// the TypeScript and the Go client, the examples, the manual of the native API and its
// reference page, each against the whole program.
package clients
