// Package postgres is the driver of the record store on PostgreSQL, for several processes
// that share one. Its one table is made when it is missing.
package postgres
