// Package app is the only place where things are wired: it opens the store and
// the vault, gives the core its platforms, hands the core to the rooms, and joins
// their routes. It decides nothing itself.
package app
