// Package declared makes jobs of the stream engine from YAML files, so that an analyst
// can add "views per category and minute" without Go. docs/jobs-yaml.md is the guide.
//
// [Load] reads a file, checks everything that can be checked without events, and builds a
// [stream.Job]. What is wrong is told with file, line and column, all of it at once.
//
// # How a file becomes a job
//
// Expressions are compiled to closures over a [row]: the cells that a value of a stream
// has. The first stage captures the fields that its expressions name, and only those,
// from the event. Then it folds the rows over windows, looks for a pattern in them, or
// computes columns of each; the result is a row again, for the next stage or the
// outputs.
//
// # State
//
// Rows are keyed by a text that is made of the key's values. Aggregates are stored by what
// they compute, sum(amount) for example, so that a file may add, remove and rename them
// while the job keeps what it has counted. A job's shape, see [stream.Job.Shape], is its
// keys, windows and pattern: another shape needs another version.
package declared

//go:generate go test -run TestReferenceIsCurrent -update
