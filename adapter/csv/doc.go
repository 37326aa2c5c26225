// Package csv adapts delimited text files. A mapping file (YAML, see [Mapping])
// says what the columns mean; an adapter is made from it with [Load], and each
// row becomes one event with at most one item.
//
// # Identity
//
// A row is identified by the text of all its fields, in the mapping's order of
// columns, and by its number among the equal rows of its file. Quoting, the
// order of columns, line endings and the name of the file make no difference.
//
// # Rows that are not right
//
// Decoding never fails. A row with the wrong number of fields, a number that is
// none, a missing required field or wrong encoding becomes a problem of the
// event (rules csv.columns, csv.quote, csv.encoding, csv.header, csv.required,
// csv.integer, csv.decimal, csv.money, csv.timestamp, csv.amount), which names
// the field, repeats the value and says what was expected.
//
// # Memory
//
// Strings of the batch point into the record's payload, which must stay
// unchanged while the batch is in use. Text that does not stand in the payload
// as it is (doubled quotes, transcoded or assembled) is copied to memory of its
// own. A well-formed row does not allocate.
package csv
