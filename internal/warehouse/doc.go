// Package warehouse keeps a star of facts and dimensions beside the tables of events.
//
// [Star] declares it: every table, its columns, where their values come from and how rows
// change. DDL, the statements that load it, documentation and lineage are made of the
// declarations. A [Loader] takes what was stored since its last step, a bounded number of
// events at a time, and puts it into the star in one transaction with its positions: each
// event counts once, whenever the process is killed.
//
// What the star says in the end does not depend on the order in which events arrived:
// versions of dimensions are made of observations by their event time, and what
// accumulates is merged by operations that do not ask who came first.
package warehouse
