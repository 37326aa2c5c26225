// Package pgwire serves the analytics store by PostgreSQL's protocol, version 3, so
// that psql, drivers and BI tools connect to it as to a database: simple and extended
// queries, text and binary values, portals, cancel requests, TLS and SCRAM-SHA-256.
// Statements only read; a transaction is taken as clients send it and holds nothing.
//
// The messages are those of pgproto3; the states of a connection are here (ADR 91).
package pgwire
