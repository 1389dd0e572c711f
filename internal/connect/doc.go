// Package connect is the core: the nouns of the product, their rules, the use
// cases of the connect journey, and the storage it needs. It has no SQL, no
// vendor's field, no HTTP and starts no goroutine.
package connect
