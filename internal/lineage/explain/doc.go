// Package explain opens a number down to the rows behind it.
//
// The number is a cell: a column of one row of the result of a statement, or of
// a job's table. Of a statement, the query of its contributing rows is made by
// rewriting its syntax tree: each table it reads gets one more column that names
// the row (table, partition, offset, line), and each subquery hands that column
// on, so that no lineage is stored (ADR 074). Of a job's table, the job itself says which
// events a row is made of, and is run again over exactly these.
//
// Either way the answer checks itself: what the listed rows come to is computed
// from the listing, and compared with the cell.
package explain
