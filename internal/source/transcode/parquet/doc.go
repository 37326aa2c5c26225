// Package parquet turns the rows of a Parquet file into JSON objects, one a
// line, in the order of the file: a binary row group cannot be cut into bytes
// that stand alone, and what the log keeps must.
//
// Values keep what they say. A decimal is a JSON number with all its digits, an
// integer one without a point. A timestamp is RFC 3339 text, with Z when the
// file says that it is in UTC and without an offset when it says that it is
// local; dates and times of day are ISO 8601 text. Lists are arrays, structs are
// objects, maps are objects when their keys are text and else arrays of
// {"key","value"}. Bytes that are no UTF-8 text are base64. NaN and the
// infinities, which JSON has no number for, are text.
//
// # Memory
//
// The sizes that a file claims are checked before anything is allocated for
// them: those of its footer, and those of every page header of a row group
// before the group is read. What a row group takes is one page and one
// dictionary per column, [Limits.RowGroupBytes] at most. A row that is longer than
// [Limits.RowBytes] is cut off behind that, so that who reads lines refuses it.
package parquet
