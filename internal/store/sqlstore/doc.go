// Package sqlstore is the storage behind connect.Store, on SQLite and on PostgreSQL.
// It owns the schema, its migrations, transactions and the numbering of events. It
// decides nothing: rules are in connect, and sealed columns are bytes to it.
//
// The same SQL text runs on both engines; dialect.go holds what differs in it.
// Store's methods each open their own transaction (or read outside one); tx's
// methods are the SQL that runs inside.
package sqlstore
