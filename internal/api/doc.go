// Package api is the native interface: JSON over HTTP below /v1, described by
// OpenAPI 3.1 at /openapi.json, with RFC 9457 problems as errors. It translates
// and decides nothing: every rule is the core's. The published interfaces that we
// also speak have rooms of their own.
package api
