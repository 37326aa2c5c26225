// Package record is the port of the record store: small records that the platform
// itself keeps (schemas, contracts, consumers, runs), by collection and key, with
// transactions. It is SQLite in a file on one machine, PostgreSQL beyond.
//
// It is no store of events and on no hot path: a transaction is durable when
// Update returns, so it costs a sync of the disk.
//
// Drivers are tested by the suite in recordtest.
package record
