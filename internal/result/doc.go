// Package result is what jobs publish on its way to tables, topics and
// listeners: rows in the form of their sink, as columns and as JSON.
//
// A row is written by package codec in the schema of its Go type. Outside, it is
// flat: the fields of a struct within it are fields of the row, so that a window's
// result is one row of key, start, end, revision and values. Only where two names
// would be the same does the outer name stand in front.
package result
