// Package rotation proves that the key-encryption key is exchanged while the program
// serves, whatever is killed: people connect accounts, an application makes sessions and
// changes its app, and meanwhile `patchbay keys rotate` runs; it and the servers are killed
// with -9 at random points. Afterwards every secret opens, none with the old keys alone, no
// request failed but those to a killed process, and every journey came to its end.
//
// On PostgreSQL two servers share the database and the key file, on SQLite there is one.
package rotation
