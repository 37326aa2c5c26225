// Package dashboard keeps dashboards and answers them: which charts there are, what they
// ask the catalogue of metrics, and what the answers are now.
//
// A dashboard is a [Board], declared in YAML. [Parse] checks one, with file, line and
// column of every mistake. The platform brings ten; a folder of files adds to them, and so
// does whoever saves one by the API. Of the same name, a saved one counts before a file,
// and a file before the platform's.
//
// [Service] answers all charts of a board at once. An answer is kept with the positions of
// the log that it reflects: while these stay the same, asking again costs nothing, whoever
// asks. A live view is computed once for all who watch the same.
package dashboard
