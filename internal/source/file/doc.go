// Package filesource takes files: sent with `millrace ingest` and POST
// /api/v1/files, or dropped into a watched folder.
//
// A file is read once, in pieces of constant size, whatever its length and the
// length of its lines. Each record is logged byte for byte with its line and its
// number among the equal records of the file, and is in the log exactly once
// even when the process is killed on the way (package resume).
package filesource
