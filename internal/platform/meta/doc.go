// Package meta is what the platforms behind Facebook Login share: the dialog's and the
// Graph API's addresses and versions, the exchange of a code for a long-lived token, the
// API's errors, and the walk to the pages that a person can reach. It holds no platform:
// each has its folder below internal/platforms.
package meta
