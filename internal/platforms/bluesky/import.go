package bluesky

import "patchbay/internal/platform"

// Unimportable: tokens of a consent are bound to the key of the program that got them
// (RFC 9449), which has no reason to hand it over, and which of its authorization servers
// gave them they do not say. A session of an app password rotates, so that two programs
// cannot share it; a new one costs the person a minute.
// https://atproto.com/specs/oauth
func (p *Platform) Unimportable() error { return platform.ErrNotImportable }
