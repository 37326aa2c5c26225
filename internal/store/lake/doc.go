// Package lake is the port of the lake: tables in Parquet files that other engines read,
// with every state that they were in.
//
// A table is a list of files. A commit adds files to it and takes files from it, all or
// nothing, and makes a snapshot: readers of an older one are not disturbed, because its
// files stay until it expires. A snapshot carries the log positions that it reflects, so
// that who writes knows behind a crash what is in, and writes neither less nor twice.
//
// The port knows nothing of rows: files are written by who has the rows. Drivers must
// pass the suite in laketest.
package lake
