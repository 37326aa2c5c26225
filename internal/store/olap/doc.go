// Package olap is the port of the analytics store: the tables that the pass
// fills and that SQL reads.
//
// The tables are declared once, as data, in [Tables]: a driver makes its DDL of
// them, fills its rows by them, and the API's schema page prints them. A driver
// stores the log position that its rows reflect in the same transaction as the
// rows, so that a redelivery after a crash changes nothing.
//
// Drivers must pass the suite in olaptest.
package olap
