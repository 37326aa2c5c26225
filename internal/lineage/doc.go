// Package lineage derives, from what is declared, where every column comes from: which
// columns of a source become which fields of an event, which of these a correction or a
// rule reads, which become which columns of tables, through which job, which metrics and
// statements read those, and where they are delivered to. Nothing is recorded per event.
//
// [Build] makes a [Graph] of what is declared. The graph answers where a column comes
// from, what breaks if it changes, and how two columns are connected. Its order is that
// of names, so that equal declarations make equal graphs.
//
// A dataset is a [Node]; a column of it is a [Ref]. Column edges skip what only carries or
// computes values (topics, jobs), which they name as [Edge.Via]; edges between whole
// datasets pass through them. The kinds of transformations are OpenLineage's.
package lineage
