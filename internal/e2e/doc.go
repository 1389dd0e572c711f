// Package e2e runs the whole program for tests, on three origins as in real life:
// the application on 127.0.0.1, the Lab on localhost, and a client's receiver on
// another port. Its folders hold the proofs: journeys over HTTP, pages in a browser,
// kills, canaries.
package e2e
