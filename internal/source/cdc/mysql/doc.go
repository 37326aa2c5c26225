// Package mysql takes the changes of tables of MariaDB and MySQL from the binary
// log: first the rows that there are, then every change, in the order of commits,
// without a gap and without a change twice.
//
// The number of a change is where it stands in the binary log: the number of the
// file, the position of its event, and the row in it. So it is the same however
// often it is read. A table is read in a consistent snapshot whose place in the
// log is known; the stream leaves out the table's changes before that place.
//
// The server must log rows with all that is needed to read them at any time
// later: binlog_format = ROW, binlog_row_image = FULL, binlog_row_metadata = FULL.
// With the last one an event names its columns, so that a change of the table
// needs no history of its definitions.
package mysql
