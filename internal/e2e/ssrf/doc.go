// Package ssrf proves that no door at which somebody else's words decide a host leads
// to an address that is not public: the guarded client itself, and every step of a
// platform whose servers a person, or a stranger's document, names.
//
// Names are resolved by a DNS server of the test's own, so the real code is asked with
// the real dialer. Two witnesses watch: every connect that was begun is recorded with
// what became of it, and listeners on this machine must accept nobody.
package ssrf
