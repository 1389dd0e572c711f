// Package hosted owns the pages that a person sees: the connect link, what a
// platform needs typed first, the callback, the choice, and how it ended. It
// knows sessions, and faces that say how a dialect's links look and return, but
// no dialect. It decides nothing: the core does.
package hosted
